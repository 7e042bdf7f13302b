// SPDX-License-Identifier: MIT
#pragma once

// The lines of a log of any program, one after the other, with what is secret in them masked. Stage: redact. A private
// key that stands in lines of its own is masked with all of them, also where only its beginning or its end is there.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <logkit/redact/redactor.hpp>

namespace logkit::detail {

class line_masker {
  public:
    explicit line_masker(redactor& by) : redactor_(by) {}

    // Is there anything to mask in `line`, which stands at `begin` in `text`? Then masked() is what is to be seen. Each
    // line of a text must be asked for, in their order.
    [[nodiscard]] bool mask(std::string_view text, std::size_t begin, std::string_view line) {
        if (begin == 0) key_end_ = end_of_key_before(text);
        masked_.clear();
        if (is_in_key(begin) && is_of_key(line)) {
            masked_ = "***";
            return true;
        }
        if (!redactor_.mask_line(masked_, line)) return false;
        if (is_beginning(line)) key_end_ = end_of_key(text, begin + line.size());
        return true;
    }
    [[nodiscard]] std::string_view masked() const noexcept { return masked_; }
    // Does a key that began before `place` go on there?
    [[nodiscard]] bool is_in_key(std::size_t place) const noexcept { return place < key_end_; }

  private:
    static constexpr std::size_t longest_key = 16 * 1024, longest_key_line = 80;
    static constexpr std::string_view opening = "-----BEGIN ", closing = "-----END ", kind = "PRIVATE KEY";

    [[nodiscard]] static bool is_beginning(std::string_view line) noexcept {
        const std::size_t at = line.find(opening);
        return at != line.npos && !line.starts_with('{') && line.find(kind, at) != line.npos &&
               line.find(closing, at) == line.npos;
    }
    // Base64, the lines of an encrypted key's head, the end; whatever is printed in front of them is short.
    [[nodiscard]] static bool is_of_key(std::string_view line) noexcept {
        return line.size() <= longest_key_line && !line.starts_with('{');
    }
    // Behind the line that ends it; of one without an end, as far as a key may go.
    [[nodiscard]] static std::size_t end_of_key(std::string_view text, std::size_t from) noexcept {
        const std::size_t found = text.substr(from, longest_key).find(closing);
        return found == text.npos ? std::min(text.size(), from + longest_key) : from + found + closing.size();
    }
    // Of a key whose beginning is not in the text.
    [[nodiscard]] static std::size_t end_of_key_before(std::string_view text) noexcept {
        const std::string_view head = text.substr(0, longest_key);
        const std::size_t end = head.find(closing);
        if (end == head.npos || head.find(kind, end) > end + 32 || head.find(opening) < end) return 0;
        return end + closing.size();
    }

    redactor& redactor_;
    std::string masked_{};
    std::size_t key_end_ = 0;
};

}  // namespace logkit::detail
