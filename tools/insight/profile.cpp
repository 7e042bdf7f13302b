// SPDX-License-Identifier: MIT
#include "insight/profile.hpp"

#include "insight/text.hpp"

#include <algorithm>

namespace insight {

void group_profile::add(logkit::entry const& e, place at, double weight) {
    first_at = std::min(first_at, at);
    ++seen;
    count.add(weight);
    if (e.is_failure()) failures.add(weight);
    highest = std::max(highest, e.level());
    if (const auto dur_ms = e.get(logkit::slot::dur_ms).number(); dur_ms && *dur_ms >= 0)
        durations.add(*dur_ms, weight);
}
void group_profile::merge(group_profile const& other) {
    first_at = std::min(first_at, other.first_at);
    seen += other.seen;
    count.merge(other.count);
    failures.merge(other.failures);
    highest = std::max(highest, other.highest);
    durations.merge(other.durations);
}

group_profile& group_of(group_map& groups, std::string_view name) {
    if (const auto at = groups.find(name); at != groups.end()) return at->second;
    return groups[std::string(groups.size() < most_groups ? name : other_groups)];
}
void merge_into(group_map& groups, group_map&& others) {
    for (auto& [name, group] : others) group_of(groups, name).merge(group);
}

std::vector<std::pair<std::string, group_profile const*>> sorted_groups(group_map const& groups) {
    std::vector<std::pair<std::string, group_profile const*>> all;
    for (auto const& [name, group] : groups) all.emplace_back(name, &group);
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
        if (a.second->count.value() != b.second->count.value())
            return a.second->count.value() > b.second->count.value();
        return a.second->first_at != b.second->first_at ? a.second->first_at < b.second->first_at : a.first < b.first;
    });
    return all;
}

void log_profile::see_head(logkit::entry const& e) {
    const double weight = e.weight();
    ++seen;
    count.add(weight);
    by_level[static_cast<std::size_t>(e.level())].add(weight);
    const logkit::json_view time = e.get(logkit::slot::timestamp);
    if (is_timestamp(time.escaped()))
        see_time(time.escaped());
    else if (const auto unix_ns = e.unix_ns())
        see_time(timestamp_of(unix_ns));
    if (const auto lost = e.get(logkit::slot::dropped).integer(); lost && *lost > 0)
        dropped += static_cast<std::uint64_t>(*lost);
    if (e.get(logkit::slot::recovered).json() == "true") ++recovered;
}
void log_profile::see_time(std::string_view timestamp) {
    if (first.empty() || timestamp < first) first = timestamp;
    if (timestamp > last) last = timestamp;
}
void log_profile::see_span(logkit::entry const& e, place at) {
    if (!e.is_span_end()) return;
    const logkit::json_view name = e.get(logkit::slot::span);
    if (!name.has_escapes())
        return group_of(spans, name.is_text() ? name.escaped() : "(no name)").add(e, at, e.weight());
    group_of(spans, name.text()).add(e, at, e.weight());
}
void log_profile::see_event(logkit::entry const& e, place at) {
    if (e.is_span_end()) return;
    const std::string_view event = e.get(logkit::slot::event).json();
    auto known = templates_.find(event);
    if (known == templates_.end()) {
        if (templates_.size() >= most_groups) templates_.clear();
        known = templates_.emplace(std::string(event), template_of(e.event())).first;
    }
    std::string name = known->second;
    if (const std::string_view source = e.get(logkit::slot::src).escaped(); !source.empty())
        name.append("  ").append(source);
    group_of(e.is_text() ? texts : events, name).add(e, at, e.weight());
}

void log_profile::merge(log_profile&& other) {
    seen += other.seen;
    count.merge(other.count);
    for (std::size_t i = 0; i < by_level.size(); ++i) by_level[i].merge(other.by_level[i]);
    if (!other.first.empty()) see_time(other.first);
    if (!other.last.empty()) see_time(other.last);
    dropped += other.dropped;
    recovered += other.recovered;
    merge_into(spans, std::move(other.spans));
    merge_into(events, std::move(other.events));
    merge_into(texts, std::move(other.texts));
}

}  // namespace insight
