// SPDX-License-Identifier: MIT
#pragma once

// Moments as text, RFC 3339 in UTC.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace serve {

// 2026-11-27
[[nodiscard]] inline std::string day_text(std::int64_t unix_ns) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{unix_ns}})};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day()));
    return text;
}
// 2026-11-27T08:15:30.000001Z
[[nodiscard]] inline std::string moment_text(std::int64_t unix_ns) {
    constexpr std::int64_t second = 1'000'000'000, day = 86'400 * second;
    const std::int64_t in_day = (unix_ns % day + day) % day;
    const auto seconds = static_cast<int>(in_day / second), micros = static_cast<int>(in_day % second / 1000);
    char text[32];
    std::snprintf(text, sizeof text, "T%02d:%02d:%02d.%06dZ", seconds / 3600, seconds / 60 % 60, seconds % 60, micros);
    return day_text(unix_ns) + text;
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
