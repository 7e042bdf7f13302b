// SPDX-License-Identifier: MIT
#pragma once

// Moments as text, RFC 3339 in UTC.

#include <logkit/render/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace serve {

// The minute that a moment is in.
[[nodiscard]] constexpr std::int64_t minute_of(std::int64_t unix_ns) noexcept {
    constexpr std::int64_t minute_ns = 60'000'000'000;
    return unix_ns / minute_ns - (unix_ns % minute_ns < 0 ? 1 : 0);
}

// 2026-11-27T08:15:30.000001Z
[[nodiscard]] inline std::string moment_text(std::int64_t unix_ns) {
    return logkit::detail::timestamp_writer().text(unix_ns);
}
// 2026-11-27
[[nodiscard]] inline std::string day_text(std::int64_t unix_ns) {
    constexpr std::size_t day_size = 10;
    return moment_text(unix_ns).substr(0, day_size);
}
// With nanoseconds where there are some.
[[nodiscard]] inline std::string exact_moment_text(std::int64_t unix_ns) {
    std::string text = moment_text(unix_ns);
    const auto nanos = static_cast<int>((unix_ns % 1000 + 1000) % 1000);
    if (nanos == 0) return text;
    char digits[16];
    std::snprintf(digits, sizeof digits, "%03dZ", nanos);
    text.pop_back();
    return text + digits;
}

}  // namespace serve
