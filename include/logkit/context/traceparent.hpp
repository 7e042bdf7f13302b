// SPDX-License-Identifier: MIT
#pragma once

// The headers of W3C Trace Context (https://www.w3.org/TR/trace-context/): who called, and whom we call.
// Stage: context.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/base/door.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/context/flow.hpp>

namespace logkit {

// The caller's side of a trace, as received. Not valid: an argument of new_context that changes nothing.
struct remote_parent {
    detail::trace_identity trace{};
    std::uint64_t span_id = 0;
    std::uint8_t flags = 0;
    std::string state{};  // tracestate, to be passed on as it is

    [[nodiscard]] constexpr bool is_valid() const noexcept { return trace.is_valid() && span_id != 0; }
};

namespace detail {

// 32 hexadecimal digits, in either case, with or without the dashes of a UUID; empty for anything else.
[[nodiscard]] constexpr std::optional<trace_identity> parse_trace_id(std::string_view text) noexcept {
    char digits[32] = {};
    std::size_t n = 0;
    for (const char c : text) {
        if (c == '-' && text.size() == 36) continue;
        if (n == sizeof digits) return std::nullopt;
        digits[n++] = c;
    }
    if (n != sizeof digits) return std::nullopt;
    const auto high = parse_hex({digits, 16}, true), low = parse_hex({digits + 16, 16}, true);
    if (!high || !low || (*high | *low) == 0) return std::nullopt;
    return trace_identity{*high, *low};
}

[[nodiscard]] inline std::string trace_text(trace_identity trace) {
    std::string text(32, '0');
    write_hex(write_hex(text.data(), trace.high), trace.low);
    return text;
}

// `tracestate` in its normal form (no empty members, no blanks around them); "" for what is not valid.
[[nodiscard]] LOGKIT_DOOR std::string normal_tracestate(std::string_view header);

// What this process was started with in TRACEPARENT and TRACESTATE; not valid if there is nothing.
[[nodiscard]] LOGKIT_DOOR remote_parent inherited_parent();
inline constinit std::atomic<bool> may_inherit{true};  // until the first unit of work

}  // namespace detail

// Reads the headers of a request. A traceparent that the standard calls invalid (version ff, upper case,
// all-zero ids, a wrong length, more after version 00) gives a remote_parent that is not valid: the unit of
// work starts a new trace. A tracestate that is invalid, or has more than 32 members, is left out.
[[nodiscard]] inline remote_parent from_traceparent(std::string_view header, std::string_view tracestate = {}) {
    header = detail::trimmed(header);
    if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') return {};
    const auto version = detail::parse_hex(header.substr(0, 2));
    const auto high = detail::parse_hex(header.substr(3, 16)), low = detail::parse_hex(header.substr(19, 16));
    const auto span = detail::parse_hex(header.substr(36, 16)), flags = detail::parse_hex(header.substr(53, 2));
    if (!version || !high || !low || !span || !flags || *version == 0xff) return {};
    if (header.size() > 55 && (*version == 0 || header[55] != '-')) return {};
    remote_parent parent{{*high, *low}, *span, static_cast<std::uint8_t>(*flags)};
    if (!parent.is_valid()) return {};
    if (!tracestate.empty()) parent.state = detail::normal_tracestate(tracestate);
    return parent;
}

// The header's value for an outgoing call of the current span ("00-<trace_id>-<span_id>-<flags>"); "" when
// this flow has no context.
[[nodiscard]] inline std::string traceparent() {
    const detail::context_node& node = *detail::this_flow.current->node;
    if (!node.trace.is_valid()) return {};
    std::string header(55, '-');
    header.replace(0, 2, "00");
    detail::write_hex(detail::write_hex(header.data() + 3, node.trace.high), node.trace.low);
    // Outside of any span, an id stands for the caller all the same: the standard forbids zero.
    const std::uint64_t caller = node.span_id != 0 ? node.span_id : node.parent_span_id;
    detail::write_hex(header.data() + 36, caller != 0 ? caller : detail::this_flow.ids.next());
    const bool is_sampled_now = node.is_kept && !node.is_deferred;
    constexpr unsigned known_flags = 3;  // sampled, random; the standard wants all others zero
    const unsigned flags = (node.trace_flags & known_flags & ~1U) | (is_sampled_now ? 1U : 0U);
    header[53] = "0123456789abcdef"[flags >> 4 & 15];
    header[54] = "0123456789abcdef"[flags & 15];
    return header;
}

// The tracestate header to send along with it: the one received, as it was; "" if there was none.
[[nodiscard]] inline std::string tracestate() {
    const detail::shared_text* state = detail::this_flow.current->node->trace_state;
    return state == nullptr ? std::string{} : state->text;
}

}  // namespace logkit
