// SPDX-License-Identifier: MIT
#pragma once

// How every line of logkit's own begins, to the byte. Reader. What a filter must look at is found by its place.
//
//   {"timestamp":"2026-11-21T08:56:05.123456Z","level":"info","event":"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <logkit/base/level.hpp>

namespace logkit::detail {

// Of the bytes at `at`: are they this text? The compiler makes one or two comparisons of words of it; it calls memcmp
// for what is longer than a word, which for texts so short costs several times as much.
template <std::size_t N>
[[nodiscard, gnu::always_inline]] inline bool is_text_at(const char* at, const char (&text)[N]) noexcept {
    constexpr std::size_t size = N - 1;
    if constexpr (size <= 8) {
        return std::memcmp(at, text, size) == 0;
    } else {
        std::uint64_t difference = 0;
        const auto add_word = [&](std::size_t place) {
            std::uint64_t a = 0, b = 0;
            std::memcpy(&a, at + place, 8);
            std::memcpy(&b, text + place, 8);
            difference |= a ^ b;
        };
        for (std::size_t place = 0; place + 8 <= size; place += 8) add_word(place);
        add_word(size - 8);  // it may overlap the one before
        return difference == 0;
    }
}

inline constexpr std::string_view own_beginning = R"({"timestamp":")";
inline constexpr std::string_view own_time_shape = "0000-00-00T00:00:00.000000Z";
inline constexpr std::string_view own_level_key = R"(","level":")";
inline constexpr std::string_view own_event_key = R"(","event":")";
inline constexpr std::size_t own_level_key_place = own_beginning.size() + own_time_shape.size();
inline constexpr std::size_t own_level_place = own_level_key_place + own_level_key.size();
inline constexpr std::size_t shortest_level = 4, longest_level = 8;  // info, critical
inline constexpr std::size_t shortest_own_line =
    own_level_place + shortest_level + own_event_key.size() + std::string_view("\"}").size();

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

// `word`: a level's name, as our lines write it, of that many bytes; there are at least longest_level to be read.
[[nodiscard]] inline bool is_own_level(const char* word, std::size_t size) noexcept {
    switch (*word) {
        case 't':
            return size == 5 && is_text_at(word, "trace");
        case 'd':
            return size == 5 && is_text_at(word, "debug");
        case 'i':
            return size == 4 && is_text_at(word, "info");
        case 'w':
            return size == 7 && is_text_at(word, "warning");
        case 'e':
            return size == 5 && is_text_at(word, "error");
        default:
            return size == 8 && is_text_at(word, "critical");
    }
}

[[nodiscard]] inline bool is_own_line(std::string_view line) noexcept {
    if (line.size() < shortest_own_line || !is_text_at(line.data(), R"({"timestamp":")") ||
        !is_text_at(line.data() + own_level_key_place, R"(","level":")"))
        return false;
    std::size_t end = own_level_place + shortest_level;
    while (end < own_level_place + longest_level && line[end] != '"') ++end;
    return is_own_level(line.data() + own_level_place, end - own_level_place) &&
           end + own_event_key.size() <= line.size() && is_text_at(line.data() + end, R"(","event":")");
}

}  // namespace logkit::detail
