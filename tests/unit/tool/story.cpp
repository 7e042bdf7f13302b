// SPDX-License-Identifier: MIT
#include "insight/story.hpp"

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using support::json_lines;

const std::string trace(32, 'a');

std::string record(std::string const& time, std::string const& rest) {
    return "{'timestamp':'2026-02-03T09:10:" + time + "Z','level':'info','trace_id':'" + trace + "'," + rest + "}\n";
}
std::string end(std::string const& time, std::string const& span, std::string const& parent, double ms,
                std::string const& status = "success") {
    return record(time, "'event':'END','span_id':'" + span + "','parent_span_id':'" + parent + "','span':'" + span +
                            "','dur_ms':" + std::to_string(ms) + ",'status':'" + status + "'");
}

insight::story story_of(std::string const& log, std::string const& id = trace) {
    const support::written_log written(json_lines(log));
    insight::scan_report scanned;
    return insight::story(gather_trace(insight::source::of(written.files()), id, scanned));
}

TEST_CASE("spans stand inside of their parents, records inside of their spans") {
    const auto told =
        story_of(record("00.000000", "'event':'before'") + record("00.100000", "'event':'in','span_id':'inner'") +
                 end("00.300000", "inner", "outer", 200) + end("00.400000", "outer", "", 400));
    REQUIRE(told.spans().size() == 2);
    REQUIRE(told.roots().size() == 1);
    auto const& outer = told.spans()[told.roots()[0]];
    CHECK(outer.name == "outer");
    CHECK(outer.self_ms == 200);
    REQUIRE(outer.children.size() == 1);
    CHECK(told.spans()[outer.children[0]].records.size() == 1);
    CHECK(told.loose().size() == 1);
    CHECK_FALSE(told.has_failed());
    CHECK_FALSE(told.is_open());
    CHECK(told.dur_ms() == 400);
}

TEST_CASE("children that overlap are covered once") {
    const auto told =
        story_of(end("00.300000", "a", "p", 300) + end("00.400000", "b", "p", 300) + end("01.000000", "p", "", 1000));
    CHECK(told.spans()[told.roots()[0]].self_ms == 600);
}

TEST_CASE("the failed span is the innermost that failed first") {
    const auto told =
        story_of(end("00.300000", "inner", "outer", 1, "error") + end("00.400000", "outer", "", 1, "error"));
    REQUIRE(told.failed_span());
    CHECK(told.spans()[*told.failed_span()].name == "inner");
    CHECK(told.has_failed());
}

TEST_CASE("a span that is its own ancestor does not make a circle, and one without END is open") {
    const auto told =
        story_of(end("00.1", "a", "b", 1) + end("00.2", "b", "a", 1) + record("00.3", "'event':'x','span_id':'c'"));
    CHECK(told.roots().size() == 2);
    CHECK(told.is_open());
}

TEST_CASE("an id that several begin with is refused, and the whole id is not") {
    const std::string log = "{'trace_id':'abc','event':'1'}\n{'trace_id':'abcd','event':'2'}\n";
    CHECK_THROWS_WITH(story_of(log, "ab"), Catch::Matchers::Contains("several begin so, abc and abcd"));
    CHECK(story_of(log, "abc").records().size() == 1);
}

TEST_CASE("fields that all records share are told once") {
    const support::written_log written(
        json_lines("{'trace_id':'t','user':'ada','n':1}\n{'trace_id':'t','user':'ada','n':2}\n"));
    insight::scan_report scanned;
    const auto records = gather_trace(insight::source::of(written.files()), "t", scanned);
    const auto common = insight::common_fields(records);
    REQUIRE(common.size() == 1);
    CHECK(common[0] == std::pair<std::string, std::string>("user", "\"ada\""));
    CHECK(insight::common_fields({records[0]}).empty());
}

}  // namespace
