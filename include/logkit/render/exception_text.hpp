// SPDX-License-Identifier: MIT
#pragma once

// Exceptions, told on the backend's thread: symbols, JSON. Stage: render. The bytes are drawn in
// call/exception.hpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/bytes.hpp>
#include <logkit/render/describe_exception.hpp>
#include <logkit/render/exception_story.hpp>
#include <logkit/render/symbol.hpp>

namespace logkit::detail {

// Reads such bytes as far as they make sense: they may come out of a damaged journal.
class exception_reader {
  public:
    explicit exception_reader(std::string_view bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] exception_story read() {
        ++count_;
        exception_story story;
        const auto nested = number<std::uint16_t>();
        story.has_code = number<std::uint8_t>() != 0;
        if (story.has_code) {
            story.code = number<std::int64_t>();
            story.category = text();
        }
        story.type = text();
        story.what = text();
        const auto frames = number<std::uint16_t>();
        for (unsigned i = 0; i < frames && !bytes_.empty(); ++i) {
            for (std::string& frame : describe_address(number<std::uint64_t>())) {
                const bool is_own = story.stack.empty() && frame.starts_with("logkit::");  // of who described it
                if (!is_own) story.stack.push_back(std::move(frame));
            }
        }
        for (unsigned i = 0; i < nested && !bytes_.empty() && count_ < exception_writer::most_exceptions; ++i)
            story.nested.push_back(read());
        return story;
    }

  private:
    template <class T>
    [[nodiscard]] T number() noexcept {
        if (bytes_.size() < sizeof(T)) {
            bytes_ = {};
            return {};
        }
        const T value = load<T>(bytes_.data());
        bytes_.remove_prefix(sizeof(T));
        return value;
    }
    [[nodiscard]] std::string text() {
        const std::size_t n = number<std::uint32_t>();
        std::string copy(bytes_.substr(0, n));
        bytes_.remove_prefix(copy.size());
        return copy;
    }

    std::string_view bytes_;
    std::size_t count_ = 0;
};

// The `exc_info` object.
[[nodiscard]] inline std::string exception_json(std::string_view bytes) {
    if (bytes.empty()) return "null";
    std::string json;
    append_story(json, exception_reader(bytes).read());
    return json;
}

}  // namespace logkit::detail
