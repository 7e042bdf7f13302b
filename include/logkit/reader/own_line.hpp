// SPDX-License-Identifier: MIT
#pragma once

// How every line of logkit's own begins, to the byte. Reader. What a filter must look at is found by its place.
//
//   {"timestamp":"2026-11-21T08:56:05.123456Z","level":"info","event":"

#include <cstddef>
#include <string_view>

#include <logkit/base/level.hpp>

namespace logkit::detail {

inline constexpr std::string_view own_beginning = R"({"timestamp":")";
inline constexpr std::string_view own_time_shape = "0000-00-00T00:00:00.000000Z";
inline constexpr std::string_view own_level_key = R"(","level":")";
inline constexpr std::string_view own_event_key = R"(","event":")";
inline constexpr std::size_t own_level_key_place = own_beginning.size() + own_time_shape.size();
inline constexpr std::size_t own_level_place = own_level_key_place + own_level_key.size();
inline constexpr std::size_t shortest_level = 4, longest_level = 8;  // info, critical
inline constexpr std::size_t shortest_own_line =
    own_level_place + shortest_level + own_event_key.size() + std::string_view("\"}").size();

[[nodiscard]] constexpr bool is_own_line(std::string_view line) noexcept {
    if (line.size() < shortest_own_line || !line.starts_with(own_beginning) ||
        line.substr(own_level_key_place, own_level_key.size()) != own_level_key)
        return false;
    const std::size_t end = line.find('"', own_level_place);
    return end <= own_level_place + longest_level && line[own_level_place] >= 'a' &&
           line.substr(end).starts_with(own_event_key);
}

// The levels of our own lines differ in their first letter.
[[nodiscard]] constexpr level own_level(std::string_view line) noexcept {
    switch (line[own_level_place]) {
        case 't':
            return level::trace;
        case 'd':
            return level::debug;
        case 'i':
            return level::info;
        case 'w':
            return level::warning;
        case 'e':
            return level::error;
        default:
            return level::critical;
    }
}

}  // namespace logkit::detail
