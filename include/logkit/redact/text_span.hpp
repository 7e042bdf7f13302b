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

// Does no word reach over this place from before it? "%3D" and the escapes of source code ("\n") are no words.
[[nodiscard]] constexpr bool is_word_begin(std::string_view text, std::size_t at) noexcept {
    if (at == 0 || !is_alphanumeric(text[at - 1])) return true;
    if (at >= 3 && text[at - 3] == '%' && is_hex_digit(text[at - 2]) && is_hex_digit(text[at - 1])) return true;
    return at >= 2 && text[at - 2] == '\\' && std::string_view("nrt").find(text[at - 1]) != std::string_view::npos;
}

// Is it `wanted`, which is in small letters, at this place, in any letter case?
[[nodiscard]] constexpr bool is_folded_at(std::string_view text, std::size_t at, std::string_view wanted) noexcept {
    if (at > text.size() || text.size() - at < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (fold_case(text[at + i]) != wanted[i]) return false;
    return true;
}

// Something random rather than a word: it has a digit, a capital letter in its midst, or no end.
[[nodiscard]] constexpr bool looks_random(std::string_view text) noexcept {
    if (text.size() < 6) return false;
    if (text.size() >= 24) return true;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (is_digit(text[i]) || (i != 0 && text[i] >= 'A' && text[i] <= 'Z' &&
                                  !(text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z')))
            return true;
    return false;
}

}  // namespace logkit::detail
