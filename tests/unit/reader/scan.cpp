// SPDX-License-Identifier: MIT
#include <logkit/reader.hpp>

#include <support/catch.hpp>
#include <support/files.hpp>

#include <atomic>
#include <fstream>
#include <numeric>

namespace {

// A log of many blocks: {"n":0}, {"n":1}, …
std::vector<logkit::log_file> numbers(support::temporary_folder const& folder, int count) {
    std::ofstream out(folder.file("log"));
    for (int i = 0; i < count; ++i) out << "{\"n\":" << i << ",\"pad\":\"" << std::string(90, 'x') << "\"}\n";
    out.close();
    std::vector<logkit::log_file> files;
    files.emplace_back(folder.file("log"));
    return files;
}

TEST_CASE("results are handed over in the order of the file, however many threads there are") {
    const support::temporary_folder folder;
    const auto files = numbers(folder, 100'000);
    for (const unsigned threads : {1U, 2U, 7U}) {
        std::vector<std::int64_t> seen;
        logkit::scan_logs<std::vector<std::int64_t>>(
            files, {}, {logkit::direction::forward, threads},
            [&](unsigned, std::vector<std::int64_t>& found, logkit::entry const& e, logkit::place) {
                found.push_back(*e.find("n").integer());
            },
            [&](std::vector<std::int64_t> found) {
                seen.insert(seen.end(), found.begin(), found.end());
                return true;
            });
        std::vector<std::int64_t> expected(100'000);
        std::iota(expected.begin(), expected.end(), 0);
        CHECK(seen == expected);
    }
}

TEST_CASE("a scan stops where it is told to, and lets exceptions of both sides out") {
    const support::temporary_folder folder;
    const auto files = numbers(folder, 100'000);
    const auto scan = [&](auto work, auto consume) {
        logkit::scan_blocks<int>(*logkit::blocks_of(files, logkit::direction::forward), {logkit::direction::forward, 8},
                                 work, consume);
    };
    for (int i = 0; i < 300; ++i) {
        int consumed = 0;
        scan([](unsigned, logkit::block const&) { return 1; },
             [&](int, logkit::block const&) { return ++consumed < 2; });
        REQUIRE(consumed == 2);
    }
    CHECK_THROWS_WITH(
        scan([](unsigned,
                logkit::block const& b) -> int { return b.number == 3 ? throw std::runtime_error("work") : 1; },
             [](int, logkit::block const&) { return true; }),
        "work");
    CHECK_THROWS_WITH(scan([](unsigned, logkit::block const&) { return 1; },
                           [](int, logkit::block const& b) -> bool {
                               return b.number == 3 ? throw std::runtime_error("consume") : true;
                           }),
                      "consume");
}

TEST_CASE("programs read logs with a call") {
    const support::temporary_folder folder;
    std::ofstream(folder.file("log"))
        << "{\"level\":\"error\",\"event\":\"a\",\"n\":1}\nnot a record\n{\"level\":\"info\",\"event\":\"b\",\"n\":2}\n"
        << "{\"level\":\"error\",\"event\":\"c\",\"n\":3}\n";
    logkit::query wanted;
    wanted.require_level("error+");
    std::string events;
    const auto counts = logkit::read_logs(logkit::open_logs({folder.file("log")}), wanted, [&](logkit::entry const& e) {
        events += e.event();
        return true;
    });
    CHECK(events == "ac");
    CHECK(counts.records == 3);
    CHECK(counts.texts == 1);
    events.clear();
    logkit::read_logs(logkit::open_logs({folder.file("log")}), {}, [&](logkit::entry const& e) {
        events += e.event();
        return events.size() < 4;
    });
    CHECK(events == "anot a record");  // text between the records is one, too
}

}  // namespace
