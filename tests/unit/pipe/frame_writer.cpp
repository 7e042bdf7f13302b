// SPDX-License-Identifier: MIT
#include <logkit/pipe/frame_writer.hpp>

#include <string>
#include <thread>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

namespace lk = logkit;
using lk::kv;

TEST_CASE("texts of every length arrive whole, and what stands behind them, too") {
    logkit::testing::capture_logs logs;
    std::string text;
    for (int n = 0; n < 200; ++n, text += static_cast<char>('a' + n % 26))
        REQUIRE(lk::log.info("t", kv("text", text), kv("n", n), kv("again", std::string_view(text)),
                             kv("c", text.c_str())));
    const auto records = logs.records();
    REQUIRE(records.size() == 200);
    for (std::size_t n = 0; n < 200; ++n) {
        CHECK(records[n]["text"].text() == text.substr(0, n));
        CHECK(records[n]["again"].text() == text.substr(0, n));
        CHECK(records[n]["c"].text() == text.substr(0, n));
        CHECK(records[n]["n"].json() == std::to_string(n));
    }
}

TEST_CASE("one site, met straight and with care: new context, new logger, redacted, another clock") {
    logkit::testing::capture_logs logs;
    const auto named = lk::log.named("a").bind(kv("b", 1)), other = lk::log.named("z");
    const auto log = [&](lk::logger const& l, int i) {
        return l.warning("w", kv("i", i), kv("password", "hunter2"), kv("s", "x"));
    };
    for (int i = 0; i < 5; ++i) {
        lk::new_context(kv("round", i));
        REQUIRE(log(lk::log, i));
        REQUIRE(log(named, i));
        REQUIRE(log(named, i));
        REQUIRE(log(other, i));
        const logkit::testing::fixed_clock clock(std::int64_t{i} * 1'000'000'000);
        REQUIRE(log(lk::log, i));
    }
    const auto records = logs.records();
    REQUIRE(records.size() == 25);
    for (std::size_t n = 0; n < 25; ++n) {
        const std::size_t round = n / 5, step = n % 5;
        auto const& r = records[n];
        CHECK(r["i"].json() == std::to_string(round));
        CHECK(r["round"].json() == std::to_string(round));
        CHECK(r["password"].text() == "***");
        CHECK(r["s"].text() == "x");
        CHECK(r.logger == (step == 1 || step == 2 ? "a" : step == 3 ? "z" : ""));
        CHECK(r.has("b") == (step == 1 || step == 2));
        const bool is_1970 = r.json.find(R"({"timestamp":"1970-01-01T00:00:0)" + std::to_string(round)) == 0;
        CHECK(is_1970 == (step == 4));
    }
}

TEST_CASE("the first call of a thread is judged like every other") {
    logkit::testing::capture_logs logs;
    int computed = 0;
    std::thread([&] {
        lk::set_level("quiet", lk::level::error);
        const auto quiet = lk::log.named("quiet");
        CHECK(lk::log.info("kept", kv("lazy", [&] { return ++computed; })));
        CHECK(quiet.enabled(lk::level::error));
    }).join();
    CHECK(computed == 1);
    CHECK(logs.records().size() == 1);
}
