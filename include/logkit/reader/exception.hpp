// SPDX-License-Identifier: MIT
#pragma once

// exc_info, and what other loggers write in its place, as one story. Reader.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <logkit/base/text_parts.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/render/exception_story.hpp>

namespace logkit {
namespace detail {

// A stack as an array, or as a text of several lines.
inline void read_stack(exception_story& story, json_view stack) {
    constexpr std::size_t most_lines = 200;
    if (stack.is_array())
        for_each_inside(stack, [&](std::string_view, json_view frame) {
            story.stack.push_back(frame.text());
            return story.stack.size() < most_lines;
        });
    const std::string text = stack.is_text() ? stack.text() : std::string();
    for (std::string_view rest = text; !rest.empty() && story.stack.size() < most_lines;) {
        std::string_view frame = take_until(rest, '\n');
        frame.remove_prefix(std::min(frame.find_first_not_of(" \t"), frame.size()));
        if (frame.starts_with("at ")) frame.remove_prefix(3);
        if (!frame.empty()) story.stack.emplace_back(frame);
    }
}

// A text is its `what`. At most `depth` causes of causes are followed.
[[nodiscard]] inline exception_story read_exception(json_view value, unsigned depth = 16) {
    exception_story story;
    if (!value.is_object()) {
        story.what = value.text();
        return story;
    }
    for_each_inside(value, [&](std::string_view key, json_view v) {
        if (key == "type" || key == "name" || key == "class") {
            if (story.type.empty()) story.type = v.text();
        } else if (key == "what" || key == "message" || key == "msg") {
            story.what = v.text();
        } else if (key == "stack" || key == "stack_trace" || key == "stacktrace") {
            read_stack(story, v);
        } else if (key == "code" && v.integer()) {
            story.has_code = true;
            story.code = *v.integer();
        } else if (key == "category") {
            story.category = v.text();
        } else if (key == "nested" && depth != 0) {
            for_each_inside(v, [&](std::string_view, json_view cause) {
                story.nested.push_back(read_exception(cause, depth - 1));
                return story.nested.size() < 16;
            });
        }
        return true;
    });
    return story;
}

}  // namespace detail

using detail::exception_story;

// What the record says was thrown; all empty where it says nothing. zap and ECS keep parts of it in keys of their own.
[[nodiscard]] inline exception_story exception_of(entry const& e) {
    exception_story story;
    if (const json_view value = e.get(slot::exc_info); value.exists()) story = detail::read_exception(value);
    if (story.type.empty() && e.find("error.type").exists()) story.type = e.find("error.type").text();
    if (story.what.empty() && e.find("error.message").exists()) story.what = e.find("error.message").text();
    // JavaScript's stacks begin with what was thrown.
    if (!story.stack.empty() && story.stack.front() == story.type + ": " + story.what)
        story.stack.erase(story.stack.begin());
    if (story.stack.empty())
        for (const std::string_view key : {"stack", "stacktrace", "error.stack_trace"})
            if (story.stack.empty()) detail::read_stack(story, e.find(key));
    return story;
}

}  // namespace logkit
