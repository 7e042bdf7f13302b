// SPDX-License-Identifier: MIT
#pragma once

// When a record says that it was. Years that nanoseconds since 1970 cannot tell count as the first or last moment that
// they can: such a record is at its end of the order.

#include <logkit/reader/entry.hpp>
#include <logkit/reader/time.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace serve {

// Of a time as text, also of years that do not fit.
[[nodiscard]] inline std::optional<std::int64_t> clamped_time(std::string_view text) {
    if (const auto time = logkit::parse_time(text)) return time;
    const auto part = [&](std::size_t at, std::size_t n) {
        const std::string_view digits = text.substr(at, n);
        return digits.find_first_not_of("0123456789") == digits.npos ? std::stoi(std::string(digits)) : -1;
    };
    const bool is_civil = text.size() >= 10 && text[4] == '-' && text[7] == '-' && part(0, 4) >= 0 && part(5, 2) >= 1 &&
                          part(5, 2) <= 12 && part(8, 2) >= 1 && part(8, 2) <= 31 &&
                          (text.size() == 10 || (text[10] | 32) == 't' || text[10] == ' ');
    if (!is_civil) return std::nullopt;
    const int year = part(0, 4);
    if (year < 1678) return std::numeric_limits<std::int64_t>::min() + 1;
    return year > 2261 ? std::optional(std::numeric_limits<std::int64_t>::max() - 1) : std::nullopt;
}
[[nodiscard]] inline std::optional<std::int64_t> record_time(logkit::entry const& e) {
    // Room for a place before and behind.
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min() + 1, most = -least - 1;
    if (const auto time = e.unix_ns()) return std::clamp(*time, least, most);
    const logkit::json_view said = e.get(logkit::slot::timestamp);
    return said.is_text() ? clamped_time(said.escaped()) : std::nullopt;
}

}  // namespace serve
