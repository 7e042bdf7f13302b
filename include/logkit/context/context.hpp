// SPDX-License-Identifier: MIT
#pragma once

// The context of a unit of work: its trace, and fields that every record inside carries. Stage: context.
// All functions act on the calling flow (thread, or chain of coroutines) alone, and none throws but for
// memory for the strings they return; without memory for a context the old one stays in force.

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <logkit/call/field.hpp>
#include <logkit/context/flow.hpp>
#include <logkit/context/sampling_decision.hpp>
#include <logkit/context/traceparent.hpp>

namespace logkit {
namespace detail {

// Where a new trace comes from; all zero: from here.
struct trace_start {
    trace_identity trace{};
    remote_parent parent{};
};

template <class Argument>
void read_trace_argument(trace_start& start, Argument const& argument) noexcept {
    if constexpr (std::is_same_v<Argument, remote_parent>) {
        if (argument.is_valid()) start = {argument.trace, argument};
    } else {
        static_assert(is_field<Argument>, "new_context takes kv(...) and from_traceparent(...)");
        if (argument.name.hash() != hash_text("trace_id")) return;
        const auto reduced = reduce_argument(argument.value, "trace_id");
        if constexpr (kind_of<operand_type<decltype(reduced)>> == kind::text) {
            const auto text = as_operand(reduced);
            if (const auto trace = parse_trace_id({text.data, text.size})) start = {*trace, {}};
        }
    }
}

// Is this argument a field to be bound? A trace_id which was understood is not: it is the record's own.
template <class Argument>
[[nodiscard]] bool is_bound(Argument const& argument, trace_start const& start) noexcept {
    if constexpr (is_field<Argument>)
        return argument.name.hash() != hash_text("trace_id") || !start.trace.is_valid();
    else
        return false;
}

[[nodiscard]] inline context_identity new_trace(trace_start const& start) noexcept {
    context_identity identity;
    identity.id = new_context_id();
    identity.trace = start.trace.is_valid() ? start.trace : trace_identity{this_flow.ids.next(), this_flow.ids.next()};
    identity.parent_span_id = start.parent.span_id;
    identity.trace_flags = start.parent.flags;
    identity.flow = own_cell().id;
    decide_sampling(identity, !start.parent.is_valid()        ? caller_decision::none
                              : (start.parent.flags & 1) != 0 ? caller_decision::keep
                                                              : caller_decision::drop);
    return identity;
}

// The identity of a node that differs from its parent in fields alone.
[[nodiscard]] inline context_identity successor(context_node const& parent, std::uint64_t flow) noexcept {
    context_identity identity = parent;
    identity.id = new_context_id();
    identity.flow = flow;
    return identity;
}

// The identity of a span that begins under `outer`.
[[nodiscard]] inline context_identity span_identity(context_node const& outer, std::uint64_t flow,
                                                    const char* name) noexcept {
    context_identity identity = successor(outer, flow);
    identity.span_id = this_flow.ids.next();
    identity.parent_span_id = outer.span_id != 0 ? outer.span_id : outer.parent_span_id;
    identity.span_name = name;
    return identity;
}

// What is in force once the spans that have ended are left behind.
[[nodiscard]] inline context_node const* outside_of_ended_spans(context_node const* node, std::uint64_t flow) noexcept {
    while (node->span != nullptr && node->span->flow == flow && node->span->is_ended.load(std::memory_order_relaxed))
        node = node->span->outer;
    return node;
}

// The span in force has ended.
void leave_ended_span(flow_cell& cell) noexcept;

// The node in force; a flow without context begins a trace of its own here.
[[nodiscard]] inline context_node const& current_node() noexcept {
    flow_cell* const cell = this_flow.current;
    context_node const* node = cell->node;
    if (node->span != nullptr && node->span->is_ended.load(std::memory_order_relaxed)) [[unlikely]] {
        leave_ended_span(*cell);
        node = cell->node;
    }
    if (node != &nowhere) return *node;
    ensure_started();
    if (context_node const* fresh = make_node(new_trace({}), {}, {}, field_place::context)) {
        install(own_cell(), fresh);
        return *fresh;
    }
    return *node;
}

[[nodiscard]] inline block_view context_block(context_node const& node) noexcept {
    return {node.fields(), node.context_size};
}
[[nodiscard]] inline block_view span_block(context_node const& node) noexcept {
    return {node.fields() + node.context_size, node.span_size};
}

// Merges a field block into the process-wide fields.
LOGKIT_DOOR void set_global_fields(std::string_view block);

// A node like `parent` with more context fields; null when memory is out.
template <class... V>
[[nodiscard]] context_node* with_fields(context_node const& parent, field<V> const&... fields) noexcept {
    context_node* node = make_node(successor(parent, own_cell().id), context_block(parent), span_block(parent),
                                   field_place::context, fields...);
    if (node != nullptr && parent.span != nullptr) {
        node->span = parent.span;
        retain(parent.span);
    }
    return node;
}

// On a thread whose span has ended elsewhere, what was in force before it is again. A coroutine whose span has
// ended, as where a callback posts the next one out of its span, goes on under the span's ids and fields; but
// without holding it, or an endless chain of such would be held whole.
[[gnu::noinline, gnu::cold]] inline void leave_ended_span(flow_cell& cell) noexcept {
    if (is_coroutine(cell.id)) {
        if (context_node const* copy = make_node(successor(*cell.node, cell.id), context_block(*cell.node),
                                                 span_block(*cell.node), std::string_view{}))
            install(cell, copy);
        return;
    }
    context_node const* node = outside_of_ended_spans(cell.node, cell.id);
    retain(node);
    install(cell, node);
}

// The new node's block is complete before the trace_id field, if any, is known to be one: so fields that are
// not to be bound are skipped one by one.
template <class... Argument>
[[nodiscard]] context_node* bind_arguments(context_node* node, trace_start const& start,
                                           Argument const&... arguments) noexcept {
    [[maybe_unused]] const auto bind_one = [&](auto const& argument) {
        if constexpr (is_field<std::remove_cvref_t<decltype(argument)>>) {
            if (node == nullptr || !is_bound(argument, start)) return;
            context_node* next = with_fields(*node, argument);
            release(node);
            node = next;
        }
    };
    (bind_one(arguments), ...);
    return node;
}

}  // namespace detail

// Rule 2: call it once per unit of work. Forgets every field and span of this flow, starts a new trace — or
// continues one, given kv("trace_id", id) (32 hexadecimal digits; dashes and capitals are understood) or
// from_traceparent(header) — and binds the fields. The first of a process continues the trace that the
// environment names in TRACEPARENT, if none is given. Returns the trace id.
template <class... Argument>
std::string new_context(Argument const&... arguments) {
    detail::ensure_started();
    detail::trace_start start;
    (detail::read_trace_argument(start, arguments), ...);
    if (detail::may_inherit.load(std::memory_order_relaxed) && detail::may_inherit.exchange(false) &&
        !start.trace.is_valid())
        detail::read_trace_argument(start, detail::inherited_parent());
    detail::context_identity identity = detail::new_trace(start);
    if (!start.parent.state.empty())
        identity.trace_state = new detail::shared_text{.text = std::move(start.parent.state)};
    detail::context_node* node = nullptr;
    constexpr bool are_all_bound = ((detail::is_field<Argument> && !std::is_same_v<Argument, remote_parent>)&&...);
    if constexpr (are_all_bound) {
        const bool has_trace_id = ((arguments.name.hash() == detail::hash_text("trace_id")) || ...);
        if (!has_trace_id) node = detail::make_node(identity, {}, {}, detail::field_place::context, arguments...);
    }
    if (node == nullptr)
        node = detail::bind_arguments(detail::make_node(identity, {}, {}, detail::field_place::context), start,
                                      arguments...);
    if (identity.trace_state != nullptr) detail::drop(identity.trace_state);  // the nodes have theirs
    if (node != nullptr) detail::install(detail::own_cell(), node);
    return detail::trace_text(identity.trace);
}

// Adds fields to the current context, or replaces those of the same name. Inside a capture or a
// context_scope they last until its end.
template <class... V>
void bind_context(field<V> const&... fields) noexcept {
    if (const auto* node = detail::with_fields(detail::current_node(), fields...))
        detail::install(detail::own_cell(), node);
}

// Removes context fields by name; names that are not bound are no error. Fields of a span stay.
template <class... Name>
requires(std::is_convertible_v<Name const&, std::string_view>&&...) void unbind_context(Name const&... names) noexcept {
    const detail::context_node& parent = detail::current_node();
    detail::context_node* node = detail::with_fields(parent);
    if (node == nullptr) return;
    const std::string_view list[] = {std::string_view{names}..., {}};
    std::byte* const end =
        detail::copy_block_without(node->fields(), parent.fields(), parent.context_size, list, sizeof...(Name));
    if (parent.span_size != 0) std::memcpy(end, parent.fields() + parent.context_size, parent.span_size);
    node->context_size = static_cast<std::uint32_t>(end - node->fields());
    detail::install(detail::own_cell(), node);
}

// Fields of every record of this process, whatever its context: service, environment, version. Replaces
// those of the same name; kv(name, nullptr) removes one. Any thread; records logged before keep what was in
// force then.
template <class... V>
void global_context(field<V> const&... fields) {
    std::string block;
    (detail::append_field(block, fields), ...);
    detail::set_global_fields(block);
}

// A context at one moment: immutable, cheap to copy (one reference), safe to hand to any thread.
class context {
  public:
    context() noexcept = default;

    // 32 hexadecimal digits, or "" of an empty snapshot.
    [[nodiscard]] std::string trace_id() const {
        detail::context_node const* node = node_.get();
        return node == nullptr || !node->trace.is_valid() ? std::string{} : detail::trace_text(node->trace);
    }

  private:
    friend context current_context() noexcept;
    friend class attach;
    explicit context(detail::context_node const& node) noexcept : node_(node) {}

    detail::node_reference node_;
};

// The context in force on this flow, to be taken elsewhere.
[[nodiscard]] inline context current_context() noexcept {
    return context(detail::current_node());
}

}  // namespace logkit
