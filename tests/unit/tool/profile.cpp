// SPDX-License-Identifier: MIT
#include "insight/profile.hpp"

#include <support/catch.hpp>
#include <support/logs.hpp>

namespace {

using support::json_lines;

struct everything {
    insight::log_profile profile;
    void see(logkit::entry const& e, insight::place at) {
        profile.see_head(e);
        profile.see_span(e, at);
        profile.see_event(e, at);
    }
    void merge(everything&& other) { profile.merge(std::move(other.profile)); }
};

insight::log_profile profile_of(std::string const& log) {
    const support::written_log written(json_lines(log));
    insight::scan_report scanned;
    return gather_all<everything>(insight::source::of(written.files()), scanned).profile;
}

TEST_CASE("records count by level, and for those that sampling left out") {
    const auto profile = profile_of(
        "{'timestamp':'2026-02-03T09:10:11Z','level':'info','event':'a','sample_rate':0.1}\n"
        "{'timestamp':'2026-02-03T09:10:10Z','level':'error','event':'b'}\n{'timestamp':'2026-02-03T09:10:11.000000Z','"
        "level':'info','event':'lost','dropped':7}\n");
    CHECK(profile.seen == 3);
    CHECK(profile.count.value() == 12);
    CHECK(profile.by_level[static_cast<std::size_t>(logkit::level::info)].value() == 11);
    CHECK(profile.dropped == 7);
    CHECK(profile.seconds() == 1);
}

TEST_CASE("spans are grouped by name, messages by template and source") {
    const auto profile = profile_of(
        "{'event':'END','span':'q','dur_ms':10,'status':'success'}\n{'event':'END','span':'q','dur_ms':30,'status':'"
        "error'}\n"
        "{'event':'took 5 ms','src':'a.cpp:1'}\n{'event':'took 7 ms','src':'a.cpp:1'}\n{'event':'took 7 "
        "ms','src':'b.cpp:1'}\n");
    REQUIRE(profile.spans.size() == 1);
    auto const& q = profile.spans.at("q");
    CHECK(q.count.value() == 2);
    CHECK(q.failures.value() == 1);
    CHECK(q.durations.largest() == 30);
    CHECK(q.durations.quantile(0.5) == Approx(10).epsilon(0.01));
    const auto events = sorted_groups(profile.events);
    REQUIRE(events.size() == 2);
    CHECK(events[0].first == "took {} ms  a.cpp:1");
    CHECK(events[0].second->seen == 2);
}

TEST_CASE("percentiles of whatever size are within one per cent, and merging is exact") {
    insight::histogram one, two, both;
    for (int i = 1; i <= 10'000; ++i) {
        const double value = 0.001 * i * i;
        (i % 2 == 0 ? one : two).add(value);
        both.add(value);
    }
    one.merge(two);
    for (const double part : {0.01, 0.5, 0.9, 0.99, 1.0}) {
        const double right = 0.001 * (10'000 * part) * (10'000 * part);
        CHECK(both.quantile(part) == Approx(right).epsilon(0.011));
        CHECK(one.quantile(part) == both.quantile(part));
    }
}

TEST_CASE("memory for groups has an end: what comes beyond shares one") {
    insight::group_map groups;
    for (std::size_t i = 0; i < insight::most_groups + 10; ++i) ++group_of(groups, std::to_string(i)).seen;
    CHECK(groups.size() == insight::most_groups + 1);
    CHECK(groups.at(std::string(insight::other_groups)).seen == 10);
}

}  // namespace
