// SPDX-License-Identifier: MIT
#include <logkit/adapter/streams.hpp>

#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;

TEST_CASE("lines of a stream are records, whole and each in its thread's context") {
    const logkit::testing::capture_logs logs;
    std::ostringstream before;
    std::ostream stream(before.rdbuf());
    {
        const logkit::stream_bridge bridge(stream, "cerr", logkit::level::warning);
        logkit::new_context(kv("job", 1));
        stream << "a " << 1 << std::flush << " b" << std::endl
               << "\n"
               << "c\nd\nrest";
        CHECK(logs.records().size() == 3);  // an empty line is none
    }
    stream << "as ever";
    CHECK(before.str() == "as ever");
    const auto told = logs.records();
    REQUIRE(told.size() == 4);
    CHECK(told[0].event == "a 1 b");
    CHECK(told[0].severity == logkit::level::warning);
    CHECK(told[0]["job"] == 1);
    CHECK(told[0].source == "cerr");
    CHECK(told[2].event == "d");
    CHECK(told[3].event == "rest");
}

TEST_CASE("what threads write to std::cerr at the same time does not mix") {
    constexpr int threads = 8, lines = 500;
    const logkit::testing::capture_logs logs;
    {
        const logkit::stream_bridge bridge(std::cerr, "cerr", logkit::level::error);
        std::vector<std::thread> writers;
        for (int t = 0; t < threads; ++t)
            writers.emplace_back([t] {
                for (int i = 0; i < lines; ++i) std::cerr << "thread " << t << " line " << i << '\n';
            });
        for (std::thread& writer : writers) writer.join();
    }
    std::set<std::string> expected, told;
    for (int t = 0; t < threads; ++t)
        for (int i = 0; i < lines; ++i) expected.insert("thread " + std::to_string(t) + " line " + std::to_string(i));
    for (auto const& record : logs.records()) told.insert(record.event);
    CHECK(told == expected);
    CHECK(logs.records().size() == threads * lines);
}

TEST_CASE("a sink that writes to a bridged stream reaches what was there before, and nothing goes in circles") {
    struct writing_sink final : logkit::sink {
        std::ostream& to;
        explicit writing_sink(std::ostream& stream) : to(stream) {}
        void write(logkit::record const& r, std::string_view) override {
            to << '[' << r.event() << "]\n" << std::flush;
        }
    };
    std::ostringstream before;
    std::ostream stream(before.rdbuf());
    const auto handle = logkit::add_sink(std::make_shared<writing_sink>(stream));
    {
        const logkit::stream_bridge bridge(stream, "out");
        stream << "hello\n";
        REQUIRE(logkit::flush());
    }
    logkit::remove_sink(handle);
    CHECK(before.str() == "[hello]\n");
}

TEST_CASE("what a thread left unfinished is no other's, whose id is the same") {
    const logkit::testing::capture_logs logs;
    std::ostringstream before;
    std::ostream stream(before.rdbuf());
    {
        const logkit::stream_bridge bridge(stream, "out");
        std::thread([&] { stream << "half a line "; }).join();
        std::thread([&] { stream << "a line\n"; }).join();
    }
    REQUIRE(logs.records().size() == 2);
    CHECK(logs.records()[0].event == "a line");
    CHECK(logs.records()[1].event == "half a line ");
}

TEST_CASE("two bridges on one stream may go in any order") {
    const logkit::testing::capture_logs logs;
    std::ostringstream before;
    std::ostream stream(before.rdbuf());
    auto first = std::make_unique<logkit::stream_bridge>(stream, "first");
    auto second = std::make_unique<logkit::stream_bridge>(stream, "second");
    first.reset();
    stream << "a\n";
    second.reset();
    stream << "b\n";
    CHECK(logs.last().source == "second");
    CHECK(before.str() == "b\n");
}

TEST_CASE("a line without an end is told in pieces, so that memory has an end") {
    const logkit::testing::capture_logs logs;
    std::ostringstream before;
    std::ostream stream(before.rdbuf());
    {
        const logkit::stream_bridge bridge(stream, "out");
        for (int i = 0; i < 200; ++i) stream << std::string(1'000, 'x');
        CHECK_FALSE(logs.records().empty());
        std::string umlauts("a");
        for (int i = 0; i < 100'000; ++i) umlauts += "ü";
        stream << umlauts << '\n';
    }
    std::size_t size = 0;
    for (auto const& record : logs.records()) {
        size += record.event.size();
        CHECK(record.event.size() <= 64 * 1024);
        CHECK(record.json.find("\xef\xbf\xbd") == std::string::npos);
    }
    CHECK(size == 400'001);
}
