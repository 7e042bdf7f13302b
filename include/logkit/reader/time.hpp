// SPDX-License-Identifier: MIT
#pragma once

// Points in time as logs and people write them. Reader.

#include <cmath>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

#include <logkit/reader/json_view.hpp>

namespace logkit {
namespace detail {

inline constexpr std::int64_t second_ns = 1'000'000'000;

// Year, month, day → days since 1970-01-01 (Howard Hinnant's days_from_civil).
[[nodiscard]] constexpr std::int64_t days_from_civil(int year, unsigned month, unsigned day) noexcept {
    year -= month <= 2 ? 1 : 0;
    const int era = (year >= 0 ? year : year - 399) / 400;
    const auto of_era = static_cast<unsigned>(year - era * 400);
    const unsigned of_year = (153 * (month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
    return std::int64_t{era} * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// Reads a text from its front, a piece at a time.
class time_scanner {
  public:
    explicit constexpr time_scanner(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] constexpr bool is_done() const noexcept { return rest_.empty(); }
    constexpr bool skip(char c) noexcept {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // A number of exactly so many digits; -1: there is none.
    constexpr int digits(std::size_t count) noexcept {
        if (rest_.size() < count) return -1;
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return -1;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    // Digits behind the point, as nanoseconds.
    constexpr std::int64_t fraction() noexcept {
        std::int64_t value = 0, unit = second_ns;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1)) {
            unit /= 10;
            value += unit * (rest_.front() - '0');
        }
        return value;
    }

  private:
    std::string_view rest_;
};

// RFC 3339 and its relatives: a blank for `T`, no seconds, no zone (then it is UTC), a comma for the point.
[[nodiscard]] constexpr std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    time_scanner scan(text);
    const int year = scan.digits(4);
    const bool has_dashes = scan.skip('-');
    const int month = scan.digits(2);
    if (has_dashes && !scan.skip('-')) return std::nullopt;
    const int day = scan.digits(2);
    if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
    std::int64_t seconds = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) * 86'400;
    if (scan.is_done()) return seconds * second_ns;
    if (!scan.skip('T') && !scan.skip('t') && !scan.skip(' ')) return std::nullopt;
    const int hour = scan.digits(2);
    if (!scan.skip(':')) return std::nullopt;
    const int minute = scan.digits(2);
    const int second = scan.skip(':') ? scan.digits(2) : 0;
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
    seconds += hour * 3600 + minute * 60 + second;
    const std::int64_t fraction = scan.skip('.') || scan.skip(',') ? scan.fraction() : 0;
    if (!scan.skip('Z') && !scan.skip('z') && !scan.is_done()) {
        const int sign = scan.skip('+') ? -1 : scan.skip('-') ? 1 : 0;
        const int zone_hour = scan.digits(2);
        scan.skip(':');
        const int zone_minute = scan.is_done() ? 0 : scan.digits(2);
        if (sign == 0 || zone_hour < 0 || zone_minute < 0) return std::nullopt;
        seconds += sign * (zone_hour * 3600 + zone_minute * 60);
    }
    if (!scan.is_done()) return std::nullopt;
    return seconds * second_ns + fraction;
}

// Since 1970, in the unit that gives a date of our age: seconds, milli-, micro- or nanoseconds.
[[nodiscard]] inline std::optional<std::int64_t> time_from_number(double value) noexcept {
    const double size = std::fabs(value);
    const double unit = size < 1e11 ? 1e9 : size < 1e14 ? 1e6 : size < 1e17 ? 1e3 : 1;
    if (!(size * unit < 9.2e18)) return std::nullopt;
    const double whole = std::trunc(value);  // apart from the rest, so that it stays exact
    return static_cast<std::int64_t>(whole) * static_cast<std::int64_t>(unit) +
           static_cast<std::int64_t>((value - whole) * unit);
}

}  // namespace detail

// A time as a text. Empty: it is not understood.
[[nodiscard]] constexpr std::optional<std::int64_t> parse_time(std::string_view text) noexcept {
    return detail::parse_rfc3339(text);
}

// A record's time. Whole numbers are exact.
[[nodiscard]] inline std::optional<std::int64_t> parse_time(json_view value) noexcept {
    if (value.is_text())
        if (const auto time = parse_time(value.escaped())) return time;
    if (const auto whole = value.integer();
        whole && (*whole >= 100'000'000'000'000'000 || *whole <= -100'000'000'000'000'000))
        return whole;
    if (const auto number = value.number()) return detail::time_from_number(*number);
    return std::nullopt;
}

// "500ms", "90s", "10m", "2h30m", "3d", "1w" in nanoseconds; empty: not a duration.
[[nodiscard]] inline std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
    double total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        double count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{} || !(count >= 0)) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        struct unit {
            std::string_view name;
            double ns;
        };
        constexpr unit units[] = {{"ns", 1},   {"us", 1e3},   {"ms", 1e6},     {"s", 1e9},
                                  {"m", 60e9}, {"h", 3600e9}, {"d", 86'400e9}, {"w", 604'800e9}};
        bool is_known = false;
        for (unit const& u : units) {
            if (!text.starts_with(u.name) || (u.name == "m" && text.starts_with("ms"))) continue;
            total += count * u.ns;
            text.remove_prefix(u.name.size());
            is_known = true;
            break;
        }
        if (!is_known) return std::nullopt;
    }
    if (!(total < 9.2e18)) return std::nullopt;
    return static_cast<std::int64_t>(total);
}

// What a person means by a time: a duration before `now`, RFC 3339 or a part of it (without a zone: local
// time), or a time of today, "15:04" or "15:04:05".
[[nodiscard]] inline std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now) {
    if (text == "now") return now;
    if (const auto ago = parse_duration(text)) return now - *ago;
    const auto local = [](std::int64_t wall_seconds) {
        const auto rough = static_cast<std::time_t>(wall_seconds);
        std::tm parts{};
        gmtime_r(&rough, &parts);
        parts.tm_isdst = -1;
        return static_cast<std::int64_t>(std::mktime(&parts));
    };
    const auto given = parse_time(text);
    const bool has_zone = !text.empty() && (text.back() == 'Z' || text.back() == 'z' ||
                                            text.find_first_of("+-", text.find(':')) < text.size());
    if (given && has_zone && text.find(':') != std::string_view::npos) return given;
    if (given) return local(*given / detail::second_ns) * detail::second_ns + *given % detail::second_ns;
    const auto today = static_cast<std::time_t>(now / detail::second_ns);
    std::tm parts{};
    localtime_r(&today, &parts);
    detail::time_scanner scan(text);
    const int hour = scan.digits(2);
    if (hour < 0 || hour > 23 || !scan.skip(':')) return std::nullopt;
    const int minute = scan.digits(2);
    const int second = scan.skip(':') ? scan.digits(2) : 0;
    if (minute < 0 || minute > 59 || second < 0 || second > 60 || !scan.is_done()) return std::nullopt;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = second;
    return static_cast<std::int64_t>(std::mktime(&parts)) * detail::second_ns;
}

}  // namespace logkit
