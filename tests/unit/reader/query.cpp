// SPDX-License-Identifier: MIT
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/query.hpp>

#include <support/catch.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace {

using logkit::query;
using logkit::query_error;

const std::string declined =
    R"({"timestamp":"2026-11-21T12:00:00.000001Z","level":"warning","event":"Card declined","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","user":"ada","n":42,"half":0.5,"text":"say \"user\":\"bob\"","deep":{"n":7},"quoted":"a\"c","span":"pay","dur_ms":120.5,"status":"error","src":"x.cpp:1"})";

bool matches(query const& wanted, std::string_view text = declined) {
    logkit::detail::line_parser parser;
    REQUIRE(parser.parse_copy(text) == logkit::detail::line_state::whole);
    const bool does = wanted.matches(parser.entry());
    // The cheap look may only err on one side.
    if (does) CHECK(wanted.may_match(text));
    return does;
}
bool holds(std::initializer_list<const char*> words) {
    query wanted;
    wanted.require(std::vector<std::string>(words.begin(), words.end()));
    return matches(wanted);
}

TEST_CASE("terms compare fields") {
    CHECK(holds({"user=ada"}));
    CHECK_FALSE(holds({"user=bob"}));
    CHECK_FALSE(holds({"user=ad"}));
    CHECK(holds({"user!=bob"}));
    CHECK(holds({"nobody!=bob"}));
    CHECK_FALSE(holds({"nobody=bob"}));
    CHECK(holds({"n=42"}));
    CHECK(holds({"n>41", "n<43", "n>=42", "n<=42"}));
    CHECK_FALSE(holds({"n>42"}));
    CHECK(holds({"half=0.50"}));
    CHECK(holds({"dur_ms>100", "span=pay", "status=error"}));
    CHECK(holds({"quoted=a\"c"}));
    CHECK(holds({"deep.n=7"}));
    CHECK_FALSE(holds({"deep.n>7"}));
    CHECK_FALSE(holds({"user>1"}));
}

TEST_CASE("regular expressions are found anywhere in a value") {
    CHECK(holds({"user~^a.a$"}));
    CHECK(holds({"event~[Dd]eclined"}));
    CHECK_FALSE(holds({"user~^b"}));
    CHECK(holds({"user!~^b"}));
    CHECK(holds({"nobody!~x"}));
    CHECK_FALSE(holds({"nobody~x"}));
}

TEST_CASE("a text is found in the line, of any case where it has no capitals") {
    CHECK(holds({"declined"}));
    CHECK(holds({"card"}));
    CHECK(holds({"Card"}));
    CHECK_FALSE(holds({"CARD"}));
    CHECK_FALSE(holds({"nothing like it"}));
    CHECK(holds({""}));
}

TEST_CASE("levels are exact, or a floor") {
    const auto at = [](const char* text) {
        query wanted;
        wanted.require_level(text);
        return matches(wanted);
    };
    CHECK(at("warning"));
    CHECK(at("warn+"));
    CHECK(at("info+"));
    CHECK_FALSE(at("info"));
    CHECK_FALSE(at("error+"));
    CHECK(holds({"level=warn"}));
    CHECK(holds({"level!=error"}));
    query pino;
    pino.require("level=error");
    CHECK(matches(pino, R"({"level":50,"msg":"x"})"));
    query number;
    number.require("level>40");
    CHECK(matches(number, R"({"level":50,"msg":"x"})"));
}

TEST_CASE("order is that of numbers, levels, durations and times") {
    CHECK(holds({"level>=warning"}));
    CHECK(holds({"level<error", "level>info"}));
    CHECK_FALSE(holds({"level>warning"}));
    CHECK(holds({"dur_ms>=120.5ms", "dur_ms<1s", "dur_ms>100000us"}));
    CHECK_FALSE(holds({"dur_ms>121ms"}));
    CHECK_FALSE(holds({"n>1ms"}));  // of no unit
    CHECK(holds({"timestamp>=2026-11-21T12:00:00.000001Z", "timestamp<2026-11-21T12:00:00.000002Z"}));
    CHECK_FALSE(holds({"timestamp>2026-11-21T12:00:00.000001Z"}));
    const auto of = [](const char* filter, std::string_view line) {
        query wanted;
        wanted.require(filter);
        return matches(wanted, line);
    };
    CHECK(of("took>1s", R"({"msg":"go","took":"1.5s"})"));
    CHECK_FALSE(of("took>2s", R"({"msg":"go","took":"1.5s"})"));
    CHECK(of("due<2026-01-02", R"({"msg":"m","due":"2026-01-01T00:00:00Z"})"));
    CHECK(of("level>=error", R"({"level":50,"msg":"pino"})"));
    CHECK_FALSE(of("level>=error", R"({"level":40,"msg":"pino"})"));
}

TEST_CASE("items of lists, and keys that are there") {
    const char* const line =
        R"({"msg":"m","tags":["a","b c"],"n":[1,2],"errors":[{"code":7},{"code":9,"in":[{"at":"x"}]}],"none":null})";
    const auto of = [&](const char* filter) {
        query wanted;
        wanted.require(filter);
        return matches(wanted, line);
    };
    CHECK(of("tags[]=a"));
    CHECK(of("tags[]=\"b c\""));
    CHECK_FALSE(of("tags[]=b"));
    CHECK(of("n[]>1"));
    CHECK_FALSE(of("n[]>2"));
    CHECK(of("errors[].code=9"));
    CHECK(of("errors[].in[].at~^x$"));
    CHECK_FALSE(of("errors[].in[].at=y"));
    CHECK_FALSE(of("msg[]=m"));
    CHECK(of("tags?"));
    CHECK(of("none?"));
    CHECK_FALSE(of("nobody?"));
    CHECK(of("not nobody?"));
}

TEST_CASE("traces by the beginning of their id, times by both ends") {
    query trace;
    trace.require_trace("4BF92");
    CHECK(matches(trace));
    query other;
    other.require_trace("5");
    CHECK_FALSE(matches(other));
    CHECK_FALSE(other.may_match(declined));
    other.require_trace("4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(matches(other));
    constexpr std::int64_t time = 1'795'262'400'000'001'000;
    query inside, before, after;
    inside.require_time(time, time);
    before.require_time(std::nullopt, time - 1);
    after.require_time(time + 1, std::nullopt);
    CHECK(matches(inside));
    CHECK_FALSE(matches(before));
    CHECK_FALSE(matches(after));
    CHECK_FALSE(matches(inside, R"({"msg":"timeless"})"));
}

TEST_CASE("failures can be asked for") {
    query failures;
    failures.require_failure();
    CHECK(matches(failures));
    std::string good = declined;
    good.replace(good.find(R"("status":"error")"), 16, R"("status":"success")");
    CHECK_FALSE(matches(failures, good));
    std::string end = declined;
    end.replace(end.find("Card declined"), 13, "END");
    CHECK(matches(failures, end));
}

TEST_CASE("the cheap look passes over lines that cannot match") {
    query user;
    user.require("user=bob");
    CHECK_FALSE(user.may_match(declined));  // "user":"bob" stands there only inside of a text, escaped
    query number;
    number.require("n>100");
    CHECK_FALSE(number.may_match(declined));
    query nested;
    nested.require("n=7");  // inside `deep`, which does not count
    CHECK(nested.may_match(declined));
    CHECK_FALSE(holds({"n=7"}));
    query level;
    level.require_level("error+");
    CHECK_FALSE(level.may_match(declined));
}

TEST_CASE("what cannot be understood is said, with what would be right") {
    query wanted;
    CHECK_THROWS_AS(wanted.require("user~("), query_error);
    CHECK_THROWS_AS(wanted.require("n>many"), query_error);
    CHECK_THROWS_AS(wanted.require_level("loud"), query_error);
    CHECK_THROWS_AS(wanted.require_level("off"), query_error);
    CHECK_THROWS_WITH(wanted.require("n>many"), Catch::Contains("'many' is not a number"));
}

}  // namespace
