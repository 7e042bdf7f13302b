// SPDX-License-Identifier: MIT
#pragma once

// Lines that a container runtime has wrapped, one by one, unwrapped: what the program wrote, with the time and the
// stream that the runtime knew. Docker's json-file driver, the CRI log format of Kubernetes, and what docker compose
// and kubectl put before each line. Reader.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/text_parts.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/time.hpp>
#include <logkit/reader/units.hpp>

namespace logkit::detail {

class wrapped_lines {
  public:
    struct line {
        std::size_t at = 0;        // in text()
        std::size_t original = 0;  // where the (first) line stood
        std::string_view time, stream, prefix;
    };

    // False: the first line is not wrapped, and none is taken for it. The views stay valid as long as `lines` does.
    [[nodiscard]] bool unwrap(std::string_view lines) {
        std::string_view first = lines.substr(0, line_end(lines));
        first = without_return(first);
        if (cri_prefix cri; !is_docker_line(first) && !read_cri(first, cri) && container_prefix(first) == 0)
            return false;
        text_.clear();
        lines_.clear();
        const char* const begin = lines.data();
        while (!lines.empty()) {
            const auto original = static_cast<std::size_t>(lines.data() - begin);
            add(without_return(take_until(lines, '\n')), original);
        }
        for (part& open : open_)
            if (open.is_open) finish(open);
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

    // What a program has written to a stream, and has not ended; another stream's lines may stand in between.
    struct part {
        std::string text;
        line head;
        bool is_open = false;
    };

    void add(std::string_view wrapped, std::size_t original) {
        if (cri_prefix cri; read_cri(wrapped, cri))
            return add({0, original, cri.time, cri.stream, {}}, cri.rest, cri.goes_on);
        if (const std::size_t prefix = container_prefix(wrapped); prefix != 0)
            return add_prefixed(wrapped, prefix, original);
        if (!is_docker_line(wrapped)) return add({0, original, {}, {}, {}}, wrapped, false);
        const std::size_t end = end_of_string(wrapped, docker_beginning.size() - 1);
        std::string inner = unescape_json(wrapped.substr(docker_beginning.size(), end - docker_beginning.size() - 1));
        const bool has_end = inner.ends_with('\n');
        while (inner.ends_with('\n') || inner.ends_with('\r')) inner.pop_back();
        std::replace(inner.begin(), inner.end(), '\n', ' ');
        const std::string_view rest = wrapped.substr(end);
        add({0, original, between(rest, R"("time":")", "\""), between(rest, R"("stream":")", "\""), {}}, inner,
            !has_end);
    }
    // Behind the prefix a time may stand (kubectl --timestamps).
    void add_prefixed(std::string_view wrapped, std::size_t prefix, std::size_t original) {
        std::string_view text = wrapped.substr(prefix), time;
        const std::size_t blank = text.find(' ');
        if (begins_with_date(text) && blank != std::string_view::npos && parse_time(text.substr(0, blank))) {
            time = text.substr(0, blank);
            text.remove_prefix(blank + 1);
        }
        add({0, original, time, {}, trimmed(wrapped.substr(0, prefix))}, text, false);
    }
    void add(line const& head, std::string_view text, bool goes_on) {
        part& open = open_[head.stream == "stderr" ? 1 : 0];
        if (!open.is_open) open.head = head;
        open.is_open = true;
        open.text += text;
        if (!goes_on || open.text.size() > longest_unwrapped) finish(open);
    }
    void finish(part& open) {
        open.head.at = text_.size();
        lines_.push_back(open.head);
        text_.append(open.text).append("\n");
        open.text.clear();
        open.is_open = false;
    }

    part open_[2];  // by stream
    std::string text_;
    std::size_t size_ = 0;
    std::vector<line> lines_;
};

}  // namespace logkit::detail
