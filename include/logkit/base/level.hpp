// SPDX-License-Identifier: MIT
#pragma once

// Severity levels, their names, and the two gates a level passes: the one fixed when a program is
// compiled (LOGKIT_MIN_LEVEL) and the one read at run time. Base: knows nothing of records or sinks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace logkit {

// Ordered by severity. `off` is a floor that nothing reaches; no record has it.
enum class level : std::uint8_t { trace, debug, info, warning, error, critical, off };

namespace detail {
inline constexpr std::array<std::string_view, 7> level_names{"trace", "debug",    "info", "warning",
                                                             "error", "critical", "off"};
}

// "trace" … "critical", "off": the spelling of the record's `level` key.
[[nodiscard]] constexpr std::string_view to_string(level value) noexcept {
    return detail::level_names[static_cast<std::size_t>(value)];
}

// The level of that name, in any letter case; "warn", "err" and "fatal" are understood too.
// Empty when the text names no level.
[[nodiscard]] constexpr std::optional<level> level_from_name(std::string_view text) noexcept {
    auto same = [text](std::string_view name) {
        if (text.size() != name.size()) return false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != name[i]) return false;
        }
        return true;
    };
    for (std::size_t i = 0; i < detail::level_names.size(); ++i)
        if (same(detail::level_names[i])) return static_cast<level>(i);
    if (same("warn")) return level::warning;
    if (same("err")) return level::error;
    if (same("fatal")) return level::critical;
    return std::nullopt;
}

namespace detail::compile_time_level {

// LOGKIT_MIN_LEVEL may be a level's name (-DLOGKIT_MIN_LEVEL=info) or its number (2).
enum : int { trace, debug, info, warning, error, critical, off };
#ifdef LOGKIT_MIN_LEVEL
inline constexpr level chosen = static_cast<level>(static_cast<int>(LOGKIT_MIN_LEVEL));
#else
inline constexpr level chosen = level::trace;
#endif

}  // namespace detail::compile_time_level
}  // namespace logkit
