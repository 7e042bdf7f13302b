// SPDX-License-Identifier: MIT
#pragma once

// A stored line as questions see it: one that names no service has that of its key, and one without a time that of its
// arrival.

#include "store/moment.hpp"

#include <logkit/base/json_text.hpp>
#include <logkit/reader/line_parser.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace serve {

// Of a completed line's entry.
[[nodiscard]] inline bool is_of_service(logkit::entry const& e, std::string_view service) {
    const logkit::json_view named = e.find("service");
    return named.exists() ? named == service : service.empty();
}

// Of a completed line, which has line_padding readable bytes behind it.
[[nodiscard]] inline bool is_of_service(std::string_view line, std::string_view service,
                                        logkit::detail::line_parser& parser) {
    return parser.parse(line) != logkit::detail::line_state::unreadable && is_of_service(parser.entry(), service);
}

class line_completer {
  public:
    // `line` has line_padding readable bytes behind it, and so has what is returned, until the next call. `service`: ""
    // for none; `needs_time`: it may be without one.
    [[nodiscard]] std::string_view complete(std::string_view line, std::string_view service, bool needs_time,
                                            std::int64_t arrival_ns) {
        const bool may_lack_service = !service.empty();
        if (!may_lack_service && !needs_time) return line;
        if (parser_.parse(line) == logkit::detail::line_state::unreadable) return line;
        logkit::entry const& e = parser_.entry();
        std::string more;
        if (needs_time && !e.unix_ns() && !e.find("timestamp").exists())
            more += R"(,"timestamp":")" + exact_moment_text(arrival_ns) + '"';
        if (may_lack_service && !e.find("service").exists())
            more += R"(,"service":)" + logkit::detail::json_string(service);
        if (more.empty()) return line;
        const std::string_view open = line.substr(0, line.rfind('}'));
        if (open.find_first_not_of(" \t{") == open.npos) more.erase(0, 1);
        made_.assign(open).append(more).append(1, '}');
        const std::size_t size = made_.size();
        made_.append(logkit::detail::line_padding, ' ');
        return {made_.data(), size};
    }

  private:
    logkit::detail::line_parser parser_;
    std::string made_;
};

}  // namespace serve
