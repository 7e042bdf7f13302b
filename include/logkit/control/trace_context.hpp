// SPDX-License-Identifier: MIT
#pragma once

// The engine's side of W3C Trace Context: what is too rare to be in every translation unit. Stage: control.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/environment_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/context/traceparent.hpp>

namespace logkit::detail {

// tracestate's key: a lower-case letter (a digit, too, before an @) and then letters, digits and _-*/, 256 in
// all; or tenant@system, 241 and 14.
[[nodiscard]] inline bool is_tracestate_key(std::string_view key) noexcept {
    const auto is_part = [](std::string_view part, std::size_t most, bool may_begin_with_digit) {
        if (part.empty() || part.size() > most) return false;
        const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
        if (!is_lower(part[0]) && !(may_begin_with_digit && is_digit(part[0]))) return false;
        return std::all_of(part.begin(), part.end(), [&](char c) {
            return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
        });
    };
    const std::size_t at = key.find('@');
    if (at == std::string_view::npos) return is_part(key, 256, false);
    return is_part(key.substr(0, at), 241, true) && is_part(key.substr(at + 1), 14, false);
}

[[nodiscard]] inline bool is_tracestate_value(std::string_view value) noexcept {
    return !value.empty() && value.size() <= 256 &&
           std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

LOGKIT_DOOR std::string normal_tracestate(std::string_view header) {
    constexpr std::size_t most_members = 32;
    std::vector<std::string_view> keys;
    std::string normal;
    while (!header.empty()) {
        const std::size_t comma = std::min(header.find(','), header.size());
        const std::string_view member = trimmed(header.substr(0, comma));
        header.remove_prefix(std::min(comma + 1, header.size()));
        if (member.empty()) continue;
        const std::size_t equals = member.find('=');
        if (equals == std::string_view::npos) return {};
        const std::string_view key = member.substr(0, equals);
        if (!is_tracestate_key(key) || !is_tracestate_value(member.substr(equals + 1))) return {};
        if (std::find(keys.begin(), keys.end(), key) != keys.end() || keys.size() == most_members) return {};
        keys.push_back(key);
        if (!normal.empty()) normal += ',';
        normal += member;
    }
    return normal;
}

LOGKIT_DOOR remote_parent inherited_parent() {
    const char* parent = environment_text("TRACEPARENT");
    const char* state = environment_text("TRACESTATE");
    return from_traceparent(parent == nullptr ? "" : parent, state == nullptr ? "" : state);
}

}  // namespace logkit::detail
