// SPDX-License-Identifier: MIT
#pragma once

// An exception as `exc_info` tells it. Stage: render.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/json_text.hpp>

namespace logkit::detail {

struct exception_story {
    std::string type{}, what{};
    bool has_code = false;
    std::int64_t code = 0;
    std::string category{};
    std::vector<std::string> stack{};
    std::vector<exception_story> nested{};
};

template <class Items, class Append>
void append_array(std::string& json, std::string_view name, Items const& items, Append&& append) {
    json += name;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) json += ',';
        append(items[i]);
    }
    json += ']';
}

inline void append_story(std::string& json, exception_story const& story) {
    json += R"({"type":)" + json_string(story.type) + R"(,"what":)" + json_string(story.what);
    if (story.has_code)
        json += R"(,"code":)" + std::to_string(story.code) + R"(,"category":)" + json_string(story.category);
    append_array(json, R"(,"stack":[)", story.stack, [&](std::string const& frame) { json += json_string(frame); });
    if (!story.nested.empty())
        append_array(json, R"(,"nested":[)", story.nested,
                     [&](exception_story const& nested) { append_story(json, nested); });
    json += '}';
}

}  // namespace logkit::detail
