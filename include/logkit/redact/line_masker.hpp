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
    line_masker(redactor& by, std::string_view text) : redactor_(by), text_(text), key_end_(end_of_key_before(text)) {}

    // Where the next line begins, at `begin` or behind it, that may have something to mask; the text's end if none has.
    [[nodiscard]] std::size_t next_suspect(std::size_t begin) {
        if (is_in_key(begin)) return begin;
        const std::size_t place = redactor_.next_suspect(text_, begin);
        if (place == text_.size()) return place;
        const std::size_t end = text_.substr(begin, place - begin).rfind('\n');
        return end == text_.npos ? begin : begin + end + 1;
    }
    // Is there anything to mask in `line`, which stands at `begin`? Then masked() is what is to be seen. Lines must be
    // asked for in their order.
    [[nodiscard]] bool mask(std::size_t begin, std::string_view line) {
        masked_.clear();
        if (is_in_key(begin)) {
            if (is_of_key(line)) {
                masked_ = "***";
                return true;
            }
            key_end_ = 0;  // it was no key, or is over
        }
        if (const std::size_t at = beginning_of_key(line); at != line.npos) {
            masked_ = std::string(line.substr(0, at)) + "***";
            key_end_ = end_of_key(text_, begin + line.size());
            return true;
        }
        return redactor_.mask_line(masked_, line);
    }
    [[nodiscard]] std::string_view masked() const noexcept { return masked_; }
    // Does a key that began before `place` go on there?
    [[nodiscard]] bool is_in_key(std::size_t place) const noexcept { return place < key_end_; }

  private:
    static constexpr std::size_t longest_key = 16 * 1024;
    static constexpr std::string_view opening = "-----BEGIN ", closing = "-----END ", kind = "PRIVATE KEY";

    // Of a line that ends with a key's opening, and is no JSON: where it is; npos: it does not.
    [[nodiscard]] static std::size_t beginning_of_key(std::string_view line) noexcept {
        const std::size_t at = line.starts_with('{') ? line.npos : line.find(opening);
        while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
        const bool is_one =
            at != line.npos && line.ends_with("PRIVATE KEY-----") && line.find(closing, at) == line.npos;
        return is_one ? at : line.npos;
    }
    // Base64, the lines of an encrypted key's head, the end; behind whatever a logger writes in front of each line.
    [[nodiscard]] static bool is_of_key(std::string_view line) noexcept {
        constexpr byte_set base64_bytes{"0-9A-Za-z+/="};
        if (line.find(closing) != line.npos || line.find("Proc-Type:") != line.npos ||
            line.find("DEK-Info:") != line.npos)
            return true;
        while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
        std::size_t n = 0;
        while (n < line.size() && base64_bytes.has(line[line.size() - 1 - n])) ++n;
        return n == line.size() || (n >= shortest_line && is_blank(line[line.size() - 1 - n]));
    }
    static constexpr std::size_t shortest_line = 24;
    // Behind the line that ends it; of one without an end, as far as a key may go.
    [[nodiscard]] static std::size_t end_of_key(std::string_view text, std::size_t from) noexcept {
        const std::size_t found = text.substr(from, longest_key).find(closing);
        return found == text.npos ? std::min(text.size(), from + longest_key) : from + found + closing.size();
    }
    // Of a key whose beginning is not in the text: its lines come first, up to the end.
    [[nodiscard]] static std::size_t end_of_key_before(std::string_view text) noexcept {
        const std::string_view head = text.substr(0, longest_key);
        const std::size_t end = head.find(closing);
        if (end == head.npos || head.find(kind, end) > end + 32) return 0;
        for (std::size_t begin = 0; begin < end;) {
            const std::size_t line_end = std::min(head.find('\n', begin), head.size());
            if (line_end > begin && !is_of_key(head.substr(begin, line_end - begin))) return 0;
            begin = line_end + 1;
        }
        return end + closing.size();
    }

    redactor& redactor_;
    std::string_view text_;
    std::string masked_{};
    std::size_t key_end_;
};

}  // namespace logkit::detail
