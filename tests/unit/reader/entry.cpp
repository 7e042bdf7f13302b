// SPDX-License-Identifier: MIT
#include <logkit/reader/line_parser.hpp>

#include <support/catch.hpp>

#include <string_view>

namespace {

// What a question about a line's entry is answered.
template <class Ask>
auto ask(std::string_view line, Ask question) {
    logkit::detail::line_parser parser;
    REQUIRE(parser.parse_copy(line) == logkit::detail::line_state::whole);
    return question(parser.entry());
}

TEST_CASE("a failure is a span that did not succeed, or a record of level error") {
    const auto has_failed = [](logkit::entry const& e) { return e.is_failure(); };
    CHECK(ask(R"({"level":"error"})", has_failed));
    CHECK(ask(R"({"level":"critical"})", has_failed));
    CHECK(ask(R"({"level":"info","status":"error"})", has_failed));
    CHECK(ask(R"({"level":"info","status":"aborted"})", has_failed));
    CHECK_FALSE(ask(R"({"level":"warning","exc_info":{"type":"x"}})", has_failed));
    CHECK_FALSE(ask(R"({"level":"info","status":500})", has_failed));
}

TEST_CASE("END of a span has a duration and a status") {
    const auto is_end = [](logkit::entry const& e) { return e.is_span_end(); };
    CHECK(ask(R"({"event":"END","dur_ms":1,"status":"success"})", is_end));
    CHECK_FALSE(ask(R"({"event":"END"})", is_end));
    CHECK_FALSE(ask(R"({"event":"end","dur_ms":1,"status":"success"})", is_end));
}

TEST_CASE("a sampled record counts for those that were not kept") {
    const auto weight = [](logkit::entry const& e) { return e.weight(); };
    CHECK(ask(R"({"sample_rate":0.25})", weight) == 4);
    CHECK(ask(R"({"sample_rate":0})", weight) == 1);
    CHECK(ask(R"({"sample_rate":7})", weight) == 1);
    CHECK(ask(R"({"a":1})", weight) == 1);
}

TEST_CASE("keys are found as they are spelled, by their meaning, and inside objects") {
    const auto find = [](const char* key) { return [key](logkit::entry const& e) { return e.find(key).text(); }; };
    const std::string pino = R"({"level":50,"time":1,"msg":"hi","user":{"id":7},"user.id":"flat","a":{"b":{"c":1}}})";
    CHECK(ask(pino, find("msg")) == "hi");
    CHECK(ask(pino, find("event")) == "hi");
    CHECK(ask(pino, find("user.id")) == "flat");
    CHECK(ask(pino, find("a.b.c")) == "1");
    CHECK(ask(pino, find("a.x")) == "");
}

}  // namespace
