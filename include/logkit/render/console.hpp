// SPDX-License-Identifier: MIT
#pragma once

// A record for a person at a terminal. Stage: render. One line, and below it, indented, what does not fit on
// one: exceptions, long nested values, texts of several lines.
//
//   15:04:05.123Z WARN  3 files skipped               reason=unreadable  index=main  reindex · 4bf92f35 ·
//   main.cpp:12

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/text_parts.hpp>
#include <logkit/process/record.hpp>
#include <logkit/render/exception_text.hpp>
#include <logkit/render/frame_text.hpp>
#include <logkit/render/terminal_text.hpp>

namespace logkit::detail {

class console_renderer {
  public:
    explicit console_renderer(bool has_colour, bool is_utc = false) noexcept
        : has_colour_(has_colour), is_utc_(is_utc) {}

    console_renderer(console_renderer const&) = default;
    console_renderer& operator=(console_renderer const&) = default;

    // `exception`: what `exc_info` says, where that is not the bytes of a live record. `clock`: what stands for the
    // time where that is not known.
    void render(std::string& out, record const& from, exception_story const* exception = nullptr,
                std::optional<std::string_view> clock = std::nullopt) {
        below_.clear();
        exception_ = exception;
        const std::size_t start = out.size();
        append_styled(out, dim, clock ? harmless(*clock) : clock_text(from.head().unix_ns, is_utc_));
        out += ' ';
        append_level(out, from.level());
        out += ' ';
        append_event(out, from);
        for (record::field const& f : from) append_field(out, from, f);
        append_origin(out, from);
        while (out.size() > start && out.back() == ' ') out.pop_back();
        out += '\n';
        out += below_;
    }

  private:
    static constexpr std::string_view dim = "\x1b[2m", bold = "\x1b[1m", cyan = "\x1b[36m", red = "\x1b[31m",
                                      green = "\x1b[32m", yellow = "\x1b[33m", blue = "\x1b[34m",
                                      white_on_red = "\x1b[97;41m", plain = "\x1b[0m";
    static constexpr std::size_t event_width = 32, deepest_indent = 16;
    static constexpr std::size_t inline_width = 60,
                                 flat_width = 100;  // of nested values; of those with nothing nested in them

    void append_styled(std::string& out, std::string_view style, std::string_view text) const {
        if (has_colour_) out += style;
        out += text;
        if (has_colour_) out += plain;
    }

    // With a Z where it is UTC.
    [[nodiscard]] static std::string clock_text(std::int64_t unix_ns, bool is_utc) {
        const time_t seconds = unix_ns / 1'000'000'000;
        std::tm shown{};
        (void)(is_utc ? gmtime_r(&seconds, &shown) : localtime_r(&seconds, &shown));
        char text[24];
        std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d%s", shown.tm_hour % 24, shown.tm_min % 60,
                      shown.tm_sec % 61, static_cast<int>(unix_ns / 1'000'000 % 1000), is_utc ? "Z" : "");
        return text;
    }

    void append_level(std::string& out, logkit::level severity) const {
        switch (severity) {
            case level::trace:
                return append_styled(out, dim, "TRACE");
            case level::debug:
                return append_styled(out, blue, "DEBUG");
            case level::info:
                return append_styled(out, green, "INFO ");
            case level::warning:
                return append_styled(out, yellow, "WARN ");
            case level::error:
                return append_styled(out, red, "ERROR");
            default:
                return append_styled(out, white_on_red, "CRIT ");
        }
    }

    void append_event(std::string& out, record const& from) const {
        std::string text = harmless(from.event());
        if (from.head().is_span_end)
            if (value const* name = from.find("span")) text += ' ' + harmless(name->text());
        const std::size_t width = width_of(text);
        append_styled(out, bold, text);
        out.append(width < event_width ? event_width - width : 1, ' ');
    }

    void append_field(std::string& out, record const& from, record::field const& f) {
        if (f.key == "exc_info")
            return append_exception(exception_ != nullptr ? *exception_
                                                          : told(exception_reader(f.value.raw().text).read()));
        if (f.key == "span") return;  // at the line's end, or part of END
        if (from.head().is_span_end && f.key == "status") {
            const bool is_good = f.value == "success";
            append_styled(out, is_good ? green : red, f.value.text());
            out += "  ";
            return;
        }
        if (from.head().is_span_end && f.key == "dur_ms") {
            append_styled(out, bold, f.value.json() + " ms");
            out += "  ";
            return;
        }
        const std::string text = harmless(f.value.is_text() ? std::string(f.value.text()) : f.value.json());
        if (f.value.is_text() && f.value.text().find('\n') != std::string_view::npos)
            return append_below_lines(f.key, f.value.text());
        if (f.value.is_nested() && text.size() > inline_width &&
            (text.size() > flat_width || text.find_first_of("{[", 1) != std::string::npos))
            return append_below_json(f.key, text);
        append_styled(out, cyan, harmless(f.key));
        out += '=';
        if (needs_quotes(f.value, text))
            out += '"' + text + '"';
        else
            out += text;
        out += "  ";
    }

    // A text that could be taken for something else: two words, nothing, or the next field.
    [[nodiscard]] static bool needs_quotes(value const& v, std::string_view text) noexcept {
        return v.is_text() && (text.empty() || text.find_first_of(" =\"") != std::string_view::npos);
    }

    void append_origin(std::string& out, record const& from) const {
        std::string text;
        const auto add = [&](std::string_view part) {
            if (part.empty()) return;
            if (!text.empty()) text += " \xc2\xb7 ";
            append_harmless(text, part);
        };
        add(from.logger());
        if (value const* span = from.find("span"); span != nullptr && !from.head().is_span_end) add(span->text());
        if (from.head().trace_high != 0 || from.head().trace_low != 0) add(from.trace_id().substr(0, 8));
        add(from.source());
        add(from.head().thread);
        append_styled(out, dim, text);
    }

    [[nodiscard]] static exception_story told(exception_story story) {
        story.stack = told_stack(story.stack, std::not_fn(is_runtime_frame));
        for (exception_story& cause : story.nested) cause = told(std::move(cause));
        return story;
    }

    void append_exception(exception_story const& story, std::string_view introduction = "") {
        below_ += "      ";
        below_ += introduction;
        std::string_view what = story.what;
        const std::string first = harmless(take_until(what, '\n'));
        append_styled(below_, red, harmless(story.type) + (story.type.empty() || first.empty() ? "" : ": ") + first);
        below_ += '\n';
        while (!what.empty()) below_ += "        " + harmless(take_until(what, '\n')) + '\n';
        for (std::size_t i = 0; i < story.stack.size(); ++i) {  // the first is what most look for
            append_styled(below_, i == 0 ? bold : dim, "        at " + harmless(story.stack[i]));
            below_ += '\n';
        }
        for (exception_story const& cause : story.nested) append_exception(cause, "caused by ");
    }

    void append_below_lines(std::string_view key, std::string_view text) {
        append_styled(below_, cyan, "      " + harmless(key) + ':');
        below_ += '\n';
        while (!text.empty()) below_ += "        " + harmless(take_until(text, '\n')) + '\n';
    }

    // Nested JSON, a member a line; what nests deeper than anybody reads stays on one line.
    void append_below_json(std::string_view key, std::string_view json) {
        append_styled(below_, cyan, "      " + harmless(key) + ':');
        below_ += ' ';
        std::size_t depth = 0;
        bool is_in_string = false;
        const auto new_line = [&] {
            if (depth > deepest_indent) return;
            below_ += '\n';
            below_.append(8 + 2 * depth, ' ');
        };
        for (std::size_t i = 0; i < json.size(); ++i) {
            const char c = json[i];
            if (is_in_string) {
                below_ += c;
                if (c == '\\' && i + 1 < json.size()) below_ += json[++i];
                if (c == '"') is_in_string = false;
                continue;
            }
            const bool is_empty =
                (c == '{' || c == '[') && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']');
            if ((c == '}' || c == ']') && (i == 0 || (json[i - 1] != '{' && json[i - 1] != '['))) {
                depth -= depth == 0 ? 0 : 1;
                new_line();
            }
            below_ += c;
            if (c == '"') is_in_string = true;
            if (c == ':') below_ += ' ';
            if ((c == '{' || c == '[') && !is_empty) {
                ++depth;
                new_line();
            }
            if (c == ',') new_line();
        }
        below_ += '\n';
    }

    bool has_colour_;
    bool is_utc_;
    exception_story const* exception_ = nullptr;
    std::string below_{};
};

}  // namespace logkit::detail
