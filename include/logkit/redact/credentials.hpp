// SPDX-License-Identifier: MIT
#pragma once

// What a header of HTTP proves who somebody is with, wherever it is written: "Bearer …" (RFC 6750), "Basic …" (RFC
// 7617). Stage: redact. Both words are English, too: what follows must be credentials.

#include <cstddef>
#include <string_view>

#include <logkit/redact/text_span.hpp>

namespace logkit::detail {

// Behind the scheme's name: where what it introduces begins.
[[nodiscard]] inline std::size_t behind_blanks(std::string_view text, std::size_t at) noexcept {
    const std::size_t begin = at;
    while (at_or_zero(text, at) == ' ' && at - begin < 8) ++at;
    if (text.substr(at, 3) == "%20") at += 3;
    return at;
}

// `place` is the last letter of "Bearer".
[[nodiscard]] inline maybe_span bearer_token(std::string_view text, std::size_t place) noexcept {
    if (place < 5 || !is_folded_at(text, place - 5, "bearer") || !is_word_begin(text, place - 5)) return std::nullopt;
    constexpr byte_set token_bytes{"0-9A-Za-z._~+/=-"};
    const std::size_t begin = behind_blanks(text, place + 1);
    if (begin == place + 1) return std::nullopt;
    std::size_t end = begin;
    while (end < text.size() && token_bytes.has(text[end])) ++end;
    while (end > begin && text[end - 1] == '.') --end;  // of the sentence
    if (!looks_random(text.substr(begin, end - begin))) return std::nullopt;
    return text_span{begin, end};
}

// Is that Base64 of "user:password"?
[[nodiscard]] inline bool is_user_and_password(std::string_view base64) noexcept {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (base64.ends_with('=')) base64.remove_suffix(1);
    if (base64.size() < 4 || base64.size() % 4 == 1) return false;
    unsigned bits = 0, held = 0;
    bool has_colon = false;
    for (const char c : base64) {
        const std::size_t digit = digits.find(c);
        if (digit == std::string_view::npos) return false;
        bits = bits << 6 | static_cast<unsigned>(digit);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        const unsigned byte = bits >> held & 0xff;
        if (byte < 0x20 || byte == 0x7f) return false;
        has_colon = has_colon || byte == ':';
    }
    return has_colon;
}

// `place` is the last letter of "Basic", or of what ends as it does.
[[nodiscard]] inline maybe_span basic_credentials(std::string_view text, std::size_t place) noexcept {
    if (place < 4 || !is_folded_at(text, place - 4, "basic") || !is_word_begin(text, place - 4)) return std::nullopt;
    constexpr byte_set base64_bytes{"0-9A-Za-z+/="};
    constexpr std::size_t longest = 4096;
    const std::size_t begin = behind_blanks(text, place + 1);
    if (begin == place + 1) return std::nullopt;
    std::size_t end = begin;
    while (end < text.size() && end - begin < longest && base64_bytes.has(text[end])) ++end;
    if (!is_user_and_password(text.substr(begin, end - begin))) return std::nullopt;
    return text_span{begin, end};
}

// A private key as PEM (RFC 7468) writes it. `place` is the fourth '-' of its beginning. Without an end it goes to the
// end of the text.
[[nodiscard]] inline maybe_span private_key(std::string_view text, std::size_t place) noexcept {
    constexpr std::string_view opening = "-----BEGIN ", closing = "-----END ", dashes = "-----";
    constexpr std::size_t longest_label = 64;
    const std::size_t begin = place - 3;
    if (text.compare(begin, opening.size(), opening) != 0) return std::nullopt;
    const std::string_view label = text.substr(begin + opening.size(), longest_label);
    const std::size_t label_end = label.find(dashes);
    const std::size_t kind = label.find("PRIVATE KEY");
    if (kind == std::string_view::npos || (label_end != std::string_view::npos && kind > label_end))
        return std::nullopt;
    // A sentence about one goes on with a blank or a quote; a key with its lines.
    const std::size_t body = begin + opening.size() + label_end + dashes.size();
    if (label_end != std::string_view::npos) {
        constexpr byte_set base64_bytes{"0-9A-Za-z+/="};
        const std::size_t first = at_or_zero(text, body) == ' ' ? body + 1 : body;
        std::size_t end = first;
        while (end < text.size() && end - first < 16 && base64_bytes.has(text[end])) ++end;
        const char behind = at_or_zero(text, body);
        if (behind != '\n' && behind != '\r' && behind != '\\' && end - first < 16) return std::nullopt;
    }
    const std::size_t last = text.find(closing, begin);
    if (last == std::string_view::npos) return text_span{begin, text.size()};
    const std::size_t end = text.find(dashes, last + closing.size());
    return text_span{begin, end == std::string_view::npos ? text.size() : end + dashes.size()};
}

}  // namespace logkit::detail
