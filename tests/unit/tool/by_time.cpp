// SPDX-License-Identifier: MIT
#include "insight/by_time.hpp"
#include "insight/neighbours.hpp"

#include <atomic>
#include <random>

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using insight::direction;

// A record: its time in seconds, its number; without a time where that is negative.
struct written {
    int second, number;
    friend bool operator==(written const&, written const&) = default;
};

std::string line_of(written const& record) {
    char time[60] = "";
    if (record.second >= 0)
        std::snprintf(time, sizeof time, "\"timestamp\":\"2026-02-03T09:%02d:%02dZ\",", record.second / 60 % 60,
                      record.second % 60);
    return "{" + std::string(time) + "\"level\":\"info\",\"event\":\"a\",\"n\":" + std::to_string(record.number) +
           "}\n";
}

class written_logs {
  public:
    explicit written_logs(std::vector<std::vector<written>> const& logs) {
        for (std::size_t i = 0; i < logs.size(); ++i) {
            const std::string path = folder_.file(std::to_string(i) + ".log");
            std::ofstream out(path, std::ios::binary);
            for (written const& record : logs[i]) out << line_of(record);
            out.close();
            files_.push_back(logkit::open_logs({path}));
        }
    }
    [[nodiscard]] insight::log_set const& files() const noexcept { return files_; }

  private:
    support::temporary_folder folder_;
    insight::log_set files_;
};

std::vector<int> merged(written_logs const& logs, direction way, std::size_t most = 1'000'000) {
    std::vector<int> numbers;
    insight::gather_by_time<int>(
        logs.files(), {}, {way, 0, {}},
        [](std::size_t, unsigned, logkit::entry const& e) { return static_cast<int>(*e.find("n").integer()); },
        [&](std::size_t, int&& number) {
            numbers.push_back(number);
            return numbers.size() < most;
        },
        [] {});
    return numbers;
}

// The order that is promised, found in the plainest way.
std::vector<int> expected(std::vector<std::vector<written>> logs, direction way) {
    struct timed {
        int second;
        std::size_t log, place;
        int number;
    };
    std::vector<timed> all;
    for (std::size_t log = 0; log < logs.size(); ++log) {
        if (way == direction::backward) std::reverse(logs[log].begin(), logs[log].end());
        int reached = way == direction::forward ? -1'000 : 1'000'000;
        for (std::size_t place = 0; place < logs[log].size(); ++place) {
            const int second = logs[log][place].second;
            if (logs.size() == 1) continue;
            if (second >= 0)
                reached = way == direction::forward ? std::max(reached, second) : std::min(reached, second);
            all.push_back({reached, log, place, logs[log][place].number});
        }
    }
    std::stable_sort(all.begin(), all.end(), [&](timed const& a, timed const& b) {
        if (a.second != b.second) return way == direction::forward ? a.second < b.second : a.second > b.second;
        return way == direction::backward && a.log > b.log;  // the first-named comes first, read forwards
    });
    std::vector<int> numbers;
    for (timed const& one : all) numbers.push_back(one.number);
    return numbers;
}

TEST_CASE("several logs come in one order, by time, whatever their times are") {
    std::mt19937 chance(11);
    for (int round = 0; round < 60; ++round) {
        std::vector<std::vector<written>> logs(2 + chance() % 4);
        int number = 0;
        for (auto& log : logs) {
            int second = static_cast<int>(chance() % 100);
            for (auto n = chance() % 400; n > 0; --n) {
                second += static_cast<int>(chance() % 4) - 1;
                log.push_back({chance() % 20 == 0 ? -1 : std::max(second, 0), number++});
            }
        }
        const written_logs files(logs);
        for (const direction way : {direction::forward, direction::backward}) {
            CHECK(merged(files, way) == expected(logs, way));
            std::vector<int> first = expected(logs, way);
            first.resize(std::min<std::size_t>(first.size(), 5));
            if (!first.empty()) CHECK(merged(files, way, 5) == first);
        }
    }
}

TEST_CASE("read backwards, logs whose times are in order come in the same order from its end") {
    std::mt19937 chance(12);
    for (int round = 0; round < 40; ++round) {
        std::vector<std::vector<written>> logs(3);
        int number = 0;
        for (auto& log : logs) {
            int second = 0;
            for (auto n = chance() % 100; n > 0; --n)
                log.push_back({second += static_cast<int>(chance() % 3), number++});
        }
        const written_logs files(logs);
        std::vector<int> backward = merged(files, direction::backward);
        std::reverse(backward.begin(), backward.end());
        CHECK(backward == merged(files, direction::forward));
    }
}

TEST_CASE("long logs pass through in bounded memory, also where one ends long before the other") {
    std::vector<std::vector<written>> logs(3);
    for (int i = 0; i < 60'000; ++i) logs[0].push_back({i / 100, i});
    for (int i = 0; i < 10; ++i) logs[1].push_back({i, 100'000 + i});
    const written_logs files(logs);
    CHECK(merged(files, direction::forward) == expected(logs, direction::forward));
    CHECK(merged(files, direction::forward, 3).size() == 3);
}

TEST_CASE("who fails while the logs are merged ends all threads, and is told") {
    std::vector<std::vector<written>> logs(3);
    for (auto& log : logs)
        for (int i = 0; i < 30'000; ++i) log.push_back({i / 100, i});
    const written_logs files(logs);
    std::atomic<int> seen = 0;
    const auto see = [&](std::size_t log, unsigned, logkit::entry const&) {
        if (log == 2 && ++seen == 20'000) throw std::runtime_error("no more");
        return 1;
    };
    CHECK_THROWS_WITH(insight::gather_by_time<int>(
                          files.files(), {}, {}, see, [](std::size_t, int&&) { return true; }, [] {}),
                      "no more");
    CHECK_THROWS_WITH(insight::gather_by_time<int>(
                          files.files(), {}, {}, [](std::size_t, unsigned, logkit::entry const&) { return 1; },
                          [](std::size_t, int&&) -> bool { throw std::runtime_error("enough"); }, [] {}),
                      "enough");
}

TEST_CASE("rotated files belong to the log that they were rotated from") {
    support::temporary_folder folder;
    for (const char* const name : {"b.log", "a.log.1", "a.log", "b.log.2", "b.log.1"})
        std::ofstream(folder.file(name)) << line_of({1, 1});
    const insight::log_set logs = insight::by_log(logkit::open_logs({folder.file("*")}));
    REQUIRE(logs.size() == 2);
    CHECK(logs[0].size() == 2);
    CHECK(logs[1].size() == 3);
}

TEST_CASE("of very many logs, each is read for itself") {
    support::temporary_folder folder;
    std::vector<std::string> names;
    for (int i = 0; i < 70; ++i) {
        names.push_back(folder.file("l" + std::to_string(100 + i)));
        std::ofstream(names.back()) << line_of({70 - i, i});
    }
    const insight::log_set logs = insight::logs_to_merge(logkit::open_logs(names));
    REQUIRE(logs.size() == 1);
    CHECK(logs[0].size() == 70);
    names.resize(64);
    CHECK(insight::logs_to_merge(logkit::open_logs(names)).size() == 64);
}

TEST_CASE("the neighbours of what matches are those that stand around it, each once") {
    std::mt19937 chance(3);
    for (int round = 0; round < 2'000; ++round) {
        const std::size_t before = chance() % 4, behind = chance() % 4, count = chance() % 30;
        std::vector<bool> matches;
        for (std::size_t i = 0; i < count; ++i) matches.push_back(chance() % 6 == 0);
        std::vector<std::size_t> wanted, got;
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t k = 0; k < count; ++k)
                if (matches[k] && (k >= i ? k - i <= before : i - k <= behind)) {
                    wanted.push_back(i);
                    break;
                }
        insight::neighbour_filter<std::size_t> filter(before, behind);
        bool are_parts_right = true;
        for (std::size_t i = 0; i < count; ++i)
            filter.take(std::size_t{i}, matches[i], [&](std::size_t&& item, bool is_match, bool is_apart) {
                are_parts_right = are_parts_right && is_match == matches[item] &&
                                  is_apart == (!got.empty() && got.back() + 1 != item);
                got.push_back(item);
            });
        CHECK(got == wanted);
        CHECK(are_parts_right);
    }
}

}  // namespace
