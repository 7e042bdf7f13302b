// SPDX-License-Identifier: MIT
#include "store/segments/frame_maker.hpp"

#include <algorithm>
#include <tuple>

namespace serve {

void frame_maker::clear() {
    lines_.clear();
    footer_ = {};
    said_.values.clear();
    said_.traces.clear();
    said_.is_opaque = false;
    services_.clear();
    counts_.clear();
    last_key_ = 0;
}

void frame_maker::add(std::string_view line, record_place const& facts, std::string const& service,
                      std::uint64_t number, std::int64_t arrival_ns, std::string const& of_key) {
    lines_.append(line);
    if (footer_.runs.empty() || footer_.runs.back().first_number + footer_.runs.back().records != number ||
        footer_.runs.back().arrival_ns != arrival_ns || footer_.runs.back().service != of_key)
        footer_.runs.push_back({number, 0, arrival_ns, of_key});
    ++footer_.runs.back().records;

    const std::int64_t time = facts.time_ns.value_or(arrival_ns);
    footer_.oldest_ns = std::min(footer_.oldest_ns, time);
    footer_.newest_ns = std::max(footer_.newest_ns, time);
    footer_.failures += facts.has_failed ? 1 : 0;
    footer_.has_weights = footer_.has_weights || facts.is_weighted;
    footer_.has_timeless = footer_.has_timeless || !facts.time_ns.has_value();

    if (footer_.services.empty() || service != last_service_) {
        const auto [known, is_new] =
            services_.try_emplace(service, static_cast<std::uint32_t>(footer_.services.size()));
        if (is_new) footer_.services.push_back(service);
        last_service_ = service;
        last_place_ = known->second;
    }
    const std::int64_t minute = minute_of(time);
    // Minutes of the years that nanoseconds can tell, and services of a commit, fit beside each other.
    constexpr std::int64_t half_of_minutes = std::int64_t{1} << 28;
    const auto key = static_cast<std::uint64_t>(minute + half_of_minutes) << 32 |
                     static_cast<std::uint64_t>(last_place_) << 3 | static_cast<std::uint64_t>(facts.severity);
    if (key != last_key_) {
        const auto [known, is_new] = counts_.try_emplace(key, footer_.counts.size());
        if (is_new) footer_.counts.push_back({minute, last_place_, static_cast<std::uint8_t>(facts.severity), 0});
        last_key_ = key;
        last_count_ = known->second;
    }
    ++footer_.counts[last_count_].records;
}

void frame_maker::add_values(line_values const& said) {
    for (const std::uint64_t hash : said.values.all()) said_.values.add(hash);
    for (const std::uint64_t hash : said.traces.all()) said_.traces.add(hash);
    said_.is_opaque = said_.is_opaque || said.is_opaque;
}

frame_footer& frame_maker::finish() {
    // What is added to a line which lacks it can be asked for, too.
    for (std::string const& service : footer_.services) collect_text(service, said_.values);
    for (const std::string_view key : {"service", "timestamp"}) collect_text(key, said_.values);
    footer_.is_opaque = said_.is_opaque;
    std::sort(footer_.counts.begin(), footer_.counts.end(), [](frame_count const& a, frame_count const& b) {
        return std::tie(a.minute, a.service, a.level) < std::tie(b.minute, b.service, b.level);
    });
    for (const std::uint64_t hash : said_.traces.all()) footer_.traces.push_back(trace_key(hash));
    sort_traces(footer_.traces);
    // A few lines are read as fast as what is known of them.
    constexpr std::size_t worth_a_filter = 16'384;
    if (lines_.size() >= worth_a_filter) footer_.words = word_filter::of(said_.values.all());
    return footer_;
}

}  // namespace serve
