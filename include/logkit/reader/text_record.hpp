// SPDX-License-Identifier: MIT
#pragma once

// A record made of text that no logger wrote, or not as JSON: what time it says, how serious it is, what was thrown.
// Reader.
//
//   panic: no order 7            {"time":…,"level":"error","message":"panic: no order 7","exception":"panic: no…",
//   goroutine 1 [running]:   →    "trace_id":…,"text_lines":4}
//   …
//
// It belongs to the record before it: it has that one's trace, and its time where it has none of its own.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/base/json_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/severity.hpp>
#include <logkit/reader/stack_text.hpp>
#include <logkit/reader/time.hpp>
#include <logkit/reader/units.hpp>

namespace logkit::detail {

// The time at a text's beginning, however many words it takes; "" where there is none.
[[nodiscard]] inline std::string_view time_at_beginning(std::string_view text) {
    if (text.starts_with('['))  // [time][level]…
        if (const std::string_view inside = text.substr(0, std::min(text.find(']'), text.size() - 1) + 1);
            parse_time(inside))
            return inside;
    for (const std::string_view key : {"time=", "ts=", "timestamp="})  // logfmt
        if (text.starts_with(key)) {
            std::string_view value = text.substr(key.size());
            const char end = value.starts_with('"') ? '"' : ' ';
            if (end == '"') value.remove_prefix(1);
            value = value.substr(0, value.find(end));
            return parse_time(value) ? value : std::string_view{};
        }
    std::size_t ends[4] = {}, count = 0;
    for (std::size_t at = 0; count < 4 && at < std::min<std::size_t>(text.size(), 64);) {
        std::size_t end = text.find(' ', at);
        end = std::min(end, text.size());
        if (end != at) ends[count++] = end;
        at = end + 1;
    }
    while (count != 0) {
        std::string_view words = text.substr(0, ends[--count]);
        if (words.ends_with(':')) words.remove_suffix(1);
        if (parse_time(words)) return words;
    }
    return {};
}

// syslog's "Feb  3 09:10:11", which has no year: the last time that was so, seen from `now`. Empty: it is none.
[[nodiscard]] inline std::optional<std::int64_t> syslog_time(std::string_view text, std::int64_t now) {
    time_scanner scan(text);
    civil_time t;
    t.month = scan.month();
    if (t.month == 0 || !scan.skip(' ')) return std::nullopt;
    t.day = scan.one_or_two_digits();
    if (t.day < 1 || !scan.skip(' ') || !scan.clock(t) || (!scan.is_done() && !scan.skip(' '))) return std::nullopt;
    const auto seconds = static_cast<std::time_t>(now / second_ns);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    t.year = parts.tm_year + 1900;
    const auto time = t.unix_ns();
    if (time && *time <= now + 86'400 * second_ns) return time;
    --t.year;
    return t.unix_ns();
}

// Seen from now.
[[nodiscard]] inline std::optional<std::int64_t> syslog_time(std::string_view text) {
    return syslog_time(text, std::int64_t{std::time(nullptr)} * second_ns);
}

// What no logger writes, and tells of an end.
[[nodiscard]] inline bool tells_of_failure(std::string_view line) noexcept {
    for (const std::string_view end : {"Segmentation fault", "(core dumped)", "UnhandledPromiseRejection",
                                       "triggerUncaughtException", "Exception in thread \"", "Unhandled exception"})
        if (line.find(end) != std::string_view::npos) return true;
    // "java.lang.OutOfMemoryError: Java heap space", "ValueError: bad"
    const std::string_view first = line.substr(0, line.find(' '));
    return first.ends_with("Error:") || first.ends_with("Exception:");
}

// How serious a line of text says it is, in its first words: "ERROR", "[error]", "error:", "ERROR:root:…",
// "production.ERROR:", "level=error", klog's "E0203", syslog's "<11>".
[[nodiscard]] inline std::optional<level> level_in_text(std::string_view line) {
    if (time_scanner scan(line); scan.skip('<')) {
        int priority = -1;
        for (int digit = 0; (digit = scan.digits(1)) >= 0 && priority < 1000;)
            priority = std::max(priority, 0) * 10 + digit;
        if (priority >= 0 && scan.skip('>')) return level_from_number(priority % 8, level_scale::syslog);
    }
    for (const std::string_view key : {"level=", "lvl=", "severity="})
        if (const std::size_t at = line.substr(0, 300).find(key);
            at != std::string_view::npos && (at == 0 || line[at - 1] == ' ')) {
            const std::string_view value = line.substr(at + key.size());
            if (const auto known = level_from_text(value.substr(0, value.find(' ')))) return known;
        }
    if (tells_of_failure(line)) return level::error;
    unsigned words = 0;
    for (std::string_view rest = line.substr(0, 200); !rest.empty() && words < 12;) {
        const std::size_t end = std::min(rest.find_first_of(" []|"), rest.size());
        std::string_view word = rest.substr(0, end);
        const bool is_bracketed = end < rest.size() && rest[end] == ']';
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (word.empty()) continue;
        if (word.size() == 5 && words == 0 && std::string_view("IWEF").find(word[0]) != std::string_view::npos &&
            std::all_of(word.begin() + 1, word.end(), is_digit))
            return level_from_text(word.substr(0, 1));
        const bool is_first = words++ == 0;
        const bool has_colon = word.find(':') != std::string_view::npos;
        word = word.substr(0, word.find(':'));
        if (const std::size_t dot = word.rfind('.'); dot != std::string_view::npos && has_colon)
            word = word.substr(dot + 1);
        const std::string bare = bare_level_name(word);
        if (bare.size() < 3) continue;
        const bool is_loud =
            std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z' && c != 'm'; });
        if (!is_loud && !is_bracketed && !(has_colon && is_first) && word.front() != '<') continue;
        if (const auto known = level_from_text(bare)) return known;
    }
    return std::nullopt;
}

// Of a line of an access log in the common format, …[time] "GET / HTTP/1.1" 500 …: its status; 0: it is none.
[[nodiscard]] inline int access_status(std::string_view line) noexcept {
    const std::size_t quote = line.find("] \"");
    const std::size_t end = quote == std::string_view::npos ? quote : line.find("\" ", quote + 3);
    if (end == std::string_view::npos || line.substr(quote, end - quote).find(" HTTP/") == std::string_view::npos)
        return 0;
    return std::max(0, time_scanner(line.substr(end + 2)).digits(3));
}

class text_record {
  public:
    // The record as a line; the time at its beginning is told as such, and not in the message. `before`: the record
    // that it belongs to; null: there is none.
    [[nodiscard]] static std::string line_of(std::string_view text, entry const* before, std::string_view time,
                                             std::string_view more) {
        // What a text says lies in its first line, or in that before the dashes of a sanitizer.
        std::string_view rest = text;
        std::string_view first = trimmed(without_return(take_until(rest, '\n')));
        while (first.find_first_not_of("=-* ") == std::string_view::npos && !rest.empty())
            first = trimmed(without_return(take_until(rest, '\n')));
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
        const auto thrown = stack_text_reader::read(text);
        std::string out = "{";
        append_time(out, first, before, time);
        if (thrown)
            out += R"("level":"error",)";
        else if (const auto severity = level_in_text(first); severity && access_status(first) == 0)
            out += R"("level":")" + std::string(to_string(*severity)) + R"(",)";
        append_message(out, first);
        if (thrown)
            out += R"(,"exception":)" + json_string(text.substr(0, longest_kept));
        else if (lines > 1)
            out += R"(,"text":)" + json_string(text.substr(0, longest_kept));
        out += more;  // members, each with a comma before it
        if (before != nullptr) {
            append_id(out, "trace_id", before->trace_id());
            append_id(out, "span_id", before->span_id());
        }
        return out + R"(,"text_lines":)" + std::to_string(lines) + '}';
    }

  private:
    static constexpr std::size_t longest_message = 8192, longest_kept = std::size_t{64} << 10;

    // Of an access log: the request; who asked, the status and the rest as fields.
    static void append_message(std::string& out, std::string_view first) {
        if (const int status = access_status(first); status != 0) {
            const std::size_t quote = first.find("] \"") + 3, end = first.find("\" ", quote);
            out += R"("message":)" + json_string(first.substr(quote, end - quote)) + R"(,"http_status":)" +
                   std::to_string(status) + R"(,"client":)" + json_string(first.substr(0, first.find(' '))) +
                   R"(,"rest":)" + json_string(trimmed(first.substr(end + 5)));
            return;
        }
        out += R"("message":)" + json_string(first.substr(0, longest_message));
    }
    static void append_id(std::string& out, std::string_view key, std::string_view escaped) {
        if (!escaped.empty()) out.append(",\"").append(key).append("\":\"").append(escaped).append("\"");
    }
    static void append_time(std::string& out, std::string_view& first, entry const* before, std::string_view time) {
        if (const std::string_view own = time_at_beginning(first); !own.empty()) {
            time = own;
            if (first.starts_with(own))  // and not behind a key
                first.remove_prefix(std::min(first.find_first_not_of(" :", own.size()), first.size()));
        } else if (const std::size_t bracket = first.find(" [");
                   access_status(first) != 0 && bracket != std::string_view::npos) {
            time = between(first.substr(bracket), "[", "]");
        }
        if (time.empty())
            if (const auto ns = syslog_time(first)) {
                out += R"("time":)" + std::to_string(*ns) + ',';
                return;
            }
        if (!time.empty())
            out += R"("time":)" + json_string(time) + ',';
        else if (before != nullptr && before->get(slot::timestamp).exists())
            out.append(R"("time":)").append(before->get(slot::timestamp).json()).append(",");
    }
};

}  // namespace logkit::detail
