// SPDX-License-Identifier: MIT
#pragma once

// A text as a JSON string (RFC 8259), and back: what must be escaped is escaped, and every ill-formed UTF-8 sequence
// becomes U+FFFD, one for each maximal subpart as Unicode recommends. Base.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/bytes.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/base/text_buffer.hpp>
#include <logkit/base/utf8.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace logkit::detail {

// How many bytes behind the text json_escape may touch, and how long a byte's escape may be.
inline constexpr std::size_t escape_slack = 16;
inline constexpr std::size_t longest_escape = 6;

#if defined(__SSE2__)
// A bit for each byte that cannot be copied as it is: below 0x20, '"', '\\', or not ASCII (as a signed byte
// that is below 0x20, too).
[[nodiscard, gnu::always_inline]] inline unsigned special_bytes(__m128i text) noexcept {
    const __m128i control = _mm_cmplt_epi8(text, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(text, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}

// Copies n bytes if none is special. The last, incomplete block is covered by one that overlaps.
[[nodiscard, gnu::always_inline]] inline bool copy_if_plain(char* to, const char* from, std::size_t n) noexcept {
    if (n >= 16) {
        const std::size_t last = n - 16;
        for (std::size_t i = 0; i < last; i += 16) {
            const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
            if (special_bytes(block) != 0) return false;
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), block);
        }
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + last));
        if (special_bytes(block) != 0) return false;
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + last), block);
        return true;
    }
    if (n >= 8) {
        const auto head = load<long long>(from), tail = load<long long>(from + n - 8);
        if (special_bytes(_mm_set_epi64x(head, tail)) != 0) return false;
        std::memcpy(to, &head, 8);
        std::memcpy(to + n - 8, &tail, 8);
        return true;
    }
    if (n >= 4) {
        const auto head = load<int>(from), tail = load<int>(from + n - 4);
        if (special_bytes(_mm_set_epi32(head, tail, head, tail)) != 0) return false;
        std::memcpy(to, &head, 4);
        std::memcpy(to + n - 4, &tail, 4);
        return true;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const char c = from[i];
        if (c < 0x20 || c == '"' || c == '\\') return false;  // char is signed here, as above
        to[i] = c;
    }
    return true;
}
#else
[[nodiscard]] inline bool copy_if_plain(char* to, const char* from, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        const auto c = static_cast<unsigned char>(from[i]);
        if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80) return false;
        to[i] = static_cast<char>(c);
    }
    return true;
}
#endif

// Writes the text's escaped form, without quotes, and returns its end. `to` has room for longest_escape × n +
// escape_slack bytes.
[[nodiscard, gnu::noinline]] inline char* escape_slowly(char* to, const char* from, std::size_t n) noexcept {
    constexpr std::array<char, 32> short_forms{0, 0, 0, 0, 0, 0, 0, 0, 'b', 't', 'n', 0, 'f', 'r'};
    const char* const end = from + n;
    while (from != end) {
        const auto c = static_cast<unsigned char>(*from);
        if (c >= 0x80) {
            const int length =
                utf8_sequence(reinterpret_cast<const unsigned char*>(from), static_cast<std::size_t>(end - from));
            if (length > 0) {
                for (int i = 0; i < length; ++i) *to++ = *from++;
            } else {
                std::memcpy(to, "\xef\xbf\xbd", 3);
                to += 3;
                from -= length;
            }
            continue;
        }
        ++from;
        if (c >= 0x20 && c != '"' && c != '\\') {
            *to++ = static_cast<char>(c);
            continue;
        }
        *to++ = '\\';
        if (c >= 0x20) {
            *to++ = static_cast<char>(c);
        } else if (short_forms[c] != 0) {
            *to++ = short_forms[c];
        } else {
            std::memcpy(to, "u00", 3);
            to[3] = static_cast<char>('0' + (c >> 4));
            to[4] = "0123456789abcdef"[c & 15];
            to += 5;
        }
    }
    return to;
}

[[nodiscard, gnu::always_inline]] inline char* json_escape(char* to, const char* from, std::size_t n) noexcept {
    if (copy_if_plain(to, from, n)) [[likely]]
        return to + n;
    return escape_slowly(to, from, n);
}

// A whole JSON string, in quotes; of any length, in pieces which do not split a UTF-8 sequence.
inline void append_json_string(text_buffer& out, std::string_view text) {
    constexpr std::size_t piece = 4096;
    *out.room_for(1) = '"';
    out.truncate(out.size() + 1);
    while (!text.empty()) {
        std::size_t n = text.size() < piece ? text.size() : piece;
        if (n < text.size())
            for (int back = 0; back < 3 && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80; ++back) --n;
        char* to = out.room_for(n * longest_escape + escape_slack);
        out.end_at(json_escape(to, text.data(), n));
        text.remove_prefix(n);
    }
    *out.room_for(1) = '"';
    out.truncate(out.size() + 1);
}

[[nodiscard]] inline std::string json_string(std::string_view text) {
    text_buffer out;
    append_json_string(out, text);
    return std::string(out.view());
}

// What stands between the quotes of a JSON string, decoded. A lone surrogate becomes U+FFFD, and an escape that means
// nothing does no harm.
[[nodiscard]] inline std::string unescape_json(std::string_view text) {
    const auto code_at = [&](std::size_t at) {
        return static_cast<std::uint32_t>(at + 4 <= text.size() ? parse_hex(text.substr(at, 4), true).value_or(0xfffd)
                                                                : 0xfffd);
    };
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char escape = text[++i];
        constexpr std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
        if (escape == 'u') {
            std::uint32_t code = code_at(i + 1);
            i += 4;
            const bool is_high = code >= 0xd800 && code < 0xdc00;
            if (is_high && i < text.size() && text.substr(i + 1, 2) == "\\u") {
                const std::uint32_t low = code_at(i + 3);
                if (low >= 0xdc00 && low < 0xe000) {
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    i += 6;
                }
            }
            append_utf8(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
        } else if (const auto at = letters.find(escape); at != std::string_view::npos) {
            out += meanings[at];
        } else {
            out += escape;
        }
    }
    return out;
}

}  // namespace logkit::detail
