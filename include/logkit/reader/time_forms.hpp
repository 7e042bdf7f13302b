// SPDX-License-Identifier: MIT
#pragma once

// The forms in which programs write points in time. Reader. A form that is not here is not guessed at: who reads it
// shows the text as it is.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <logkit/base/hash.hpp>

namespace logkit::detail {

inline constexpr std::int64_t second_ns = 1'000'000'000;

// Year, month, day → days since 1970-01-01 (Howard Hinnant's days_from_civil).
[[nodiscard]] constexpr std::int64_t days_from_civil(int year, unsigned month, unsigned day) noexcept {
    year -= month <= 2 ? 1 : 0;
    const int era = (year >= 0 ? year : year - 399) / 400;
    const auto of_era = static_cast<unsigned>(year - era * 400);
    const unsigned of_year = (153 * (month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
    return std::int64_t{era} * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// A date and a time of day as they are written: each part as it stands there, the zone apart.
struct civil_time {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    std::int64_t fraction_ns = 0, zone_seconds = 0;  // the zone is east of Greenwich
    bool has_zone = false;

    // Nanoseconds since 1970; empty where no calendar has such a day, or 64 bits do not.
    [[nodiscard]] constexpr std::optional<std::int64_t> unix_ns() const noexcept {
        constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1) return std::nullopt;
        const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (day > days[month - 1] + (month == 2 && is_leap ? 1 : 0)) return std::nullopt;
        if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
        const std::int64_t midnight =
            days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) * 86'400;
        return (midnight + hour * 3600 + minute * 60 + second - zone_seconds) * second_ns + fraction_ns;
    }
};

// Reads a text from its front, a piece at a time.
class time_scanner {
  public:
    explicit constexpr time_scanner(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] constexpr bool is_done() const noexcept { return rest_.empty(); }
    [[nodiscard]] constexpr std::string_view rest() const noexcept { return rest_; }
    constexpr bool skip(char c) noexcept {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    constexpr bool skip(std::string_view text) noexcept {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    constexpr void skip_blanks() noexcept {
        while (skip(' ')) {
        }
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
    // A number of one or two digits, which a blank may stand before: "3", " 3", "03".
    constexpr int one_or_two_digits() noexcept {
        skip_blanks();
        const int two = digits(2);
        return two >= 0 ? two : digits(1);
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
    // "Feb", "February" → 2; 0: it is none.
    constexpr int month() noexcept {
        constexpr std::string_view names[] = {"january", "february", "march",     "april",   "may",      "june",
                                              "july",    "august",   "september", "october", "november", "december"};
        for (int i = 0; i < 12; ++i)
            for (const std::size_t length : {names[i].size(), std::size_t{3}})
                if (skip_folded(names[i].substr(0, length))) return i + 1;
        return 0;
    }
    // "Tue", "Tuesday", with a comma or without.
    constexpr void skip_weekday() noexcept {
        constexpr std::string_view names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                              "friday", "saturday", "sunday"};
        for (const std::string_view name : names)
            if (skip_folded(name) || skip_folded(name.substr(0, 3))) break;
        skip(',');
        skip_blanks();
    }
    // hh:mm, hh:mm:ss, with a fraction behind a point or a comma, with AM or PM; h may have one digit.
    constexpr bool clock(civil_time& t) noexcept {
        t.hour = one_or_two_digits();
        if (!skip(':')) return false;
        t.minute = digits(2);
        if (skip(':')) t.second = digits(2);
        if (skip('.') || skip(',')) t.fraction_ns = fraction();
        const std::string_view before = rest_;
        skip_blanks();
        const bool is_pm = skip_folded("pm");
        if (is_pm || skip_folded("am"))
            t.hour = t.hour < 1 || t.hour > 12 ? -1 : t.hour % 12 + (is_pm ? 12 : 0);
        else
            rest_ = before;
        return t.hour >= 0 && t.minute >= 0 && t.second >= 0;
    }
    // Z, UTC, GMT, +02, +0200, +02:00, " +0000 UTC", "+02:00[Europe/Berlin]"; none is UTC. False: it is something else.
    constexpr bool zone(civil_time& t) noexcept {
        skip_blanks();
        const int sign = skip('+') ? 1 : skip('-') ? -1 : 0;
        if (sign != 0) {
            const int hours = digits(2);
            skip(':');
            const int minutes = is_done() || rest_.front() < '0' || rest_.front() > '9' ? 0 : digits(2);
            if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return false;
            t.zone_seconds = sign * (hours * 3600 + minutes * 60);
            t.has_zone = true;
            skip_blanks();
            // Behind an offset, a name says nothing new: Go's "+0100 CET", Java's "[Europe/Berlin]".
            if (skip('[')) {
                while (!is_done() && !skip(']')) rest_.remove_prefix(1);
            }
            std::size_t letters = 0;
            while (letters < rest_.size() && letters < 5 && rest_[letters] >= 'A' && rest_[letters] <= 'Z') ++letters;
            if (letters >= 3) rest_.remove_prefix(letters);
        } else if (skip_named_zone(t)) {
            t.has_zone = true;
        } else if (skip_folded("utc") || skip_folded("gmt") || skip_folded("z")) {
            t.has_zone = true;
        }
        return true;
    }
    // Those that mean one thing: PostgreSQL writes them.
    constexpr bool skip_named_zone(civil_time& t) noexcept {
        struct named {
            std::string_view name;
            int hours;
        };
        constexpr named zones[] = {{"CEST", 2}, {"CET", 1},  {"EEST", 3}, {"EET", 2},  {"WEST", 1},  {"WET", 0},
                                   {"MSK", 3},  {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},  {"MST", -7},
                                   {"MDT", -6}, {"PST", -8}, {"PDT", -7}, {"JST", 9},  {"AEST", 10}, {"AEDT", 11}};
        for (named const& zone : zones)
            if (skip(zone.name)) {
                t.zone_seconds = zone.hours * 3600;
                return true;
            }
        return false;
    }
    constexpr bool skip_folded(std::string_view lower_case) noexcept {
        if (rest_.size() < lower_case.size()) return false;
        for (std::size_t i = 0; i < lower_case.size(); ++i)
            if (fold_case(rest_[i]) != lower_case[i]) return false;
        rest_.remove_prefix(lower_case.size());
        return true;
    }

  private:
    std::string_view rest_;
};

// RFC 3339 and its relatives: a blank for `T`, `/` for `-`, no seconds, no zone (then it is UTC), a comma for the
// point, ISO 8601's basic form (20260203T091014Z), Go's "2026-02-03 09:10:11 +0000 UTC m=+0.01".
constexpr bool scan_iso(time_scanner& scan, civil_time& t) noexcept {
    t.year = scan.digits(4);
    const char separator = scan.skip('-') ? '-' : scan.skip('/') ? '/' : '\0';
    t.month = scan.digits(2);
    if (separator != '\0' && !scan.skip(separator)) return false;
    t.day = scan.digits(2);
    if (t.year < 0 || t.month < 0 || t.day < 0) return false;
    if (scan.is_done()) return separator == '-';
    const bool has_t = scan.skip('T') || scan.skip('t');
    if (!has_t && !scan.skip(' ') && !(separator == '\0' && scan.rest().front() != ':')) return false;
    if (separator == '\0' && scan.rest().find(':') == std::string_view::npos) {  // 091014 or 0910
        t.hour = scan.digits(2);
        t.minute = scan.digits(2);
        if (const time_scanner before = scan; (t.second = scan.digits(2)) < 0) scan = before, t.second = 0;
        if (scan.skip('.') || scan.skip(',')) t.fraction_ns = scan.fraction();
        if (t.hour < 0 || t.minute < 0) return false;
    } else if (scan.rest().size() < 2 || scan.rest()[1] == ':' || !scan.clock(t)) {
        return false;
    }
    if (!scan.zone(t)) return false;
    if (scan.skip(" m=")) scan = time_scanner({});  // Go's monotonic clock
    return true;
}

// "Tue, 03 Feb 2026 09:10:11 GMT" (RFC 1123), "03-Feb-26 09:10:11" (RFC 850), "03/Feb/2026:09:10:11 +0000" (access
// logs), "Feb 3, 2026 9:10:11 AM", "Tue Feb  3 09:10:11 2026" and "Tue Feb 3 09:10:11 UTC 2026" (date).
constexpr bool scan_named_month(time_scanner& scan, civil_time& t) noexcept {
    const auto read_year = [&] {
        if (const time_scanner before = scan; (t.year = scan.digits(4)) < 0) {
            scan = before;
            t.year = scan.digits(2);
            if (t.year >= 0) t.year += 2000;
        }
        return t.year >= 0;
    };
    scan.skip_weekday();
    t.month = scan.month();
    if (t.month == 0) {
        t.day = scan.one_or_two_digits();
        if (t.day < 0 || (!scan.skip(' ') && !scan.skip('-') && !scan.skip('/'))) return false;
        t.month = scan.month();
        if (t.month == 0 || (!scan.skip(' ') && !scan.skip('-') && !scan.skip('/'))) return false;
        if (!read_year() || (!scan.skip(' ') && !scan.skip(':'))) return false;
        return scan.clock(t) && scan.zone(t);
    }
    if (!scan.skip(' ')) return false;
    t.day = scan.one_or_two_digits();
    if (scan.skip(',')) {  // Feb 3, 2026 9:10:11 AM
        scan.skip_blanks();
        if (!read_year()) return false;
        scan.skip(',');
        return scan.clock(t) && scan.zone(t);
    }
    if (!scan.skip(' ') || !scan.clock(t) || !scan.zone(t)) return false;
    scan.skip_blanks();
    return read_year();
}

// The time that the text is, all of it.
[[nodiscard]] constexpr std::optional<civil_time> read_civil_time(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '[')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == ']') && text.find('[') == std::string_view::npos)
        text.remove_suffix(1);
    if (text.size() < 8) return std::nullopt;
    const bool is_number = text.front() >= '0' && text.front() <= '9';
    civil_time t;
    if (time_scanner scan(text); is_number && scan_iso(scan, t))
        return scan.is_done() ? std::optional(t) : std::nullopt;
    t = {};
    if (time_scanner scan(text); scan_named_month(scan, t)) return scan.is_done() ? std::optional(t) : std::nullopt;
    return std::nullopt;
}

// Most times have this form, to the byte but for the fraction: 2026-11-21T12:00:00.123456Z
[[nodiscard]] constexpr std::optional<std::int64_t> parse_common_time(std::string_view text) noexcept {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text.back() != 'Z')
        return std::nullopt;
    time_scanner scan(text);
    civil_time t;
    t.year = scan.digits(4);
    scan.skip('-');
    t.month = scan.digits(2);
    scan.skip('-');
    t.day = scan.digits(2);
    scan.skip('T');
    t.hour = scan.digits(2);
    scan.skip(':');
    t.minute = scan.digits(2);
    scan.skip(':');
    t.second = scan.digits(2);
    if (scan.skip('.')) t.fraction_ns = scan.fraction();
    return scan.skip('Z') && scan.is_done() ? t.unix_ns() : std::nullopt;
}

// Since 1970, in the unit that gives a date of our age: seconds, milli-, micro- or nanoseconds. Empty for numbers that
// give none (before 1973), which count something else: the seconds since a start, for one.
[[nodiscard]] inline std::optional<std::int64_t> time_from_number(double value) noexcept {
    constexpr double least = 1e8;
    const double size = std::fabs(value);
    const double unit = size < 1e11 ? 1e9 : size < 1e14 ? 1e6 : size < 1e17 ? 1e3 : 1;
    if (!(size * unit < 9.2e18) || size < least) return std::nullopt;
    const double whole = std::trunc(value);  // apart from the rest, so that it stays exact
    return static_cast<std::int64_t>(whole) * static_cast<std::int64_t>(unit) +
           static_cast<std::int64_t>((value - whole) * unit);
}

// Seconds with a decimal point, digit by digit: 1770109811.1 is no number that a double could hold.
[[nodiscard]] constexpr std::optional<std::int64_t> exact_decimal_time(std::string_view digits) noexcept {
    constexpr std::size_t of_our_age = 10;
    const std::size_t point = digits.find('.');
    if (point == std::string_view::npos || point > of_our_age) return std::nullopt;
    time_scanner scan(digits);
    std::int64_t seconds = 0;
    for (std::size_t i = 0; i < point; ++i) {
        const int digit = scan.digits(1);
        if (digit < 0) return std::nullopt;
        seconds = seconds * 10 + digit;
    }
    scan.skip('.');
    const std::int64_t fraction = scan.fraction();
    return scan.is_done() ? std::optional(seconds * second_ns + fraction) : std::nullopt;
}

}  // namespace logkit::detail
