// SPDX-License-Identifier: MIT
#pragma once

// Lines of other loggers, as records (docs/bridges.md). Stage: adapter, opt-in.

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <logkit.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit {

// Logs somebody else's line: with its level, its whole text as the event, and where it stands there (line 0: unknown,
// and `src` is `file` alone). Line ends behind it are left out. As any log call: never throws, any thread; from inside
// of a sink or processor it is refused and counted, so that no line goes in circles.
template <class... V>
bool relay(logger const& to, level severity, std::string_view text, source_location where,
           field<V> const&... fields) noexcept {
    detail::message_for<std::string_view> message{"{}"};
    message.content.where = where;
    message.content.hash = detail::site_hash("{}", where);
    return to.log(severity, message, detail::without_line_ends(text), fields...);
}

// log.named(name), made once for each name. Any thread; without memory, `log`.
[[nodiscard]] inline logger logger_named(std::string_view name) noexcept {
    static std::mutex mutex;
    static auto& known = *new std::unordered_map<std::string, logger>;  // loggers log until the very end
    LOGKIT_TRY {
        // Who holds it may be a thread that a forked child has not.
        const std::unique_lock lock(mutex, std::try_to_lock);
        if (!lock) return log.named(name);
        const auto [place, is_new] = known.try_emplace(std::string(name));
        if (is_new && !name.empty()) place->second = log.named(name);
        return place->second;
    }
    LOGKIT_CATCH_ALL {
        return log;
    }
}

}  // namespace logkit
