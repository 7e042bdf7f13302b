// SPDX-License-Identifier: MIT
#pragma once

// exc_info, and what other loggers write in its place, as one story. Reader.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/reader/entry.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/stack_text.hpp>
#include <logkit/render/exception_story.hpp>
#include <logkit/render/frame_text.hpp>

namespace logkit {
namespace detail {

// A frame that is an object, as Quarkus, log4j2, Bunyan, structlog and zerolog's pkgerrors write it.
[[nodiscard]] inline std::string frame_of(json_view frame) {
    std::string type, function, file, line;
    for_each_inside(frame, [&](std::string_view key, json_view value) {
        if (key == "class" || key == "module") type = value.text();
        if (key == "method" || key == "func" || key == "function" || key == "name") function = value.text();
        if (key == "file" || key == "source" || key == "filename") file = value.text();
        // Of structlog's frames, "line" is the text of that line.
        if (key == "lineno" || (key == "line" && value.integer())) line = value.text();
        return true;
    });
    if (function.empty() && file.empty() && type.empty()) return frame.text();
    if (!type.empty()) function = type + '.' + function;
    return frame_text(function, file, line);
}

// A stack as an array, or as a text of several lines.
inline void read_stack(exception_story& story, json_view stack) {
    std::string text = stack.is_text() ? stack.text() : "";
    if (stack.is_array())
        for_each_inside(stack, [&](std::string_view, json_view frame) {
            story.stack.push_back(frame.is_object() ? frame_of(frame) : frame.text());
            if (frame.is_text()) text.append(frame.text()).append("\n");
            return story.stack.size() < most_told_frames;
        });
    if (text.empty()) return;
    if (auto told = stack_text_reader::read(text)) {  // it says again what was thrown, and perhaps why
        if (story.type.empty()) story.type = std::move(told->type);
        if (story.what.empty()) story.what = std::move(told->what);
        if (story.nested.empty()) story.nested = std::move(told->nested);
        story.stack = std::move(told->stack);
        return;
    }
    if (stack.is_text()) story.stack = stack_text_reader::read_frames(text);
}

// A text of no known form is its `what`. At most `depth` causes of causes are followed.
[[nodiscard]] inline exception_story read_exception(json_view value, unsigned depth = most_told_causes) {
    exception_story story;
    if (value.is_array()) {  // structlog: what was thrown, then its causes
        for_each_inside(value, [&](std::string_view, json_view one) {
            if (!one.is_object() || depth == 0) return true;
            if (exception_story told = read_exception(one, depth - 1); story.type.empty() && story.what.empty())
                story = std::move(told);
            else if (story.nested.size() < most_told_causes)
                story.nested.push_back(std::move(told));
            return true;
        });
        return story;
    }
    if (!value.is_object()) {
        const std::string text = value.text();
        if (auto told = stack_text_reader::read(text)) return std::move(*told);
        story.what = text;
        return story;
    }
    json_view stack, code;
    for_each_inside(value, [&](std::string_view key, json_view v) {
        const auto is = [&](auto... names) { return ((key == names) || ...); };
        if (is("type", "name", "class", "kind", "exceptionType", "exc_type", "errorType")) {
            if (story.type.empty()) story.type = v.text();
        } else if (is("what", "message", "msg", "exc_value", "errorMessage")) {
            if (story.what.empty()) story.what = v.text();
        } else if (is("stack", "stack_trace", "stacktrace", "stackTrace", "extendedStackTrace", "trace", "frames",
                      "traceback")) {
            if (!stack.exists()) stack = v;
        } else if (is("code") && v.integer()) {
            story.has_code = true;
            story.code = *v.integer();
        } else if (is("code", "errno")) {
            if (!code.exists()) code = v;
        } else if (is("category")) {
            story.category = v.text();
        } else if (is("nested") && depth != 0) {
            for_each_inside(v, [&](std::string_view, json_view cause) {
                story.nested.push_back(read_exception(cause, depth - 1));
                return story.nested.size() < most_told_causes;
            });
        } else if (is("cause", "causedBy", "previous", "innerException", "InnerException") && depth != 0 &&
                   (v.is_object() || v.is_text())) {
            const json_view wrapped = find_inside(v, "exception");  // Quarkus
            story.nested.push_back(read_exception(wrapped.is_object() ? wrapped : v, depth - 1));
        }
        return true;
    });
    if (story.type.empty() && story.what.empty() && code.exists()) story.type = code.text();
    if (stack.exists()) read_stack(story, stack);
    // Python's frames end with the innermost.
    if (stack.is_array() && find_inside(value, "exc_type").exists())
        std::reverse(story.stack.begin(), story.stack.end());
    // JavaScript's stacks begin with what was thrown.
    if (!story.stack.empty() && story.stack.front() == story.type + ": " + story.what)
        story.stack.erase(story.stack.begin());
    if (const json_view file = find_inside(value, "file"); story.stack.empty() && file.is_text())
        story.stack.push_back("(" + std::string(file_name_of(file.escaped())) + ")");  // Monolog
    return story;
}

}  // namespace detail

using detail::build_id_mark, detail::exception_story, detail::is_runtime_frame, detail::qualified_name,
    detail::short_frame, detail::told_stack;

// What the record says was thrown; all empty where it says nothing. Some keep parts of it in keys of their own (zap,
// ECS, OpenTelemetry), some in the message.
[[nodiscard]] inline exception_story exception_of(entry const& e) {
    exception_story story;
    if (const json_view value = e.get(slot::exc_info); value.exists()) story = detail::read_exception(value);
    if (const json_view type = e.get(slot::exc_type); story.type.empty() && type.exists()) story.type = type.text();
    if (const json_view what = e.get(slot::exc_message); story.what.empty() && what.exists()) story.what = what.text();
    if (const json_view stack = e.get(slot::exc_stack); story.stack.empty() && stack.exists())
        detail::read_stack(story, stack);
    const json_view event = e.get(slot::event);
    if (story.type.empty() && story.what.empty() && story.stack.empty() && e.level() >= level::error &&
        event.has_escapes() && event.escaped().find("\\n") != std::string_view::npos)
        if (auto told = detail::stack_text_reader::read(event.text())) story = std::move(*told);
    return story;
}

}  // namespace logkit
