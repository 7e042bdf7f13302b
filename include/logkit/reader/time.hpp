// SPDX-License-Identifier: MIT
#pragma once

// Points in time as logs and people write them. Reader.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/hash.hpp>
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

namespace detail {

[[nodiscard]] inline std::tm local_parts(std::int64_t unix_ns) {
    const auto seconds = static_cast<std::time_t>(unix_ns / second_ns);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    parts.tm_isdst = -1;
    return parts;
}
// "15:04", "15:04:05", "9:30", "3pm", "3:30 pm" of that day.
[[nodiscard]] inline bool set_time_of_day(std::string_view text, std::tm& day) {
    const auto take = [&](int& number) {
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 2), number);
        if (error != std::errc{} || number < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    };
    int hour = 0, minute = 0, second = 0;
    if (!take(hour)) return false;
    bool has_minutes = false;
    for (int* part : {&minute, &second})
        if (text.starts_with(':')) {
            text.remove_prefix(1);
            has_minutes = true;
            if (!take(*part)) return false;
        }
    if (text.starts_with(' ')) text.remove_prefix(1);
    const bool is_after_noon = text == "pm";
    if (is_after_noon || text == "am") {
        if (hour < 1 || hour > 12) return false;
        hour = hour % 12 + (is_after_noon ? 12 : 0);
    } else if (!text.empty() || !has_minutes) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 60) return false;
    day.tm_hour = hour;
    day.tm_min = minute;
    day.tm_sec = second;
    return true;
}
// "10m", "-10m", "10m ago", "10 minutes ago", "an hour ago".
[[nodiscard]] inline std::optional<std::int64_t> parse_age(std::string_view text) {
    const bool is_said = text.ends_with(" ago");
    if (is_said) text.remove_suffix(4);
    if (text.starts_with('-')) text.remove_prefix(1);
    if (const auto age = parse_duration(text)) return age;
    const std::size_t blank = text.find(' ');
    if (!is_said || blank == text.npos) return std::nullopt;
    const std::string_view count = text.substr(0, blank), name = text.substr(blank + 1);
    constexpr std::pair<std::string_view, std::string_view> units[] = {
        {"second", "s"}, {"sec", "s"}, {"minute", "m"}, {"min", "m"}, {"hour", "h"}, {"day", "d"}, {"week", "w"}};
    for (auto const& [word, unit] : units)
        if (name == word || (name.size() == word.size() + 1 && name.starts_with(word) && name.back() == 's'))
            return parse_duration(std::string(count == "a" || count == "an" ? "1" : count).append(unit));
    return std::nullopt;
}
// "today", "yesterday", "monday" (the last one, or today): where that day begins.
[[nodiscard]] inline std::optional<std::tm> parse_day(std::string_view text, std::int64_t now) {
    std::tm day = local_parts(now);
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    if (text == "today") return day;
    if (text == "yesterday") {
        --day.tm_mday;
        return day;
    }
    constexpr std::string_view names[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
    for (int i = 0; i < 7; ++i)
        if (text == names[i]) {
            day.tm_mday -= (day.tm_wday - i + 7) % 7;
            return day;
        }
    return std::nullopt;
}

}  // namespace detail

// What a person means by a time: "now", an age (a duration, "10m", "10 minutes ago"), RFC 3339 or a part of it (without
// a zone: local time), a time of today ("15:04", "3pm"), a day ("yesterday", "monday") or a time of it ("yesterday
// 15:04"). In small letters or capitals.
[[nodiscard]] inline std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now) {
    if (const auto civil = detail::read_civil_time(text)) {
        const auto given = civil->unix_ns();
        if (!given || civil->has_zone) return given;
        const auto rough = static_cast<std::time_t>(*given / detail::second_ns);
        std::tm parts{};
        gmtime_r(&rough, &parts);
        parts.tm_isdst = -1;
        return static_cast<std::int64_t>(std::mktime(&parts)) * detail::second_ns + *given % detail::second_ns;
    }
    // A date, and behind it a time as people say it: "2026-11-21 3pm", "2026-11-21 9:30".
    if (const std::size_t blank = text.find(' '); blank != text.npos) {
        const auto date = detail::read_civil_time(text.substr(0, blank));
        const auto given = date ? date->unix_ns() : std::nullopt;
        if (given && !date->has_zone && *given % (86'400 * detail::second_ns) == 0) {
            const auto rough = static_cast<std::time_t>(*given / detail::second_ns);
            std::tm day{};
            gmtime_r(&rough, &day);
            day.tm_isdst = -1;
            if (detail::set_time_of_day(text.substr(blank + 1), day))
                return static_cast<std::int64_t>(std::mktime(&day)) * detail::second_ns;
        }
    }
    std::string words(text);
    std::transform(words.begin(), words.end(), words.begin(), detail::fold_case);
    if (words == "now") return now;
    if (const auto age = detail::parse_age(words)) return now - *age;
    const std::size_t blank = words.find(' ');
    std::optional<std::tm> day = detail::parse_day(std::string_view(words).substr(0, blank), now);
    const bool has_day = day.has_value();
    if (!has_day) day = detail::local_parts(now);
    if (!has_day || blank != words.npos)
        if (!detail::set_time_of_day(std::string_view(words).substr(has_day ? blank + 1 : 0), *day))
            return std::nullopt;
    return static_cast<std::int64_t>(std::mktime(&*day)) * detail::second_ns;
}

}  // namespace logkit
