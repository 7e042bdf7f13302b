// SPDX-License-Identifier: MIT
#pragma once

// The password in a URL: scheme://user:password@host. Stage: redact. The user stays, and so does a user alone.

#include <cstddef>
#include <string_view>

#include <logkit/redact/text_span.hpp>

namespace logkit::detail {

// `begin` is behind the "://".
[[nodiscard]] inline maybe_span url_password(std::string_view text, std::size_t begin) noexcept {
    constexpr std::size_t longest_password = 256;
    if (at_or_zero(text, begin) == '[') return std::nullopt;  // an IPv6 address
    const auto is_outside = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`';
    };
    constexpr std::size_t npos = std::string_view::npos;
    std::size_t end = begin, colon = npos, last_at = npos;
    bool is_port = true;
    for (; end < text.size() && !is_outside(text[end]); ++end) {
        const char c = text[end];
        if (c == '/' || c == '?' || c == '#') break;
        if (c == '@') last_at = end;
        if (c == ':' && colon == npos)
            colon = end;
        else if (colon != npos && !is_digit(c))
            is_port = false;
    }
    if (colon == npos) return std::nullopt;
    const bool is_web = text.substr(0, begin).ends_with("http://") || text.substr(0, begin).ends_with("https://");
    if (last_at == npos && end < text.size() && !is_outside(text[end]) && !is_port && !is_web) {
        // A password that should have been encoded: it has a '/', a '?' or a '#'.
        const std::size_t found = text.substr(end, longest_password).find('@');
        if (found == npos) return std::nullopt;
        last_at = end + found;
        for (std::size_t i = end; i < last_at; ++i)
            if (is_outside(text[i])) return std::nullopt;
    }
    if (last_at == npos || colon > last_at || colon + 1 == last_at) return std::nullopt;
    return text_span{colon + 1, last_at};
}

}  // namespace logkit::detail
