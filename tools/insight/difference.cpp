// SPDX-License-Identifier: MIT
#include "insight/difference.hpp"

#include <algorithm>
#include <cmath>

namespace insight {
namespace {

// Spans with enough of them on both sides, whose median changed by more than a fifth and by more than clocks jitter.
[[nodiscard]] std::vector<changed_span> changed_in(group_map const& before, group_map const& after) {
    constexpr double enough = 5, least_ratio = 1.2, least_ms = 0.01;
    std::vector<changed_span> changed;
    for (auto const& [name, group] : sorted_groups(after)) {
        const auto old = before.find(name);
        if (old == before.end() || old->second.durations.count() < enough || group->durations.count() < enough)
            continue;
        const double from = old->second.durations.quantile(0.5), to = group->durations.quantile(0.5);
        const double ratio = to / std::max(from, 1e-6);
        if ((ratio >= least_ratio || ratio <= 1 / least_ratio) && std::fabs(to - from) >= least_ms)
            changed.push_back({name, &old->second, group, ratio});
    }
    std::stable_sort(changed.begin(), changed.end(), [](auto const& a, auto const& b) { return a.ratio > b.ratio; });
    return changed;
}

// What one has and the other has not.
[[nodiscard]] difference::groups only_in(group_map const& one, group_map const& other) {
    auto groups = sorted_groups(one);
    std::erase_if(groups, [&](auto const& group) { return other.contains(group.first); });
    return groups;
}
[[nodiscard]] std::vector<failure_group const*> only_in(failure_groups const& one, failure_groups const& other) {
    auto groups = one.sorted();
    const auto others = other.sorted();
    std::erase_if(groups, [&](failure_group const* group) {
        return std::any_of(others.begin(), others.end(),
                           [&](failure_group const* o) { return o->fingerprint == group->fingerprint; });
    });
    return groups;
}

}  // namespace

difference difference_of(survey const& before, survey const& after) {
    return {only_in(after.failures, before.failures),
            only_in(before.failures, after.failures),
            changed_in(before.profile.spans, after.profile.spans),
            only_in(after.profile.spans, before.profile.spans),
            only_in(before.profile.spans, after.profile.spans),
            only_in(after.profile.events, before.profile.events),
            only_in(before.profile.events, after.profile.events)};
}

}  // namespace insight
