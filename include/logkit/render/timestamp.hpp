// SPDX-License-Identifier: MIT
#pragma once

// RFC 3339 timestamps in UTC with microseconds, `2026-11-21T08:56:05.123456Z`. Stage: render.

#include <cstdint>
#include <cstring>
#include <string>

#include <logkit/base/decimal.hpp>
#include <logkit/call/text_door.hpp>

namespace logkit::detail {

inline constexpr std::size_t timestamp_size = 27;

// Days since 1970-01-01 → year, month, day (Howard Hinnant's civil_from_days).
struct civil_date {
    int year;
    unsigned month, day;
};
[[nodiscard]] constexpr civil_date civil_from_days(std::int64_t days) noexcept {
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const auto of_era = static_cast<unsigned>(days - era * 146097);
    const unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted = (5 * of_year + 2) / 153;
    const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    return {static_cast<int>(year_of_era) + static_cast<int>(era) * 400 + (month <= 2 ? 1 : 0), month,
            of_year - (153 * shifted + 2) / 5 + 1};
}

// Keeps the text of the last second: within it only the six digits of the microseconds change.
class timestamp_writer {
  public:
    // Writes timestamp_size bytes and returns their end.
    char* write(char* to, std::int64_t unix_ns) noexcept {
        std::int64_t second = unix_ns / 1'000'000'000;
        std::int64_t rest = unix_ns % 1'000'000'000;
        if (rest < 0) {
            --second;
            rest += 1'000'000'000;
        }
        if (second != second_) [[unlikely]]
            set_second(second);
        std::memcpy(to, text_, 32);  // a constant size, longer than needed: callers leave room
        auto micros = static_cast<unsigned>(rest / 1000);
        write_two_digits(to + 20, micros / 10000);
        write_two_digits(to + 22, micros / 100 % 100);
        write_two_digits(to + 24, micros % 100);
        return to + timestamp_size;
    }

  private:
    void set_second(std::int64_t second) noexcept {
        second_ = second;
        const std::int64_t days = second >= 0 ? second / 86400 : (second - 86399) / 86400;
        const auto of_day = static_cast<unsigned>(second - days * 86400);
        const civil_date date = civil_from_days(days);
        const auto year = static_cast<unsigned>(date.year < 0 ? 0 : date.year > 9999 ? 9999 : date.year);
        write_two_digits(write_two_digits(text_, year / 100), year % 100);
        write_two_digits(text_ + 5, date.month);
        write_two_digits(text_ + 8, date.day);
        write_two_digits(text_ + 11, of_day / 3600);
        write_two_digits(text_ + 14, of_day / 60 % 60);
        write_two_digits(text_ + 17, of_day % 60);
    }

    std::int64_t second_ = INT64_MIN;
    char text_[33] = "0000-00-00T00:00:00.000000Z     ";
};

LOGKIT_DOOR std::string timestamp_text(std::int64_t unix_ns) {
    char text[40];
    timestamp_writer writer;
    return {text, writer.write(text, unix_ns)};
}

}  // namespace logkit::detail
