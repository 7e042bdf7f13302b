// SPDX-License-Identifier: MIT
#pragma once

// UTF-8, a sequence at a time (Unicode 15, table 3-7). Base.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logkit::detail {

// The length of the well-formed UTF-8 sequence at `text`; for an ill-formed one, minus the number of bytes that one
// U+FFFD stands for, as Unicode recommends.
[[nodiscard]] inline int utf8_sequence(const unsigned char* text, std::size_t n) noexcept {
    const unsigned lead = text[0];
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return -1;
    const int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    unsigned low = 0x80, high = 0xbf;  // of the second byte
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    for (int i = 1; i < length; ++i) {
        if (static_cast<std::size_t>(i) >= n || text[i] < low || text[i] > high) return -i;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

// Takes the sequence at the front off a text that is not empty, and returns it; U+FFFD in the place of an ill-formed
// one.
[[nodiscard]] inline std::string_view take_utf8(std::string_view& text) noexcept {
    const int n = utf8_sequence(reinterpret_cast<const unsigned char*>(text.data()), text.size());
    const std::string_view sequence = n > 0 ? text.substr(0, static_cast<std::size_t>(n)) : "\xef\xbf\xbd";
    text.remove_prefix(static_cast<std::size_t>(n > 0 ? n : -n));
    return sequence;
}

// What a well-formed sequence stands for.
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

// The sequence for a code point that is not a surrogate.
inline void append_utf8(std::string& out, std::uint32_t code_point) {
    const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (code_point < 0x80) return byte(code_point);
    if (code_point < 0x800) {
        byte(0xc0 | code_point >> 6);
    } else {
        if (code_point < 0x10000) {
            byte(0xe0 | code_point >> 12);
        } else {
            byte(0xf0 | code_point >> 18);
            byte(0x80 | (code_point >> 12 & 0x3f));
        }
        byte(0x80 | (code_point >> 6 & 0x3f));
    }
    byte(0x80 | (code_point & 0x3f));
}

}  // namespace logkit::detail
