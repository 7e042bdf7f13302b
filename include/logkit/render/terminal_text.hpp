// SPDX-License-Identifier: MIT
#pragma once

// Untrusted text made harmless for a terminal: control characters, escape sequences and the bidirectional
// controls that can reorder what is seen become visible escapes. Stage: render.

#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/json_text.hpp>

namespace logkit::detail {

[[nodiscard]] constexpr bool is_harmful(std::uint32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) || code_point == 0x61c ||
           (code_point >= 0x200b && code_point <= 0x200f) || (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

[[nodiscard]] inline std::uint32_t code_point_of(std::string_view sequence) noexcept {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i]));
    };
    switch (sequence.size()) {
        case 1:
            return byte(0);
        case 2:
            return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
        case 3:
            return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
        default:
            return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
    }
}

// "\x1b" for a byte, "\u202e" for the rest; ill-formed UTF-8 becomes U+FFFD.
inline void append_harmless(std::string& out, std::string_view text) {
    constexpr const char* digits = "0123456789abcdef";
    while (!text.empty()) {
        const int n = utf8_sequence(reinterpret_cast<const unsigned char*>(text.data()), text.size());
        if (n < 0) {
            out += "\xef\xbf\xbd";
            text.remove_prefix(static_cast<std::size_t>(-n));
            continue;
        }
        const std::string_view sequence = text.substr(0, static_cast<std::size_t>(n));
        text.remove_prefix(sequence.size());
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
