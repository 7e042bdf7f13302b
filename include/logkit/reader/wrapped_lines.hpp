// SPDX-License-Identifier: MIT
#pragma once

// Lines that a container runtime has wrapped, one by one, unwrapped: what the program wrote, with the time and the
// stream that the runtime knew. Docker's json-file driver and the CRI log format of Kubernetes. Reader.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/text_parts.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/units.hpp>

namespace logkit::detail {

class wrapped_lines {
  public:
    struct line {
        std::size_t at = 0;        // in text()
        std::size_t original = 0;  // where the (first) line stood
        std::string_view time, stream;
    };

    // False: the first line is not wrapped, and none is taken for it. The views stay valid as long as `lines` does.
    [[nodiscard]] bool unwrap(std::string_view lines) {
        std::string_view first = lines.substr(0, line_end(lines));
        if (cri_prefix cri; !is_docker_line(without_return(first)) && !read_cri(without_return(first), cri))
            return false;
        text_.clear();
        lines_.clear();
        bool goes_on = false;
        const char* const begin = lines.data();
        while (!lines.empty()) {
            const auto original = static_cast<std::size_t>(lines.data() - begin);
            const std::string_view wrapped = without_return(take_until(lines, '\n'));
            if (!goes_on) lines_.push_back({text_.size(), original, {}, {}});
            goes_on = add(wrapped) && text_.size() - lines_.back().at < longest_unwrapped;
            if (!goes_on) text_ += '\n';
        }
        if (goes_on) text_ += '\n';
        size_ = text_.size();
        text_.append(line_padding, ' ');
        return true;
    }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
    // The line in which this byte of text() stands.
    [[nodiscard]] line const& at(std::size_t place) const noexcept {
        const auto behind = std::upper_bound(lines_.begin(), lines_.end(), place,
                                             [](std::size_t p, line const& l) { return p < l.at; });
        return *(behind - 1);
    }

  private:
    static constexpr std::size_t longest_unwrapped = std::size_t{1} << 20;

    // True: what the program wrote goes on in the next line.
    bool add(std::string_view wrapped) {
        line& now = lines_.back();
        if (cri_prefix cri; read_cri(wrapped, cri)) {
            now.time = cri.time;
            now.stream = cri.stream;
            text_ += cri.rest;
            return cri.goes_on;
        }
        if (!is_docker_line(wrapped)) {
            text_ += wrapped;
            return false;
        }
        bool has_end = false;
        const std::size_t end = end_of_string(wrapped, docker_beginning.size() - 1);
        std::string inner = unescape_json(wrapped.substr(docker_beginning.size(), end - docker_beginning.size() - 1));
        while (inner.ends_with('\n') || inner.ends_with('\r')) {
            has_end |= inner.back() == '\n';
            inner.pop_back();
        }
        std::replace(inner.begin(), inner.end(), '\n', ' ');
        text_ += inner;
        const std::string_view rest = wrapped.substr(end);
        now.time = between(rest, R"("time":")", "\"");
        now.stream = between(rest, R"("stream":")", "\"");
        return !has_end;
    }

    std::string text_;
    std::size_t size_ = 0;
    std::vector<line> lines_;
};

}  // namespace logkit::detail
