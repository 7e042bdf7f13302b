// SPDX-License-Identifier: MIT
#pragma once

// Points in time as logs and people write them. Reader.

#include <charconv>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include <logkit/reader/json_view.hpp>
#include <logkit/reader/time_forms.hpp>

namespace logkit {

// A time as a text, in any of the forms of reader/time_forms.hpp; without a zone it is UTC. Empty: it is not
// understood.
[[nodiscard]] constexpr std::optional<std::int64_t> parse_time(std::string_view text) noexcept {
    if (const auto time = detail::parse_common_time(text)) return time;
    const auto civil = detail::read_civil_time(text);
    return civil ? civil->unix_ns() : std::nullopt;
}

// A record's time: a text, a number since 1970 (whole numbers are exact), or an object of such: MongoDB's
// {"$date":…}, {"seconds":…,"nanos":…}, log4j's {"epochSecond":…,"nanoOfSecond":…}.
[[nodiscard]] inline std::optional<std::int64_t> parse_time(json_view value) {
    constexpr std::int64_t least_ns =
        100'000'000'000'000'000;  // as in time_from_number: smaller ones are no nanoseconds
    if (value.is_object()) {
        if (const json_view date = find_inside(value, "$date"); date.exists()) return parse_time(date);
        if (const json_view number = find_inside(value, "$numberLong"); number.exists()) return parse_time(number);
        // PHP's: {"date":"2026-02-03 09:10:11.000000","timezone_type":3,"timezone":"UTC"}; other zones need a database.
        if (const json_view date = find_inside(value, "date"); date.is_text()) {
            const std::string zone = find_inside(value, "timezone").text();
            if (zone == "UTC" || zone.starts_with('+') || zone.starts_with('-'))
                return parse_time(std::string_view(date.text() + zone));
            return std::nullopt;
        }
        for (const auto& [seconds, nanos] : {std::pair{"seconds", "nanos"}, {"epochSecond", "nanoOfSecond"}}) {
            const auto whole = find_inside(value, seconds).integer();
            if (!whole || *whole < -9'000'000'000 || *whole > 9'000'000'000) continue;
            return *whole * detail::second_ns + find_inside(value, nanos).integer().value_or(0) % detail::second_ns;
        }
        return std::nullopt;
    }
    if (value.is_text()) {
        if (const auto time =
                value.has_escapes() ? parse_time(std::string_view(value.text())) : parse_time(value.escaped()))
            return time;
    }
    if (const auto whole = value.integer(); whole && (*whole >= least_ns || *whole <= -least_ns)) return whole;
    const auto number = value.number();
    const auto time = number ? detail::time_from_number(*number) : std::nullopt;
    return time ? detail::exact_decimal_time(value.is_text() ? value.escaped() : value.json()).value_or(*time) : time;
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
    if (const auto civil = detail::read_civil_time(text)) {
        const auto given = civil->unix_ns();
        if (!given || civil->has_zone) return given;
        return local(*given / detail::second_ns) * detail::second_ns + *given % detail::second_ns;
    }
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
