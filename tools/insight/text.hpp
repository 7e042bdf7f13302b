// SPDX-License-Identifier: MIT
#pragma once

// Numbers, times and messages as the reports write them.

#include <logkit/reader.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace insight {

// 1234567 → "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t n);
// A weighted count, to whole ones.
[[nodiscard]] std::string grouped_count(double count);
// 0.0123 ms, 12.3 ms, 1.23 s, 2m03s.
[[nodiscard]] std::string duration_text(double ms);
// "12.3 %".
[[nodiscard]] std::string percent(double part);
// Times as records write them, and as people read them (local time, with milliseconds); "" where there is none.
[[nodiscard]] std::string timestamp_of(std::optional<std::int64_t> unix_ns);
[[nodiscard]] std::string clock_of(std::optional<std::int64_t> unix_ns);
// "2026-11-22T01:11:46.123456+01:00", local; "1795309906.123456", seconds since 1970.
[[nodiscard]] std::string full_time_of(std::int64_t unix_ns);
[[nodiscard]] std::string unix_time_of(std::int64_t unix_ns);
// The day of a time, "2026-11-22", local; "" where there is none.
[[nodiscard]] std::string day_of(std::optional<std::int64_t> unix_ns);
// Of the form in which records write times, to the byte.
[[nodiscard]] bool is_timestamp(std::string_view text);
// "2026-11-22 01:11:46 to 01:11:49", local.
[[nodiscard]] std::string span_of_time(std::optional<std::int64_t> from, std::optional<std::int64_t> to);

// A message without what changes from one time to the next: numbers, ids and quoted texts become {}.
[[nodiscard]] std::string template_of(std::string_view message);

// Text cut to so many columns, with … where it was cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);

// JSON in which every character that could act on a terminal is written as an escape: the same values.
[[nodiscard]] std::string harmless_json(std::string_view text);

// The candidate that a misspelt word was meant to be; "" where none is near.
[[nodiscard]] std::string closest_of(std::string_view word, std::vector<std::string> const& candidates);

// "did you mean 'count'?", or "".
[[nodiscard]] std::string suggestion_for(std::string_view word, std::vector<std::string> const& candidates);

// "0.1.0".
[[nodiscard]] std::string version_text();

// 12 hexadecimal digits that stand for a text.
[[nodiscard]] std::string short_hash(std::string_view text);

}  // namespace insight
