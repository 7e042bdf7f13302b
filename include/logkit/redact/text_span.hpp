// SPDX-License-Identifier: MIT
#pragma once

// Part of a text, and what may stand around it. Stage: redact.

#include <cstddef>
#include <optional>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/redact/byte_set.hpp>

namespace logkit::detail {

// From `begin` up to `end`.
struct text_span {
    std::size_t begin = 0, end = 0;
    bool is_bare = false;  // it is the value of a name in quotes, and has none itself
};
using maybe_span = std::optional<text_span>;

[[nodiscard]] constexpr bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_alphanumeric(char c) noexcept {
    return is_letter(c) || is_digit(c);
}
[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (fold_case(c) >= 'a' && fold_case(c) <= 'f');
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
[[nodiscard]] constexpr char at_or_zero(std::string_view text, std::size_t at) noexcept {
    return at < text.size() ? text[at] : '\0';
}

// Does an escape end there: "%3D", those of source code ("\n", "\x3d", "\u0026"), a colour of a terminal?
[[nodiscard]] constexpr bool is_behind_escape(std::string_view text, std::size_t at) noexcept {
    const auto has = [&](std::size_t back, char c) { return at >= back && text[at - back] == c; };
    if (has(3, '%') && is_hex_digit(text[at - 2]) && is_hex_digit(text[at - 1])) return true;
    if (has(2, '\\') && std::string_view("nrtbf").find(text[at - 1]) != std::string_view::npos) return true;
    if ((has(4, '\\') && text[at - 3] == 'x') || (has(6, '\\') && text[at - 5] == 'u')) return true;
    if (!has(1, 'm')) return false;
    std::size_t begin = at - 1;
    while (begin != 0 && at - begin < 12 && (is_digit(text[begin - 1]) || text[begin - 1] == ';')) --begin;
    return begin >= 2 && text[begin - 1] == '[' && (text[begin - 2] == '\x1b' || is_hex_digit(text[begin - 2]));
}

// Does no word reach over this place from before it?
[[nodiscard]] constexpr bool is_word_begin(std::string_view text, std::size_t at) noexcept {
    return at == 0 || !is_alphanumeric(text[at - 1]) || is_behind_escape(text, at);
}

// Is it `wanted`, which is in small letters, at this place, in any letter case?
[[nodiscard]] constexpr bool is_folded_at(std::string_view text, std::size_t at, std::string_view wanted) noexcept {
    if (at > text.size() || text.size() - at < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (fold_case(text[at + i]) != wanted[i]) return false;
    return true;
}

// Is it one of these, which are in small letters, in any letter case?
template <std::size_t N>
[[nodiscard]] constexpr bool is_one_of(std::string_view text, std::string_view const (&words)[N]) noexcept {
    for (const std::string_view word : words)
        if (text.size() == word.size() && is_folded_at(text, 0, word)) return true;
    return false;
}

// Something random rather than words: it has a digit, or small letters and capitals in no order, or no end.
[[nodiscard]] constexpr bool looks_random(std::string_view text) noexcept {
    constexpr std::size_t shortest = 6, long_mixed = 16, endless = 24;
    bool has_digit = false, has_lower = false, has_upper = false, has_joint = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        has_digit = has_digit || is_digit(c);
        has_lower = has_lower || (c >= 'a' && c <= 'z');
        has_upper = has_upper || (i != 0 && c >= 'A' && c <= 'Z');
        has_joint = has_joint || c == '-' || c == '/' || c == '.' || c == '_';
    }
    if (has_digit) return text.size() >= shortest;
    return text.size() >= (has_lower && has_upper && !has_joint ? long_mixed : endless) && !(has_joint && !has_upper);
}

}  // namespace logkit::detail
