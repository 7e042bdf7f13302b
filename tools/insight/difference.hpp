// SPDX-License-Identifier: MIT
#pragma once

// What is new, gone, or slower in one survey against another: for diff.

#include "insight/survey.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace insight {

struct changed_span {
    std::string name;
    group_profile const* before;
    group_profile const* after;
    double ratio;  // of the medians, after / before
};

// Points into both surveys.
struct difference {
    using groups = std::vector<std::pair<std::string, group_profile const*>>;

    std::vector<failure_group const*> new_failures{}, gone_failures{};
    std::vector<changed_span> changed_spans{};  // what became slower first
    groups new_spans{}, gone_spans{}, new_messages{}, gone_messages{};

    [[nodiscard]] bool is_none() const noexcept {
        return new_failures.size() + gone_failures.size() + changed_spans.size() + new_spans.size() +
                   gone_spans.size() + new_messages.size() + gone_messages.size() ==
               0;
    }
};

// Compared are kinds of failures, messages without their variable parts, by source, and the medians of spans, where
// both have at least five and they differ by a fifth.
[[nodiscard]] difference difference_of(survey const& before, survey const& after);

}  // namespace insight
