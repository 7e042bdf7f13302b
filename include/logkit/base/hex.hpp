// SPDX-License-Identifier: MIT
#pragma once

// Lower-case hexadecimal, as trace and span ids are written (W3C Trace Context). Base.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace logkit::detail {

// Writes exactly 16 digits, most significant first, and returns the place behind them.
inline char* write_hex(char* to, std::uint64_t value) noexcept {
    // Eight nibbles at a time, spread to one a byte, then '0' + n, plus 39 more where n is above 9.
    const auto eight = [](std::uint32_t v) {
        std::uint64_t x = v;
        x = ((x & 0xffff0000) << 16) | (x & 0xffff);
        x = ((x & 0x0000ff000000ff00) << 8) | (x & 0x000000ff000000ff);
        x = ((x & 0x00f000f000f000f0) << 4) | (x & 0x000f000f000f000f);
        const std::uint64_t above_nine = ((x + 0x0606060606060606) >> 4) & 0x0101010101010101;
        return __builtin_bswap64(x + 0x3030303030303030 + above_nine * 39);
    };
    const std::uint64_t high = eight(static_cast<std::uint32_t>(value >> 32));
    const std::uint64_t low = eight(static_cast<std::uint32_t>(value));
    __builtin_memcpy(to, &high, 8);
    __builtin_memcpy(to + 8, &low, 8);
    return to + 16;
}

// The value of up to 16 digits; empty if one of them is not 0-9 or a-f (A-F only if allowed).
[[nodiscard]] constexpr std::optional<std::uint64_t> parse_hex(std::string_view digits,
                                                               bool upper_allowed = false) noexcept {
    if (digits.empty() || digits.size() > 16) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : digits) {
        unsigned nibble = 0;
        if (c >= '0' && c <= '9')
            nibble = static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            nibble = static_cast<unsigned>(c - 'a') + 10;
        else if (upper_allowed && c >= 'A' && c <= 'F')
            nibble = static_cast<unsigned>(c - 'A') + 10;
        else
            return std::nullopt;
        value = value << 4 | nibble;
    }
    return value;
}

}  // namespace logkit::detail
