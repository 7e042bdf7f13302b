// SPDX-License-Identifier: MIT
#include "ingest/check.hpp"

#include <logkit/base/text_parts.hpp>
#include <logkit/base/utf8.hpp>
#include <logkit/reader/line_parser.hpp>

#include <bitset>

namespace serve {
namespace {

using logkit::detail::is_digit;

[[nodiscard]] bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// One pass over a line; whatever stands in the padding behind it ends each loop.
class json_checker {
  public:
    explicit json_checker(std::string_view line) noexcept : at_(line.data()), end_(line.data() + line.size()) {}

    [[nodiscard]] line_kind check() noexcept {
        skip_blanks();
        if (at_ >= end_ || *at_ != '{') return line_kind::other;
        const line_kind kind = nested();
        if (kind != line_kind::object) return kind;
        skip_blanks();
        return at_ == end_ ? line_kind::object : line_kind::other;
    }

  private:
    // The value that begins here and all that is in it.
    [[nodiscard]] line_kind nested() noexcept {
        std::bitset<deepest_nesting + 1> is_object;
        std::size_t depth = 0;
        bool wants_value = true, may_close = false;
        while (true) {
            skip_blanks();
            if (at_ >= end_) return line_kind::other;
            if (wants_value) {
                const char c = *at_;
                if (may_close && c == (is_object[depth] ? '}' : ']')) {
                    ++at_;
                    --depth;
                    wants_value = may_close = false;
                    if (depth == 0) return line_kind::object;
                    continue;
                }
                may_close = false;
                if (depth != 0 && is_object[depth] && !key()) return line_kind::other;
                if (at_ >= end_) return line_kind::other;
                if (*at_ == '{' || *at_ == '[') {
                    if (++depth > deepest_nesting) return line_kind::too_deep;
                    is_object[depth] = *at_++ == '{';
                    may_close = true;
                    continue;
                }
                if (!scalar()) return line_kind::other;
                wants_value = false;
                continue;
            }
            const char c = *at_++;
            if (c == ',') {
                wants_value = true;
            } else if (c == (is_object[depth] ? '}' : ']')) {
                if (--depth == 0) return line_kind::object;
            } else {
                return line_kind::other;
            }
        }
    }
    [[nodiscard]] bool key() noexcept {
        if (*at_ != '"' || !text()) return false;
        skip_blanks();
        if (at_ >= end_ || *at_ != ':') return false;
        ++at_;
        skip_blanks();
        return true;
    }
    [[nodiscard]] bool scalar() noexcept {
        switch (*at_) {
            case '"':
                return text();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }
    [[nodiscard]] bool word(std::string_view wanted) noexcept {
        if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(wanted)) return false;
        at_ += wanted.size();
        return true;
    }
    [[nodiscard]] bool digits() noexcept {
        if (at_ >= end_ || !is_digit(*at_)) return false;
        while (at_ < end_ && is_digit(*at_)) ++at_;
        return true;
    }
    [[nodiscard]] bool number() noexcept {
        if (*at_ == '-') ++at_;
        if (at_ < end_ && *at_ == '0')
            ++at_;
        else if (!digits())
            return false;
        if (at_ < end_ && *at_ == '.') {
            ++at_;
            if (!digits()) return false;
        }
        if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits()) return false;
        }
        return true;
    }
    [[nodiscard]] bool text() noexcept {
        const char* const begin = ++at_;
        logkit::detail::text_scanner scan;
        const char* const quote = scan.end_of_text(begin, end_);
        if (quote >= end_) return false;
        if (scan.has_odd_bytes() || scan.escapes() != 0)
            for (const char* c = begin; c < quote; ++c) {
                if (static_cast<unsigned char>(*c) < 0x20) return false;
                if (*c != '\\') continue;
                if (*++c == 'u') {
                    for (int i = 1; i <= 4; ++i)
                        if (!is_hex(c[i])) return false;
                    c += 4;
                } else if (std::string_view("\"\\/bfnrt").find(*c) == std::string_view::npos) {
                    return false;
                }
            }
        at_ = quote + 1;
        return true;
    }
    void skip_blanks() noexcept {
        while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
    }

    const char* at_;
    const char* end_;
};

}  // namespace

line_kind check_line(std::string_view line) noexcept {
    return json_checker(line).check();
}

std::string mend_line(std::string_view line) {
    std::string mended;
    mended.reserve(line.size() + 16);
    bool is_text = false, is_escaped = false;
    while (!line.empty()) {
        if (!is_text)
            for (const std::string_view word : {"NaN", "-Infinity", "Infinity"})
                if (line.starts_with(word)) {
                    mended.append(1, '"').append(word).append(1, '"');
                    line.remove_prefix(word.size());
                    break;
                }
        if (line.empty()) break;
        const std::string_view sequence = logkit::detail::take_utf8(line);
        const char c = sequence.front();
        if (is_escaped)
            is_escaped = false;
        else if (c == '"')
            is_text = !is_text;
        else if (c == '\\')
            is_escaped = is_text;
        if (c == '\0') continue;
        mended += static_cast<unsigned char>(c) < 0x20 ? std::string_view(" ") : sequence;
    }
    return mended;
}

}  // namespace serve
