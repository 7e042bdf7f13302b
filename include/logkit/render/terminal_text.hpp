// SPDX-License-Identifier: MIT
#pragma once

// Untrusted text made harmless for a terminal: control characters, escape sequences and the bidirectional
// controls that can reorder what is seen become visible escapes. Stage: render.

#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/utf8.hpp>

namespace logkit::detail {

[[nodiscard]] constexpr bool is_harmful(std::uint32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) || code_point == 0x61c ||
           (code_point >= 0x200b && code_point <= 0x200f) || (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

// "\x1b" for a byte, "\u202e" for the rest; ill-formed UTF-8 becomes U+FFFD.
inline void append_harmless(std::string& out, std::string_view text) {
    constexpr const char* digits = "0123456789abcdef";
    while (!text.empty()) {
        const std::string_view sequence = take_utf8(text);
        const std::uint32_t code_point = code_point_of(sequence);
        if (!is_harmful(code_point)) {
            out += sequence;
        } else if (code_point == '\n') {
            out += "\\n";
        } else if (code_point == '\t') {
            out += "\\t";
        } else if (code_point < 0x100) {
            out += "\\x";
            out += digits[code_point >> 4];
            out += digits[code_point & 15];
        } else {
            out += "\\u";
            for (int shift = 12; shift >= 0; shift -= 4) out += digits[code_point >> shift & 15];
        }
    }
}

[[nodiscard]] inline std::string harmless(std::string_view text) {
    std::string out;
    append_harmless(out, text);
    return out;
}

// Columns that a harmless text takes, counting every character as one.
[[nodiscard]] inline std::size_t width_of(std::string_view text) noexcept {
    std::size_t width = 0;
    for (const char c : text) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1U : 0U;
    return width;
}

}  // namespace logkit::detail
