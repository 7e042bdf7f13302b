// SPDX-License-Identifier: MIT
#pragma once

// What a context frame tells of a node. Stage: pipe.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <logkit/context/flow.hpp>
#include <logkit/context/node.hpp>
#include <logkit/pipe/frame.hpp>

namespace logkit::detail {

// Whose is the node's span? This thread's own, with which it dies; or a coroutine's, which may go on and end on any
// thread, and is told as long as it is known.
[[nodiscard]] inline std::uint32_t owner_of_span(context_node const& node) noexcept {
    if (node.span == nullptr) return 0;
    if (is_coroutine(node.span->flow)) return context_is_coroutine;
    return node.span->flow == this_flow.current->id ? context_is_own_span : 0;
}

[[nodiscard]] inline context_header header_of(context_node const& node, std::uint32_t owner,
                                              std::size_t outer_size) noexcept {
    const bool is_outermost =
        node.span != nullptr && (node.span->outer == nullptr || node.span->outer->span == nullptr);
    return {node.id,
            node.trace.high,
            node.trace.low,
            node.span_id,
            node.parent_span_id,
            node.sample_rate,
            node.span == nullptr ? 0 : node.span->started,
            node.context_size,
            node.span_size,
            static_cast<std::uint32_t>(node.span_name.size()),
            static_cast<std::uint32_t>(outer_size),
            (node.is_deferred ? context_is_deferred : 0) | (is_outermost ? context_is_outermost : 0) | owner,
            0};
}

// The spans of this flow that are open around the node's own, innermost first, as far as there is room: what
// recovery closes if the process dies.
[[nodiscard]] inline std::size_t tell_outer_spans(context_node const& node, char* to, std::size_t room) noexcept {
    std::size_t size = 0;
    for (context_node const* span = node.span->outer->span; span != nullptr; span = span->outer->span) {
        const outer_span told{span->span_id, span->parent_span_id, span->started,
                              static_cast<std::uint32_t>(span->span_name.size()), 0};
        if (span->flow != node.span->flow || room - size < sizeof told + span->span_name.size()) break;
        std::memcpy(to + size, &told, sizeof told);
        std::memcpy(to + size + sizeof told, span->span_name.data(), span->span_name.size());
        size += sizeof told + span->span_name.size();
    }
    return size;
}

}  // namespace logkit::detail
