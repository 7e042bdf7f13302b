// SPDX-License-Identifier: MIT
#pragma once

// The names that are the record's own (docs/record.md). A user's field of such a name is written with an
// underscore behind it. Base.

#include <array>
#include <string>
#include <string_view>

namespace logkit::detail {

inline constexpr std::array<std::string_view, 16> reserved_keys{
    "timestamp", "level",    "event", "trace_id", "span_id", "parent_span_id", "span",    "dur_ms",
    "status",    "exc_info", "src",   "logger",   "thread",  "sample_rate",    "dropped", "recovered"};

[[nodiscard]] constexpr bool is_reserved_key(std::string_view key) noexcept {
    for (const std::string_view reserved : reserved_keys)
        if (key == reserved) return true;
    return false;
}

[[nodiscard]] inline std::string written_key(std::string_view key) {
    std::string text(key);
    if (is_reserved_key(key)) text += '_';
    return text;
}

}  // namespace logkit::detail
