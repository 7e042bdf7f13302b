// SPDX-License-Identifier: MIT
#pragma once

// Is a line one JSON object, to the letter (RFC 8259), and not too deep? What the reader would tolerate is mended here
// before it is stored, so that every answer made of stored lines is JSON.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace serve {

inline constexpr std::size_t deepest_nesting = 64;

enum class line_kind : std::uint8_t { object, other, too_deep };

// `line` has line_padding readable bytes behind it, and is well-formed UTF-8.
[[nodiscard]] line_kind check_line(std::string_view line) noexcept;

// The line with what can be mended without doubt: ill-formed UTF-8 is U+FFFD, NULs are left out, other control
// characters are blanks, and NaN and Infinity, which are no JSON, are texts.
[[nodiscard]] std::string mend_line(std::string_view line);

}  // namespace serve
