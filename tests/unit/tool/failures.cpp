// SPDX-License-Identifier: MIT
#include "insight/failures.hpp"

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using support::json_lines;

insight::failure_groups failures_of(std::string const& log) {
    const support::written_log written(json_lines(log));
    insight::scan_report scanned;
    return gather_failures(insight::source::of(written.files()), scanned);
}

TEST_CASE("failures with the same exception type and own frame are one kind") {
    const auto groups = failures_of(
        "{'level':'error','event':'a','exc_info':{'type':'E','what':'1','stack':['std::sort() (a)','pay() "
        "(s.cpp:1)']}}\n"
        "{'level':'error','event':'b','exc_info':{'type':'E','what':'2','stack':['pay() (s.cpp:9)']}}\n"
        "{'level':'error','event':'b','exc_info':{'type':'E','what':'2','stack':['ship() (s.cpp:9)']}}\n");
    const auto sorted = groups.sorted();
    REQUIRE(sorted.size() == 2);
    CHECK(sorted[0]->count == 2);
    CHECK(sorted[0]->example.frame == "pay()");
    CHECK(sorted[0]->title() == "E: {}");
    CHECK(sorted[1]->example.frame == "ship()");
    CHECK(groups.count() == 3);
}

TEST_CASE("without an exception, messages that differ in numbers, ids and quoted texts are one kind") {
    const auto groups = failures_of(
        "{'level':'error','event':'order 17 lost'}\n{'level':'info','event':'fine'}\n"
        "{'level':'critical','event':'order 18 lost'}\n{'level':'error','event':'order lost'}\n");
    const auto sorted = groups.sorted();
    REQUIRE(sorted.size() == 2);
    CHECK(sorted[0]->title() == "order {} lost");
    CHECK(sorted[0]->count == 2);
}

TEST_CASE("an exception on its way through the spans of a trace counts once, and keeps its traces apart") {
    std::string log;
    for (const char trace : {'1', '2'}) {
        const std::string id(32, trace);
        log +=
            "{'level':'error','event':'END','trace_id':'" + id +
            "','span':'inner','dur_ms':1,'status':'error','exc_info':{'type':'E','what':'w','stack':['f() (a)']}}\n" +
            "{'level':'error','event':'END','trace_id':'" + id +
            "','span':'outer','dur_ms':1,'status':'error','exc_info':{'type':'E','what':'w','stack':['f() (a)']}}\n" +
            "{'level':'error','event':'wrapped','trace_id':'" + id +
            "','exc_info':{'type':'W','what':'v','stack':[],'nested':[{'type':'E','what':'w','stack':[]}]}}\n";
    }
    const auto groups = failures_of(log);
    REQUIRE(groups.sorted().size() == 1);
    CHECK(groups.count() == 2);
    CHECK(groups.records() == 6);
    CHECK(groups.sorted()[0]->traces.estimate() == 2);
    CHECK(groups.sorted()[0]->last_trace_id == std::string(32, '2'));
}

TEST_CASE("different things are counted exactly up to a thousand, and within three per cent beyond") {
    insight::distinct_count few, many;
    const auto hash = [](std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15ULL; };
    for (std::uint64_t i = 0; i < 3000; ++i) few.add(hash(i % 1000));
    CHECK(few.estimate() == 1000);
    for (std::uint64_t i = 0; i < 200'000; ++i) many.add(hash(i % 100'000));
    CHECK(many.estimate() > 93'000);
    CHECK(many.estimate() < 107'000);
}

}  // namespace
