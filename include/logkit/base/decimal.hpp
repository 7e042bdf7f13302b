// SPDX-License-Identifier: MIT
#pragma once

// Numbers as JSON writes them, shortest and exact. Base.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace logkit::detail {

// The longest text that any of these writes.
inline constexpr std::size_t longest_number = 40;

// "00" … "99".
struct digit_pairs {
    char text[200];
    constexpr digit_pairs() noexcept : text() {
        for (int i = 0; i < 100; ++i) {
            text[2 * i] = static_cast<char>('0' + i / 10);
            text[2 * i + 1] = static_cast<char>('0' + i % 10);
        }
    }
};
inline constexpr digit_pairs digit_pair_table{};

// Two digits, for dates too.
inline char* write_two_digits(char* to, unsigned value) noexcept {
    std::memcpy(to, digit_pair_table.text + std::size_t{2} * value, 2);
    return to + 2;
}

[[nodiscard]] inline unsigned count_digits(std::uint64_t value) noexcept {
    unsigned n = 1;
    for (;; n += 4, value /= 10000) {
        if (value < 10) return n;
        if (value < 100) return n + 1;
        if (value < 1000) return n + 2;
        if (value < 10000) return n + 3;
    }
}

inline char* write_decimal(char* to, std::uint64_t value) noexcept {
    char* const end = to + count_digits(value);
    char* at = end;
    for (; value >= 100; value /= 100) write_two_digits(at -= 2, static_cast<unsigned>(value % 100));
    if (value >= 10)
        write_two_digits(at - 2, static_cast<unsigned>(value));
    else
        at[-1] = static_cast<char>('0' + value);
    return end;
}
inline char* write_decimal(char* to, std::int64_t value) noexcept {
    const auto magnitude = static_cast<std::uint64_t>(value);
    if (value >= 0) return write_decimal(to, magnitude);
    *to++ = '-';
    return write_decimal(to, 0 - magnitude);
}

// value / 10^6, without trailing zeros, but with one digit behind the point: 12.75, 3.0. May touch 8 bytes
// behind the number.
inline char* write_millionths(char* to, std::uint64_t value) noexcept {
    const auto rest = static_cast<unsigned>(value % 1'000'000);
    to = write_decimal(to, value / 1'000'000);
    *to = '.';
    write_two_digits(to + 1, rest / 10'000);
    write_two_digits(to + 3, rest / 100 % 100);
    write_two_digits(to + 5, rest % 100);
    const char* const shortest = to + 2;
    to += 7;
    while (to != shortest && to[-1] == '0') --to;
    return to;
}

template <class Float>
[[gnu::noinline]] inline char* write_any_float(char* to, Float value) noexcept {
    if (std::isnan(value)) {
        std::memcpy(to, "\"NaN\"", 5);
        return to + 5;
    }
    if (std::isinf(value)) {
        const bool is_negative = value < 0;
        std::memcpy(to, is_negative ? "\"-Infinity\"" : "\"Infinity\"", is_negative ? 11 : 10);
        return to + (is_negative ? 11 : 10);
    }
    char* end = std::to_chars(to, to + longest_number - 2, value).ptr;
    for (const char* c = to; c != end; ++c)
        if (*c == '.' || *c == 'e') return end;
    *end++ = '.';
    *end++ = '0';
    return end;
}

// The shortest text that reads back as the same double.
//
// Values that people log are mostly short decimals, and those need no general algorithm: if n = value × 10^6
// is an integer below 2^53 and n / 10^6 is `value` again, then n / 10^6 is its decimal text. (Both operands
// are exact and IEEE division rounds correctly, so the test is the definition of reading that text back; and
// as n has at most 15 digits, no shorter decimal can be the same double.)
inline char* write_float(char* to, double value) noexcept {
    const double magnitude = std::fabs(value);
    if (magnitude < 1e9 && magnitude >= 1e-6) {
        const auto scaled = static_cast<std::uint64_t>(magnitude * 1e6 + 0.5);
        // Both are positive and finite: the same number is the same bits.
        if (std::bit_cast<std::uint64_t>(static_cast<double>(scaled) / 1e6) ==
            std::bit_cast<std::uint64_t>(magnitude)) {
            if (value < 0) *to++ = '-';
            return write_millionths(to, scaled);
        }
    }
    return write_any_float(to, value);
}
inline char* write_float(char* to, float value) noexcept {
    return write_any_float(to, value);
}

}  // namespace logkit::detail
