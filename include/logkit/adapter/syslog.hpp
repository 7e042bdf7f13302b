// SPDX-License-Identifier: MIT
#pragma once

// Lines of syslog-like and printf-like C callbacks, as records (docs/bridges.md). Stage: adapter, opt-in.
//
//   library_set_log(+[](void*, int priority, const char* format, va_list arguments) {
//       logkit::relay_syslog(logkit::logger_named("library"), priority, format, arguments);
//   }, nullptr);

#include <syslog.h>

#include <cstdarg>
#include <cstdio>
#include <string>
#include <string_view>

#include <logkit/adapter/relay.hpp>

namespace logkit {

// LOG_EMERG, LOG_ALERT and LOG_CRIT are critical, LOG_ERR error, LOG_WARNING warning, LOG_NOTICE and LOG_INFO info,
// LOG_DEBUG debug; a facility that was added to it does not matter.
[[nodiscard]] constexpr level level_of_syslog(int priority) noexcept {
    const int severity = priority & LOG_PRIMASK;
    return severity <= LOG_CRIT      ? level::critical
           : severity == LOG_ERR     ? level::error
           : severity == LOG_WARNING ? level::warning
           : severity <= LOG_INFO    ? level::info
                                     : level::debug;
}

// As vprintf formats it; what cannot be formatted is told as the format. `where` is what is known of the line's source.
[[gnu::format(printf, 3, 0)]] inline bool relay_printf(logger const& to, level severity, const char* format,
                                                       va_list arguments,
                                                       source_location where = {"printf", "", 0}) noexcept {
    if (!to.enabled(severity)) return false;
    char room[1024];
    va_list again;
    va_copy(again, arguments);
    const int size = std::vsnprintf(room, sizeof room, format, arguments);
    std::string longer;
    std::string_view text(format);
    LOGKIT_TRY {
        if (size >= 0 && static_cast<std::size_t>(size) < sizeof room) {
            text = {room, static_cast<std::size_t>(size)};
        } else if (size >= 0) {
            longer.resize(static_cast<std::size_t>(size) + 1);
            (void)std::vsnprintf(longer.data(), longer.size(), format, again);
            text = {longer.data(), static_cast<std::size_t>(size)};
        }
    }
    LOGKIT_CATCH_ALL {
        text = {room, sizeof room - 1};  // its beginning is better than nothing
    }
    va_end(again);
    return relay(to, severity, text, where);
}

[[gnu::format(printf, 3, 0)]] inline bool relay_syslog(logger const& to, int priority, const char* format,
                                                       va_list arguments) noexcept {
    return relay_printf(to, level_of_syslog(priority), format, arguments, {"syslog", "", 0});
}

}  // namespace logkit
