// SPDX-License-Identifier: MIT
#include "api/shape.hpp"

#include "store/moment.hpp"
#include "store/record_time.hpp"

#include <logkit/base/json_text.hpp>
#include <logkit/base/level.hpp>
#include <logkit/base/reserved_keys.hpp>
#include <logkit/reader/line_parser.hpp>

#include <algorithm>

namespace serve {
namespace {

namespace lk = logkit::detail;

[[nodiscard]] bool has_key(logkit::entry const& e, std::string_view key) {
    const auto members = e.members();
    return std::any_of(members.begin(), members.end(), [&](auto const& m) { return m.key == key; });
}

// The members of another logger's line, renamed.
[[nodiscard]] std::string renamed(logkit::entry const& e) {
    std::string line = "{";
    for (auto const& member : e.members()) {
        if (line.size() != 1) line += ',';
        const auto place = static_cast<std::size_t>(member.meaning);
        std::string_view key = member.key;
        if (place < lk::reserved_keys.size() &&
            (key == lk::reserved_keys[place] || !has_key(e, lk::reserved_keys[place])))
            key = lk::reserved_keys[place];
        line += lk::json_string(key) + ':';
        if (key == "level" && member.meaning == logkit::slot::level)
            line += lk::json_string(lk::level_names[static_cast<std::size_t>(e.level())]);
        else if (key == "timestamp" && !member.value.is_text() && record_time(e).has_value())
            line += lk::json_string(exact_moment_text(*record_time(e)));
        else
            line += member.value.json();
    }
    return line + '}';
}

}  // namespace

std::string shaped(found_record const& record) {
    lk::line_parser parser;
    if (parser.parse_copy(record.line) == lk::line_state::unreadable) return record.line;
    logkit::entry const& e = parser.entry();
    std::string line = lk::is_own_line(record.line) ? record.line : renamed(e);
    std::string more;
    if (!record.service.empty() && !has_key(e, "service")) more += ",\"service\":" + lk::json_string(record.service);
    constexpr std::int64_t minute_ns = 60'000'000'000;
    const std::int64_t away = record.arrival_ns / 1'000 - record.at.time_ns / 1'000;  // in µs: no sum overflows
    if (std::max(away, -away) > minute_ns / 1'000 && !has_key(e, "received_at"))
        more += ",\"received_at\":\"" + moment_text(record.arrival_ns) + '"';
    if (more.empty()) return line;
    line.resize(line.rfind('}'));
    if (line.find_first_not_of(" \t{") == line.npos) more.erase(0, 1);
    return line + more + '}';
}

}  // namespace serve
