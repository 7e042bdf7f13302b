// SPDX-License-Identifier: MIT
#pragma once

// Times and lengths of time as people ask for them. Both throw question_error, which names the option.

#include "insight/gather.hpp"

#include <logkit/reader.hpp>

#include <cstdint>
#include <string>

namespace insight {

// A point in time, in nanoseconds since 1970; ages count from `now_ns`.
[[nodiscard]] inline std::int64_t moment_of(std::string const& option, std::string const& text, std::int64_t now_ns) {
    if (const auto parsed = logkit::parse_moment(text, now_ns)) return *parsed;
    throw question_error(
        option + " '" + text +
        "': a duration before now (90s, 10m, 2h, 3d), a time of today (15:04), a day (yesterday), or a date "
        "(2026-11-21T08:56:05Z)");
}

// The length of a step, "5m", in nanoseconds.
[[nodiscard]] inline std::int64_t every_of(std::string const& option, std::string const& text) {
    const auto every = logkit::parse_duration(text);
    if (!every || *every <= 0) throw question_error(option + " '" + text + "': a length of time, as 30s, 5m, 1h, 1d");
    return *every;
}

}  // namespace insight
