// SPDX-License-Identifier: MIT
#include <logkit/reader/line_parser.hpp>

#include <support/catch.hpp>

#include <string>

namespace {

using logkit::level;
using logkit::slot;

struct known {
    const char* logger;
    const char* line;
    level severity;
    const char* event;
    std::int64_t unix_ns;
};

constexpr std::int64_t noon_ns = 1'795'262'400'000'000'000;  // 2026-11-21T12:00:00Z

TEST_CASE("records of other loggers are understood") {
    const known loggers[] = {
        {"pino", R"({"level":50,"time":1795262400000,"pid":1,"hostname":"h","msg":"no card"})", level::error, "no card",
         noon_ns},
        {"bunyan",
         R"({"name":"app","hostname":"h","pid":1,"level":40,"msg":"slow","time":"2026-11-21T12:00:00.000Z","v":0})",
         level::warning, "slow", noon_ns},
        {"zap", R"({"level":"dpanic","ts":1795262400.0,"caller":"a/b.go:7","msg":"boom","error":"x"})", level::critical,
         "boom", noon_ns},
        {"zerolog", R"({"level":"info","time":"2026-11-21T12:00:00Z","message":"hi"})", level::info, "hi", noon_ns},
        {"slog", R"({"time":"2026-11-21T12:00:00Z","level":"INFO+2","msg":"hi","user":{"id":7}})", level::info, "hi",
         noon_ns},
        {"structlog", R"({"event":"hi","level":"warn","timestamp":"2026-11-21T12:00:00Z"})", level::warning, "hi",
         noon_ns},
        {"ecs", R"({"@timestamp":"2026-11-21T12:00:00Z","log.level":"ERROR","message":"hi","trace.id":"abc"})",
         level::error, "hi", noon_ns},
        {"ecs, nested", R"({"@timestamp":"2026-11-21T12:00:00Z","log":{"level":"fatal"},"message":"hi"})",
         level::critical, "hi", noon_ns},
    };
    for (known const& k : loggers) {
        INFO(k.logger);
        logkit::detail::line_parser parser;
        REQUIRE(parser.parse_copy(k.line) == logkit::detail::line_state::whole);
        CHECK(parser.entry().level() == k.severity);
        CHECK(parser.entry().event() == k.event);
        CHECK(parser.entry().unix_ns() == k.unix_ns);
    }
}

TEST_CASE("of several names for one thing, the best wins, and the others stay fields") {
    logkit::detail::line_parser parser;
    REQUIRE(parser.parse_copy(R"({"event":"login","level":30,"msg":"user came","time":1})") ==
            logkit::detail::line_state::whole);
    CHECK(parser.entry().event() == "user came");
    CHECK(parser.entry().members()[0].meaning == slot::none);
    CHECK(parser.entry().members()[0].value.text() == "login");
}

TEST_CASE("a person may add names, which come before all others") {
    auto& names = logkit::record_names::known();
    names.add("message", "payload.what");
    names.add("time", "When");
    logkit::detail::line_parser parser;
    REQUIRE(parser.parse_copy(
                R"({"When":"2026-11-21T12:00:00Z","time":"1999-01-01","msg":"no","payload":{"what":"yes"}})") ==
            logkit::detail::line_state::whole);
    CHECK(parser.entry().event() == "yes");
    CHECK(parser.entry().unix_ns() == noon_ns);
    REQUIRE(parser.parse_copy(R"({"when":"2026-11-21T12:00:00Z"})") == logkit::detail::line_state::whole);
    CHECK_FALSE(parser.entry().unix_ns());  // of exactly this spelling
    CHECK_THROWS_WITH(names.add("colour", "c"), Catch::Matchers::Contains("NAME is one of time, level, message"));
    CHECK_THROWS_AS(names.add("message", ""), logkit::mapping_error);
}

}  // namespace
