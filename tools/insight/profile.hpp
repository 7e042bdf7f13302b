// SPDX-License-Identifier: MIT
#pragma once

// What a log is made of: counts by level, by key, by message, and the durations of its spans. For stats, diff and
// digest.

#include "insight/gather.hpp"
#include "insight/histogram.hpp"

#include <logkit/reader.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace insight {

// Records that have something in common. Counts are weighted by sample_rate: they estimate what happened, of which
// the log kept `seen`.
struct group_profile {
    place first_at{static_cast<std::size_t>(-1), 0};
    std::uint64_t seen = 0;
    exact_sum count, failures;
    histogram durations;  // of the spans that ended
    logkit::level highest = logkit::level::trace;

    void add(logkit::entry const& e, place at, double weight);
    void merge(group_profile const& other);
};

// Per second, of so many in a time; 0 where the time is none.
[[nodiscard]] inline double rate_of(double count, double seconds) noexcept {
    return seconds > 0 ? count / seconds : 0;
}

struct text_hash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};
using group_map = std::unordered_map<std::string, group_profile, text_hash, std::equal_to<>>;

// Finds the group, or makes it. So that memory stays bounded, beyond `most_groups` all others share one.
inline constexpr std::size_t most_groups = 100'000;
inline constexpr std::string_view other_groups = "(others)";
group_profile& group_of(group_map& groups, std::string_view name);
void merge_into(group_map& groups, group_map&& others);

// The groups in order: the most frequent first, of the same count the one that came first.
[[nodiscard]] std::vector<std::pair<std::string, group_profile const*>> sorted_groups(group_map const& groups);

// On cache lines of its own, as each thread has one.
struct alignas(128) log_profile {
    std::uint64_t seen = 0;
    exact_sum count;
    std::array<exact_sum, 6> by_level{};
    std::string first, last;  // timestamps as records write them, which sort as times do
    group_map spans;          // by name
    group_map events;         // records by template and source
    group_map texts;          // text between the records, by template
    std::uint64_t dropped = 0, recovered = 0;

    // Takes the record into account; which maps are filled is the caller's choice.
    void see_head(logkit::entry const& e);
    void see_span(logkit::entry const& e, place at);
    void see_event(logkit::entry const& e, place at);
    void merge(log_profile&& other);
    [[nodiscard]] std::optional<std::int64_t> first_ns() const noexcept { return logkit::parse_time(first); }
    [[nodiscard]] std::optional<std::int64_t> last_ns() const noexcept { return logkit::parse_time(last); }
    [[nodiscard]] double seconds() const noexcept {
        const auto from = first_ns(), to = last_ns();
        return from && to ? static_cast<double>(*to - *from) / 1e9 : 0;
    }

  private:
    void see_time(std::string_view timestamp);

    // Most records come from few places: their templates are kept by what stands in the line.
    std::unordered_map<std::string, std::string, text_hash, std::equal_to<>> templates_;
};

}  // namespace insight
