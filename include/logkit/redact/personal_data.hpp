// SPDX-License-Identifier: MIT
#pragma once

// What says who a person is: e-mail addresses and IBANs. Stage: redact. Looked for on request only, for logs are often
// read by them.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <logkit/redact/text_span.hpp>

namespace logkit::detail {

// `place` is behind the '@'.
[[nodiscard]] inline maybe_span email_address(std::string_view text, std::size_t place) noexcept {
    constexpr byte_set user_bytes{"0-9A-Za-z.!#$%&*+/=?^_`{|}~-"}, domain_bytes{"0-9A-Za-z.-"};
    constexpr std::size_t longest_user = 64, longest_domain = 255;  // RFC 5321
    std::size_t begin = place - 1, end = place;
    const auto is_user = [&](char c) { return user_bytes.has(c) || static_cast<unsigned char>(c) >= 0x80; };
    while (begin != 0 && place - begin <= longest_user && is_user(text[begin - 1])) --begin;
    while (end < text.size() && end - place < longest_domain && domain_bytes.has(text[end])) ++end;
    while (end > place && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
    if (const std::size_t named = text.substr(begin, place - 1 - begin).find_last_of("=/&?");
        named != std::string_view::npos)
        begin += named + 1;  // of a query: user=ada@…
    // The user and the host of a URL are no address.
    constexpr std::size_t longest_login = 96;
    const std::size_t near_begin = begin < longest_login ? 0 : begin - longest_login;
    const std::string_view before = text.substr(near_begin, begin - near_begin);
    if (const std::size_t scheme = before.rfind("://");
        scheme != std::string_view::npos && before.find_first_of(" \t\"'<>", scheme) == std::string_view::npos)
        return std::nullopt;
    const std::string_view domain = text.substr(place, end - place);
    const std::size_t dot = domain.rfind('.');
    if (begin == place - 1 || dot == std::string_view::npos || dot == 0 || domain.size() - dot < 3) return std::nullopt;
    if (!std::all_of(domain.begin() + static_cast<std::ptrdiff_t>(dot) + 1, domain.end(), is_letter))
        return std::nullopt;
    return text_span{begin, end};
}

// ISO 13616: the country, two check digits, up to thirty letters and digits, in groups of four or in one. `place` is
// the second digit.
[[nodiscard]] inline maybe_span iban(std::string_view text, std::size_t place) noexcept {
    constexpr std::size_t shortest = 15, longest = 34;
    const std::size_t begin = place - 3;
    if (!is_word_begin(text, begin)) return std::nullopt;
    const auto is_upper_or_digit = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); };
    char letters[longest];
    std::size_t n = 0, end = begin;
    for (; end < text.size(); ++end) {
        if (text[end] == ' ' && n % 4 == 0 && is_upper_or_digit(at_or_zero(text, end + 1))) continue;
        if (!is_upper_or_digit(text[end])) break;
        if (n == longest) return std::nullopt;
        letters[n++] = text[end];
    }
    // Words in capitals may stand behind it: the longest part that passes the check is the number.
    for (; n >= shortest; --n) {
        unsigned rest = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const char c = letters[(i + 4) % n];
            rest = is_digit(c) ? (rest * 10 + static_cast<unsigned>(c - '0')) % 97
                               : (rest * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
        }
        if (rest == 1 && is_digit(letters[2]) && is_digit(letters[3]) && !is_alphanumeric(at_or_zero(text, end)))
            return text_span{begin, end};
        do --end;
        while (end > begin && text[end - 1] == ' ');
    }
    return std::nullopt;
}

}  // namespace logkit::detail
