// SPDX-License-Identifier: MIT
#pragma once

// Text taken apart: without the blanks around it, and piece by piece at a separator. Base.

#include <cstddef>
#include <string>
#include <string_view>

#include <logkit/base/hash.hpp>

namespace logkit::detail {

[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// ASCII letters alone.
[[nodiscard]] inline std::string lowered(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = fold_case(c);
    return lower;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_indented(std::string_view line) noexcept {
    return line.starts_with(' ') || line.starts_with('\t');
}
// A line that another system has ended with "\r\n".
[[nodiscard]] constexpr std::string_view without_return(std::string_view line) noexcept {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}
[[nodiscard]] constexpr std::string_view without_line_ends(std::string_view text) noexcept {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return text;
}
// What a C library has for a text, which may be none.
[[nodiscard]] constexpr std::string_view text_or_empty(const char* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(text);
}
// A string of JSON without its quotes; anything else is as it was.
[[nodiscard]] constexpr std::string_view within_quotes(std::string_view json) noexcept {
    return json.size() >= 2 && json.starts_with('"') ? json.substr(1, json.size() - 2) : json;
}

// Takes what stands before the next `separator` off the text, with the separator; all of it where there is none.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& text, char separator) noexcept {
    const std::size_t end = text.find(separator);
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return piece;
}

}  // namespace logkit::detail
