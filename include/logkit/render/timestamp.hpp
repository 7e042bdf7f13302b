// SPDX-License-Identifier: MIT
#pragma once

// RFC 3339 timestamps in UTC with microseconds, `2026-11-21T08:56:05.123456Z`. Stage: render.

#include <cstdint>
#include <cstring>
#include <string>

#include <logkit/base/decimal.hpp>

namespace logkit::detail {

// {"timestamp":"2026-11-21T08:56:05.123456Z"
inline constexpr std::size_t line_start_size = 42;

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
    // Begins a line of JSON: writes line_start_size bytes, may touch 64, and returns their end.
    [[gnu::always_inline]] char* write_line_start(char* to, std::int64_t unix_ns) noexcept {
        std::int64_t second = unix_ns / 1'000'000'000;
        std::int64_t rest = unix_ns % 1'000'000'000;
        if (rest < 0) {
            --second;
            rest += 1'000'000'000;
        }
        if (second != second_) [[unlikely]]
            set_second(second);
        std::memcpy(to, text_, sizeof text_);
        auto micros = static_cast<unsigned>(rest / 1000);
        write_two_digits(to + date + 20, micros / 10000);
        write_two_digits(to + date + 22, micros / 100 % 100);
        write_two_digits(to + date + 24, micros % 100);
        return to + line_start_size;
    }

    // The timestamp alone.
    [[nodiscard]] std::string text(std::int64_t unix_ns) {
        char line[sizeof text_];
        (void)write_line_start(line, unix_ns);
        return {line + date, line_start_size - date - 1};
    }

  private:
    void set_second(std::int64_t second) noexcept {
        second_ = second;
        const std::int64_t days = second >= 0 ? second / 86400 : (second - 86399) / 86400;
        const auto of_day = static_cast<unsigned>(second - days * 86400);
        const civil_date day = civil_from_days(days);
        const auto year = static_cast<unsigned>(day.year < 0 ? 0 : day.year > 9999 ? 9999 : day.year);
        write_two_digits(write_two_digits(text_ + date, year / 100), year % 100);
        write_two_digits(text_ + date + 5, day.month);
        write_two_digits(text_ + date + 8, day.day);
        write_two_digits(text_ + date + 11, of_day / 3600);
        write_two_digits(text_ + date + 14, of_day / 60 % 60);
        write_two_digits(text_ + date + 17, of_day % 60);
    }

    std::int64_t second_ = INT64_MIN;
    static constexpr std::size_t date = 14;  // where it begins
    char text_[64] = R"({"timestamp":"0000-00-00T00:00:00.000000Z")";
};

}  // namespace logkit::detail
