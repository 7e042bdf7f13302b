// SPDX-License-Identifier: MIT
#include "insight/tally.hpp"
#include "insight/answers.hpp"
#include "insight/text.hpp"

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using support::json_lines;

insight::tally tally_of(std::string const& log, insight::tally_question const& question) {
    const support::written_log written(log);
    insight::scan_report scanned;
    return gather_all(insight::source::of(written.files()), scanned, insight::tally(question));
}

// The time zone of the process, while it lives.
class time_zone {
  public:
    explicit time_zone(const char* rule) {
        if (const char* const was = std::getenv("TZ"); was != nullptr) was_ = was;
        ::setenv("TZ", rule, 1);
        ::tzset();
    }
    time_zone(time_zone const&) = delete;
    time_zone& operator=(time_zone const&) = delete;
    ~time_zone() {
        if (was_)
            ::setenv("TZ", was_->c_str(), 1);
        else
            ::unsetenv("TZ");
        ::tzset();
    }

  private:
    std::optional<std::string> was_{};
};

constexpr std::int64_t second = 1'000'000'000, hour = 3600 * second;

TEST_CASE("each record is in one group, by the values of the keys together, also one that lacks them") {
    const auto counted = tally_of(json_lines("{'level':'info','event':'a','user':'ada','code':1}\n"
                                             "{'level':'info','event':'a','user':'ada','code':1}\n"
                                             "{'level':'info','event':'a','user':'ada','code':'1'}\n"
                                             "{'level':'ERROR','event':'a','code':2}\n"
                                             "{'level':'error','event':'a','user':null,'code':2}\n"),
                                  {{"user", "code"}, {}, 0});
    CHECK(counted.whole().seen == 5);
    CHECK(counted.group_count() == 4);
    const auto rows = counted.groups(2);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].values == std::vector<std::string>{"\"ada\"", "1"});
    CHECK(rows[0].group->seen == 2);
}

TEST_CASE("the same value is the same group, however it was written") {
    const auto counted = tally_of(json_lines("{'level':'warn','event':'a','who':'\\u00fc'}\n"
                                             "{'level':'warning','event':'a','who':'\u00fc'}\n"),
                                  {{"who", "level"}, {}, 0});
    CHECK(counted.group_count() == 1);
}

TEST_CASE("a record that sampling kept counts for those that it did not") {
    const auto counted = tally_of(json_lines("{'level':'info','event':'a','n':10,'sample_rate':0.1}\n"
                                             "{'level':'info','event':'a','n':20}\n"),
                                  {{}, {"n"}, 0});
    CHECK(counted.whole().seen == 2);
    CHECK(counted.whole().count.value() == 11);
    CHECK(counted.whole().numbers.at(0).sum() == 120);
}

TEST_CASE("numbers of either sign come to their sum, their ends and their percentiles") {
    std::string log;
    for (int n = -500; n <= 500; ++n) log += "{\"level\":\"info\",\"event\":\"a\",\"n\":" + std::to_string(n) + "}\n";
    log += json_lines("{'level':'info','event':'a','n':'many'}\n{'level':'info','event':'a'}\n");
    const auto counted = tally_of(log, {{}, {"n"}, 0});
    insight::histogram const& n = counted.whole().numbers.at(0);
    CHECK(n.count() == 1001);
    CHECK(n.sum() == 0);
    CHECK(n.smallest() == -500);
    CHECK(n.largest() == 500);
    CHECK(n.quantile(0.1) == Approx(-400).epsilon(0.011));
    CHECK(n.quantile(0.5) == Approx(0).margin(1e-6));
    CHECK(n.quantile(0.9) == Approx(400).epsilon(0.011));
}

TEST_CASE("tiny and huge numbers come to what they are") {
    const auto numbers = [](std::string const& log) { return tally_of(log, {{}, {"n"}, 0}).whole().numbers.at(0); };
    std::string tiny, huge;
    for (int i = 1; i <= 10; ++i) {
        tiny += "{\"level\":\"info\",\"event\":\"a\",\"n\":" + std::to_string(i) + "e-8}\n";
        huge += "{\"level\":\"info\",\"event\":\"a\",\"n\":" + std::to_string(i) + "e31}\n";
    }
    CHECK(numbers(tiny).sum() == Approx(5.5e-7));
    CHECK(numbers(tiny).quantile(0.5) == Approx(5e-8).epsilon(0.011));
    CHECK(numbers(huge).sum() == Approx(5.5e32));
    CHECK(numbers(huge).average() >= numbers(huge).smallest());
}

TEST_CASE("a sum of many large numbers does not overflow") {
    std::string log;
    for (int i = 0; i < 100; ++i) log += "{\"level\":\"info\",\"event\":\"a\",\"bytes\":1e15}\n";
    CHECK(tally_of(log, {{}, {"bytes"}, 0}).whole().numbers.at(0).sum() == 1e17);
}

TEST_CASE("steps of time follow each other from the first to the last, also those without records") {
    const auto counted = tally_of(json_lines("{'timestamp':'2026-02-03T09:10:59Z','level':'info','event':'a'}\n"
                                             "{'timestamp':'2026-02-03T09:10:01Z','level':'error','event':'a'}\n"
                                             "{'timestamp':'2026-02-03T09:13:00Z','level':'info','event':'a'}\n"
                                             "{'level':'info','event':'without'}\n"),
                                  {{"level"}, {}, 60 * second});
    const auto rows = counted.groups(0);
    const auto steps = counted.steps(rows);
    REQUIRE(steps.size() == 4);
    CHECK(steps[0].whole.seen == 2);
    CHECK(steps[1].whole.seen == 0);
    CHECK(steps[3].whole.seen == 1);
    CHECK(steps[3].start_ns - steps[0].start_ns == 180 * second);
    REQUIRE(rows.size() == 2);
    CHECK(steps[0].groups[1]->seen == 1);
    CHECK(steps[3].groups[1] == nullptr);
    CHECK(counted.without_time() == 1);
}

TEST_CASE("a day begins at midnight and ends at midnight, also when the clocks change in it") {
    const time_zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
    for (const bool is_spring : {true, false}) {
        const char* const month = is_spring ? "03" : "10";
        std::string log;
        for (int day = 24; day <= 30; ++day)
            for (int h = 0; h < 24; ++h) {
                char line[120];
                std::snprintf(line, sizeof line,
                              "{\"timestamp\":\"2026-%s-%02dT%02d:30:00Z\",\"level\":\"info\",\"event\":\"a\"}\n",
                              month, day, h);
                log += line;
            }
        for (const std::int64_t every : {24 * hour, hour, 2 * hour}) {
            const auto counted = tally_of(log, {{}, {}, every});
            const auto steps = counted.steps({});
            std::uint64_t seen = 0;
            for (auto const& step : steps) seen += step.whole.seen;
            CHECK(seen == 7 * 24);
            if (every != 24 * hour) continue;
            REQUIRE(steps.size() == 8);
            CHECK(steps[1].whole.seen == (is_spring ? 24U : 25U));
            CHECK(steps[5].whole.seen == (is_spring ? 23U : 24U));
        }
    }
}

TEST_CASE("no record is lost between steps, whatever their length and whatever the clocks do") {
    struct change {
        const char *zone, *from;
    };
    for (const change c : {change{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-24T20"},
                           {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-28T20"},
                           {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-04T10"},
                           {"CST5CDT,M3.2.0/0,M11.1.0/1", "2026-10-31T22"}}) {
        const time_zone zone(c.zone);
        std::string log;
        const auto begin = logkit::parse_time(logkit::json_view("\"" + std::string(c.from) + ":00:00Z\""));
        for (int i = 0; i < 400; ++i)
            log += "{\"timestamp\":\"" + insight::timestamp_of(*begin + i * 337 * second) +
                   "\",\"level\":\"info\",\"event\":\"a\"}\n";
        for (const std::int64_t minutes : {1, 7, 25, 30, 45, 50, 60, 90, 120, 307, 720, 1'440}) {
            const auto counted = tally_of(log, {{}, {}, minutes * 60 * second});
            std::uint64_t seen = 0;
            std::set<std::string> labels;
            const auto steps = counted.steps({});
            for (std::size_t i = 0; i < steps.size(); ++i) {
                seen += steps[i].whole.seen;
                if (i != 0) CHECK(steps[i].start_ns > steps[i - 1].start_ns);
                labels.insert(insight::day_of(steps[i].start_ns) + insight::clock_of(steps[i].start_ns));
            }
            INFO(c.zone << ' ' << minutes);
            CHECK(seen == 400);
            if (minutes >= 1'440) CHECK(labels.size() == steps.size());
        }
    }
}

TEST_CASE("too many steps are refused with what to ask instead") {
    const auto counted = tally_of(json_lines("{'timestamp':'2026-02-03T09:10:59Z','level':'info','event':'a'}\n"
                                             "{'timestamp':'2026-03-03T09:10:01Z','level':'error','event':'a'}\n"),
                                  {{}, {}, second});
    CHECK_THROWS_WITH(counted.steps({}), Catch::Contains("longer steps"));
}

TEST_CASE("what threads have counted apart is merged to what one of them would have counted") {
    std::mt19937 chance(7);
    std::string log;
    std::map<std::pair<int, int>, std::uint64_t> expected;
    for (int i = 0; i < 60'000; ++i) {
        const int path = static_cast<int>(chance() % 40), code = static_cast<int>(chance() % 3);
        ++expected[{path, code}];
        char line[160];
        std::snprintf(line, sizeof line,
                      "{\"timestamp\":\"2026-02-03T09:%02d:%02dZ\",\"level\":\"info\",\"event\":\"a\",\"path\":%d,"
                      "\"code\":%d}\n",
                      i / 1000 % 60, i % 60, path, code);
        log += line;
    }
    const auto counted = tally_of(log, {{"path", "code"}, {"code"}, 600 * second});
    const auto rows = counted.groups(0);
    CHECK(rows.size() == expected.size());
    for (auto const& row : rows)
        CHECK(row.group->seen == expected[{std::stoi(row.values[0]), std::stoi(row.values[1])}]);
    std::uint64_t in_steps = 0;
    for (auto const& step : counted.steps(rows))
        for (auto const* const group : step.groups) in_steps += group == nullptr ? 0 : group->seen;
    CHECK(in_steps == 60'000);
}

TEST_CASE("more groups than memory is given for share one") {
    std::string log;
    for (std::size_t i = 0; i < insight::most_groups + 500; ++i)
        log += "{\"level\":\"info\",\"event\":\"a\",\"id\":" + std::to_string(i) + "}\n";
    const auto counted = tally_of(log, {{"id", "level"}, {}, 0});
    CHECK(counted.group_count() <= insight::most_groups + 1);
    const auto rows = counted.groups(1);
    CHECK(rows.at(0).values.at(0) == "\"(others)\"");
    CHECK(rows.at(0).group->seen >= 499);
    CHECK(counted.whole().seen == insight::most_groups + 500);
}

TEST_CASE("as JSON, values keep their types and a lacking one is not there") {
    const insight::tally_question question{{"code"}, {"n"}, 60 * second};
    const auto counted = tally_of(json_lines("{'timestamp':'2026-02-03T09:10:59Z','level':'info','code':7,'n':1}\n"
                                             "{'timestamp':'2026-02-03T09:10:59Z','level':'info'}\n"),
                                  question);
    const auto out = count_answer(counted, question, {}, 0);
    CHECK(out["groups"][0]["values"]["code"] == 7);
    CHECK(out["groups"][1]["values"].empty());
    CHECK(out["groups"][0]["numbers"]["n"]["avg"] == 1);
    CHECK(out["groups"][1]["numbers"]["n"]["count"] == 0);
    CHECK(out["steps"][0]["start"] == "2026-02-03T09:10:00.000000Z");
    CHECK(out["every_ms"] == 60'000);
}

}  // namespace
