// SPDX-License-Identifier: MIT
#include "insight/statistics.hpp"

namespace insight {

void statistics::see(logkit::entry const& e, place at) {
    whole.see_head(e);
    if (by.empty()) return whole.see_span(e, at);
    if (by == "level") return group_of(groups, logkit::to_string(e.level())).add(e, at, e.weight());
    const logkit::json_view value = e.find(by);
    if (!value.exists()) return;
    if (value.has_escapes()) return group_of(groups, value.text()).add(e, at, e.weight());
    group_of(groups, value.is_text() ? value.escaped() : value.json()).add(e, at, e.weight());
}

void statistics::merge(statistics&& other) {
    whole.merge(std::move(other.whole));
    merge_into(groups, std::move(other.groups));
}

}  // namespace insight
