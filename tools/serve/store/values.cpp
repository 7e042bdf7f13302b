// SPDX-License-Identifier: MIT
#include "store/values.hpp"

#include <logkit/base/bytes.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/otlp.hpp>
#include <logkit/reader/units.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace serve {
namespace {

using logkit::detail::is_digit;
using logkit::detail::load;

constexpr std::array<bool, 256> word_bytes = [] {
    std::array<bool, 256> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = logkit::is_word_byte(static_cast<char>(i));
    return made;
}();
[[nodiscard]] bool is_word(char c) noexcept {
    return word_bytes[static_cast<unsigned char>(c)];
}

[[nodiscard]] bool is_one_word(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), is_word);
}

// Eight bytes in small letters.
[[nodiscard]] std::uint64_t folded(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
    const std::uint64_t low = bytes & ~high;  // no carry goes from byte to byte
    const std::uint64_t is_from_a = low + (0x80 - 'A') * each, is_above_z = low + (0x80 - 'Z' - 1) * each;
    return bytes | ((is_from_a & ~is_above_z & ~bytes & high) >> 2);
}

[[nodiscard]] std::uint64_t hash_folded_text(std::string_view text) noexcept {
    using logkit::detail::hash_mix;
    std::uint64_t h = hash_mix(logkit::detail::hash_seed, text.size());
    const char* const at = text.data();
    const std::size_t n = text.size();
    if (n >= 8) {
        for (std::size_t i = 0; i + 8 < n; i += 8) h = hash_mix(h, folded(load<std::uint64_t>(at + i)));
        return hash_mix(hash_mix(h, folded(load<std::uint64_t>(at + n - 8))), n);
    }
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < n; ++i) bytes = bytes << 8 | static_cast<unsigned char>(at[i]);
    return hash_mix(hash_mix(h, folded(bytes)), n);
}

// 0: a digit; small letters are as good as capitals.
[[nodiscard]] bool fits(std::string_view text, std::string_view shape) noexcept {
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == '0' ? !is_digit(text[i]) : shape[i] != logkit::detail::fold_case(text[i])) return false;
    return true;
}
[[nodiscard]] bool is_left_out(std::string_view text) noexcept {
    if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return false;
    constexpr std::string_view hour = "0000-00-00t00";
    if (text.size() >= hour.size() && text[4] == '-') return fits(text, hour);
    constexpr std::string_view seconds = "00.000000z", nanoseconds = "00.000000000z";
    return text.size() == 2 || (text.size() == seconds.size() && fits(text, seconds)) ||
           (text.size() == nanoseconds.size() && fits(text, nanoseconds));
}

// Letters that are others in small: of a long s and of the sign of kelvins, whoever ignores case thinks so.
[[nodiscard]] std::string without_odd_cases(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = text.substr(i);
        if (rest.starts_with("\xc5\xbf")) {
            plain += 's';
            i += 1;
        } else if (rest.starts_with("\xe2\x84\xaa")) {
            plain += 'k';
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

void add_words(std::string_view text, hash_set& into) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        const char* const begin = at;
        while (at < end && is_word(*at)) ++at;
        if (at != begin)
            if (const std::uint64_t hash = hash_value({begin, static_cast<std::size_t>(at - begin)}); hash != 0)
                into.add(hash);
        ++at;
    }
}

[[nodiscard]] bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// A text that begins as JSON of objects does: the reader may take it for a record. ("{Count} items" is none.)
[[nodiscard]] bool may_hold_records(std::string_view text) noexcept {
    const auto skip_blanks = [&] {
        while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    };
    skip_blanks();
    if (text.empty() || (text.front() != '{' && text.front() != '[')) return false;
    const bool is_list = text.front() == '[';
    text.remove_prefix(1);
    skip_blanks();
    return !text.empty() && text.front() == (is_list ? '{' : '"');
}

// One pass over a line that is JSON: texts are keys or values, and what is neither text nor sign is a value.
class walker {
  public:
    walker(std::string_view line, line_values& into) noexcept
        : at_(line.data()), end_(line.data() + line.size()), into_(into) {}

    void walk() {
        while (at_ < end_) {
            const char c = *at_;
            if (c == '"') {
                text();
            } else if (c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':' || is_blank(c)) {
                if (c == '{' || c == '[') ++depth_, is_trace_ = false;
                if (c == '}' || c == ']') --depth_;
                ++at_;
            } else {
                const char* const begin = at_;
                while (at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && !is_blank(*at_)) ++at_;
                const std::string_view token(begin, static_cast<std::size_t>(at_ - begin));
                collect_text(token, into_.values);
                if (std::exchange(is_trace_, false)) collect_trace(token, into_.traces);
            }
        }
    }

  private:
    void text() {
        const char* const begin = ++at_;
        logkit::detail::text_scanner scan;
        const char* const quote = scan.end_of_text(begin, end_);
        at_ = quote + 1;
        const std::string_view written(begin, static_cast<std::size_t>(quote - begin));
        while (at_ < end_ && is_blank(*at_)) ++at_;
        const bool is_key = at_ < end_ && *at_ == ':';
        if (scan.escapes() == 0) return take(written, is_key);
        const std::string decoded = logkit::detail::unescape_json(written);
        take(decoded, is_key);
    }
    void take(std::string_view decoded, bool is_key) {
        if (is_key) {
            collect_text(decoded, into_.values);
            is_trace_ = depth_ == 1 && decoded == "trace_id";
            return;
        }
        into_.is_opaque = into_.is_opaque || may_hold_records(decoded);
        const bool is_trace = std::exchange(is_trace_, false);
        if (is_trace) collect_trace(decoded, into_.traces);
        const auto is_ascii = [](char c) { return static_cast<signed char>(c) >= 0; };
        const bool is_told = is_trace && is_one_word(decoded) && std::all_of(decoded.begin(), decoded.end(), is_ascii);
        if (!is_told) collect_text(decoded, into_.values);
    }

    const char* at_;
    const char* end_;
    line_values& into_;
    int depth_ = 0;
    bool is_trace_ = false;  // the value of this key comes next
};

}  // namespace

std::uint64_t hash_trace(std::string_view id) noexcept {
    return hash_folded_text(id);
}

std::uint64_t hash_value(std::string_view text) noexcept {
    if (is_left_out(text)) return 0;
    if (!text.empty() && (is_digit(text.front()) || text.front() == '-' || text.front() == '.'))
        if (const auto number = logkit::json_view(text).number())
            return logkit::detail::hash_mix(1, std::bit_cast<std::uint64_t>(*number + 0.0));  // -0 is 0
    return hash_folded_text(text);
}

void collect_text(std::string_view decoded, hash_set& into) {
    if (decoded.find('\xc5') != decoded.npos || decoded.find('\xe2') != decoded.npos)
        if (const std::string plain = without_odd_cases(decoded); plain != decoded) add_words(plain, into);
    const std::uint64_t hash = hash_value(decoded);
    if (hash != 0) into.add(hash);
    if (!is_one_word(decoded)) add_words(decoded, into);
}

void collect_trace(std::string_view id, hash_set& into) {
    constexpr std::size_t whole_id = 32;
    into.add(hash_trace(id));
    if (id.size() > whole_id) into.add(hash_trace(id.substr(0, whole_id)));
}

void collect_values(std::string_view line, line_values& into) {
    if (logkit::detail::is_otlp_line(line) || logkit::detail::is_docker_line(line)) into.is_opaque = true;
    walker(line, into).walk();
}

}  // namespace serve
