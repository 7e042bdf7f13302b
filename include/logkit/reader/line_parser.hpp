// SPDX-License-Identifier: MIT
#pragma once

// A line of text → an entry: one pass, nothing copied. Reader.
//
// A log's lines are short, and of their values hardly one is looked into: the pass only finds where each value of
// the outermost object begins and ends, sixteen bytes at a time inside of texts. (simdjson's on-demand parser took
// three times as long here: it indexes each line first, and pays for each value again.) Every text on the way is
// checked for what JSON forbids in it; the inside of numbers and nested values is not: `logkit verify` is for that.
//
// What a crash or another program did to a line is mended where that is certain: bytes that are not UTF-8
// become U+FFFD, raw control characters blanks, NULs before a record (a hole in a file) are skipped, and of a
// torn line with a whole record behind it the record is read.

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>

#include <logkit/base/utf8.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/name_mapper.hpp>
#include <logkit/reader/own_line.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace logkit::detail {

// How many bytes behind a line may be read (never used). Those who hand out lines provide them.
inline constexpr std::size_t line_padding = 64;

// Finds the ends of JSON texts.
class text_scanner {
  public:
    // The quote that ends the text that begins at `at`; may be behind the line's end, where there is none.
    [[nodiscard, gnu::always_inline]] const char* end_of_text(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
        while (at < end) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
            const auto mask = [](__m128i found) { return static_cast<unsigned>(_mm_movemask_epi8(found)); };
            const unsigned stops = mask(
                _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
            // As signed bytes, all but ASCII is below 0x20, too.
            const unsigned odd = mask(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
            if (stops == 0) {
                odd_ |= odd;
                at += 16;
                continue;
            }
            odd_ |= odd & (stops - 1) & ~stops;
            at += __builtin_ctz(stops);
            if (*at == '"') return at;
            ++escapes_;
            at += 2;
        }
#else
        for (; at < end && *at != '"'; ++at) {
            if (static_cast<signed char>(*at) < 0x20) odd_ = 1;
            if (*at == '\\') ++at, ++escapes_;
        }
#endif
        return at;
    }
    // So many escapes were met.
    [[nodiscard]] unsigned escapes() const noexcept {
        return escapes_;
    }
    // Control characters or more than ASCII were met.
    [[nodiscard]] bool has_odd_bytes() const noexcept {
        return odd_ != 0;
    }

  private:
    unsigned odd_ = 0, escapes_ = 0;
};

enum class line_state : std::uint8_t { whole, mended, unreadable };

class line_parser {
  public:
    // `line` has line_padding readable bytes behind it, and no line end. The entry is valid until the next call.
    [[nodiscard]] line_state parse(std::string_view line) {
        if (line.size() >= 2 && take_apart(line)) return line_state::whole;
        return parse_damaged(line) ? line_state::mended : line_state::unreadable;
    }
    // A line without that: a copy of it is parsed.
    [[nodiscard]] line_state parse_copy(std::string_view line) {
        copy_.assign(line).append(line_padding, ' ');
        return parse({copy_.data(), line.size()});
    }
    [[nodiscard]] logkit::entry const& entry() const noexcept { return entry_; }

  private:
    [[nodiscard]] bool take_apart(std::string_view line) {
        entry_.clear(line);
        if (!keys_.empty()) keys_.clear();
        const bool is_own = is_own_line(line);
        const char* at = line.data();
        const char* const end = at + line.size();
        text_scanner texts;
        if (*at != '{') return false;
        at = is_own ? take_beginning(line, texts) : at + 1;
        skip_blanks(at);
        while (*at == '"') {
            const char* const key = at + 1;
            const unsigned escapes = texts.escapes();
            at = texts.end_of_text(key, end);
            std::string_view name(key, static_cast<std::size_t>(at - key));
            if (texts.escapes() != escapes) [[unlikely]]
                name = keys_.emplace_back(unescape_json(name));
            ++at;
            skip_blanks(at);
            if (at >= end || *at++ != ':') return false;
            skip_blanks(at);
            const char* const value = at;
            at = end_of_value(at, end, texts);
            if (at == nullptr) return false;
            const std::string_view json(value, static_cast<std::size_t>(at - value));
            const slot meaning = is_own ? own_slot(name) : slot::none;
            if (meaning != slot::none)
                take(meaning, name, json);
            else
                entry_.members_.add(name, json, slot::none);
            skip_blanks(at);
            if (*at != ',') break;
            ++at;
            skip_blanks(at);
            if (*at != '"') return false;
        }
        if (at + 1 != end || *at != '}') return false;
        if (texts.has_odd_bytes() && !is_well_formed(line)) return false;
        entry_.level_ = is_own ? own_level(line) : mapper_.map(entry_.members_.view(), entry_.slots_);
        return true;
    }
    // A line of ours begins with keys in a known order. Returns the first byte behind as many of them as are there.
    [[nodiscard]] const char* take_beginning(std::string_view line, text_scanner& texts) {
        const char* at = line.data();
        const char* const end = at + line.size();
        if (take_text(at, end, texts, R"({"timestamp":")", slot::timestamp) &&
            take_text(at, end, texts, R"(,"level":")", slot::level) &&
            take_text(at, end, texts, R"(,"event":")", slot::event) &&
            take_text(at, end, texts, R"(,"trace_id":")", slot::trace_id) &&
            take_text(at, end, texts, R"(,"span_id":")", slot::span_id))
            take_text(at, end, texts, R"(,"parent_span_id":")", slot::parent_span_id);
        return *at == ',' ? at + 1 : at;
    }
    // `start`: a separator, the key in quotes, a colon and a quote. What is compared is in the line or its padding.
    template <std::size_t N>
    bool take_text(const char*& at, const char* end, text_scanner& texts, const char (&start)[N], slot meaning) {
        if (!is_text_at(at, start)) return false;
        const char* const text = at + N - 1;
        const char* const quote = texts.end_of_text(text, end);
        if (quote >= end) return false;
        take(meaning, {at + 2, N - 6}, {text - 1, static_cast<std::size_t>(quote + 1 - (text - 1))});
        at = quote + 1;
        return true;
    }
    void take(slot meaning, std::string_view key, std::string_view json) {
        entry_.slots_[static_cast<std::size_t>(meaning)] = json_view(json);
        entry_.members_.add(key, json, meaning);
    }
    static void skip_blanks(const char*& at) noexcept {
        while (*at == ' ' || *at == '\t') ++at;
    }
    [[nodiscard]] static bool is_well_formed(std::string_view line) noexcept {
        for (const char c : line)
            if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return false;
        return simdjson::validate_utf8(line.data(), line.size());
    }
    // Null: there is no value here.
    [[nodiscard, gnu::always_inline]] static const char* end_of_value(const char* at, const char* end,
                                                                      text_scanner& texts) noexcept {
        if (*at == '"') {
            at = texts.end_of_text(at + 1, end);
            return at < end ? at + 1 : nullptr;
        }
        if (*at == '{' || *at == '[') return end_of_nested(at, end, texts);
        const char* const start = at;
        bool is_number = *at == '-' || (*at >= '0' && *at <= '9');
        for (; at < end && *at != ',' && *at != '}' && *at != ' ' && *at != '\t'; ++at)
            is_number &=
                (*at >= '0' && *at <= '9') || *at == '.' || *at == '-' || *at == '+' || *at == 'e' || *at == 'E';
        const std::string_view word(start, static_cast<std::size_t>(at - start));
        if (word.empty()) return nullptr;
        return (is_number && word.back() >= '0' && word.back() <= '9') || word == "true" || word == "false" ||
                       word == "null" || word == "NaN" || word == "Infinity" || word == "-Infinity"
                   ? at
                   : nullptr;
    }
    [[nodiscard]] static const char* end_of_nested(const char* at, const char* end, text_scanner& texts) noexcept {
        std::size_t depth = 0;
        while (at < end) {
            const char c = *at++;
            if (c == '"')
                at = texts.end_of_text(at, end) + 1;
            else if (c == '{' || c == '[')
                ++depth;
            else if ((c == '}' || c == ']') && --depth == 0)
                return at;
            else if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
                return nullptr;
        }
        return nullptr;
    }

    [[nodiscard]] bool parse_damaged(std::string_view line) {
        const std::size_t start = line.find_first_not_of(std::string_view("\0 \t\r", 4));
        if (start == std::string_view::npos) return false;
        line.remove_prefix(start);
        const std::size_t end = line.find_last_not_of(std::string_view("\0 \t\r", 4));
        line = line.substr(0, end + 1);
        const std::size_t last = line.rfind(own_beginning);
        if (line.front() != '{' && last == std::string_view::npos) return false;
        mend(line);
        if (take_apart(mended_view())) return true;
        if (last == std::string_view::npos || last == 0) return false;
        mend(line.substr(last));
        return take_apart(mended_view());
    }
    void mend(std::string_view line) {
        mended_.clear();
        while (!line.empty()) {
            const std::string_view sequence = take_utf8(line);
            const bool is_control = static_cast<unsigned char>(sequence.front()) < 0x20;
            mended_ += is_control ? " " : sequence;
        }
        mended_.append(line_padding, ' ');
    }
    [[nodiscard]] std::string_view mended_view() const noexcept {
        return {mended_.data(), mended_.size() - line_padding};
    }

    logkit::entry entry_;
    std::deque<std::string> keys_;  // those that had escapes
    name_mapper mapper_;
    std::string copy_, mended_;  // line_padding longer than what they hold
};

}  // namespace logkit::detail
