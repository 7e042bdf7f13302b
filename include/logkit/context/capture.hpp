// SPDX-License-Identifier: MIT
#pragma once

// Rule 3: a span around work. Its fields and ids belong to every record inside; at its end it logs one END
// record with `dur_ms` and `status`. Stage: context.

#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <logkit/base/duration.hpp>
#include <logkit/base/exceptions.hpp>
#include <logkit/base/level.hpp>
#include <logkit/call/exception.hpp>
#include <logkit/call/message.hpp>
#include <logkit/context/context.hpp>

namespace logkit {
namespace detail {

// The name of a span: a literal, or the function that encloses the capture.
class span_name {
  public:
    consteval span_name(const char* const& literal, source_location at = source_location::current()) noexcept
        : text(literal), where(at), hash(site_hash(literal, at)) {}
    template <runtime_text T>
    span_name(T&&) {
        static_assert(is_never<T>,
                      "logkit: a span's name is a literal; write capture span{\"name\", kv(\"of\", text)};");
    }
    constexpr explicit span_name(source_location at) noexcept
        : text(at.function), where(at), hash(site_hash(at.function, at)) {}

    const char* text = "";
    source_location where{};
    std::uint64_t hash = 0;
};

struct slow_after_option {
    std::int64_t limit_ns;
    source_location where;
};
struct at_option {
    level severity;
    source_location where;
};

enum class span_status : std::uint8_t { success, error, aborted };

// A span to be opened later, on its own; the fields are encoded already.
struct span_plan {
    span_name name;
    std::string fields{};
    std::int64_t slow_after_ns = -1;
    level severity = level::info;

    template <class... A>
    explicit span_plan(span_name name_, A const&... arguments) : name(name_) {
        (take(arguments), ...);
    }

  private:
    template <class V>
    void take(field<V> const& f) {
        append_field(fields, f);
    }
    void take(slow_after_option o) noexcept { slow_after_ns = o.limit_ns; }
    void take(at_option o) noexcept { severity = o.severity; }
    template <class Other>
    void take(Other const&) noexcept {}  // an option of somebody else's
};

// All that END has to say, apart from the context in force.
struct span_end {
    const char* name;
    source_location where;
    std::uint64_t site;
    std::uint64_t started;       // ticks
    std::int64_t slow_after_ns;  // -1: no limit, END is always logged
    level severity;
    span_status status;
    std::string_view added;      // a field block
    std::string_view exception;  // bytes of kind::exception; empty: none
};

// Publishes END.
LOGKIT_DOOR void publish_span_end(span_end const& end) noexcept;

// Says, once, that a span has ended on another flow than it began on, and what helps.
LOGKIT_DOOR void warn_of_lost_flow() noexcept;

}  // namespace detail

// An option of capture: END is logged only if the span fails or takes longer, and then, as a WARNING.
template <detail::duration_like D>
[[nodiscard]] constexpr detail::slow_after_option slow_after(D limit,
                                                             source_location at = source_location::current()) noexcept {
    return {detail::to_nanoseconds(limit), at};
}

// An option of capture: the level of END when the span succeeds (default: info). A failed one is an ERROR.
[[nodiscard]] constexpr detail::at_option at(level severity,
                                             source_location where = source_location::current()) noexcept {
    return {severity, where};
}

class [[nodiscard]] capture {
  public:
    // Opens a span named by the literal, or after the enclosing function. Further arguments: kv(...) fields,
    // slow_after(...), at(...). Never throws; nested captures restore their parent exactly.
    template <class... A>
    [[nodiscard("a span lasts as long as its object: capture span{\"name\"};")]] explicit capture(
        detail::span_name name, A const&... arguments) noexcept {
        open(name, arguments...);
    }
    [[nodiscard("a span lasts as long as its object: capture span;")]] explicit capture(
        source_location where = source_location::current()) noexcept {
        open(detail::span_name{where});
    }
    template <class V, class... A>
    [[nodiscard("a span lasts as long as its object: capture span{kv(...)};")]] explicit capture(
        field<V> const& first, A const&... rest) noexcept {
        open(detail::span_name{first.name.where()}, first, rest...);
    }
    template <class Option, class... A>
    requires(std::same_as<Option, detail::slow_after_option> ||
             std::same_as<Option, detail::at_option>) explicit capture(Option first, A const&... rest) noexcept {
        open(detail::span_name{first.where}, first, rest...);
    }
    explicit capture(detail::span_plan const& plan) noexcept
        : slow_after_ns_(plan.slow_after_ns), severity_(plan.severity) {
        begin(plan.name, [&](detail::context_identity const& identity, detail::context_node const& outer) {
            return detail::make_node(identity, detail::context_block(outer), detail::span_block(outer), plan.fields);
        });
    }
    capture(capture const&) = delete;
    capture& operator=(capture const&) = delete;

    // Logs END: status "error" if fail() was called or the span is left by an exception, else "success".
    ~capture() { close(); }

    // Fields of the END record only. Like every member, for the thread that runs the span. A second value for
    // a name replaces the first.
    template <class... V>
    void add(field<V> const&... fields) noexcept {
        LOGKIT_TRY {
            (detail::append_field(added_, fields), ...);
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
    }

    // The span will end with status "error". The arguments tell why, in END: an exception (`exc_info`), a
    // text
    // (`reason`), or fields.
    template <class... A>
    void fail(A const&... reasons) noexcept {
        status_ = detail::span_status::error;
        (explain(reasons), ...);
    }

    // 32 and 16 hexadecimal digits; "" if there was no memory for the span.
    [[nodiscard]] std::string trace_id() const {
        return node_ == nullptr ? std::string{} : detail::trace_text(node_->trace);
    }
    [[nodiscard]] std::string id() const {
        if (node_ == nullptr) return {};
        std::string text(16, '0');
        detail::write_hex(text.data(), node_->span_id);
        return text;
    }

  private:
    template <class A>
    static constexpr bool is_option = std::same_as<A, detail::slow_after_option> || std::same_as<A, detail::at_option>;

    template <class... A>
    void open(detail::span_name const& name, A const&... arguments) noexcept {
        static_assert(((detail::is_field<A> || is_option<A>)&&...),
                      "a capture takes kv(...), slow_after(...) and at(...)");
        (read_option(arguments), ...);
        begin(name, [&](detail::context_identity const& identity, detail::context_node const& outer) {
            return with_span_fields(identity, outer, arguments...);
        });
    }

    template <class MakeNode>
    [[gnu::always_inline]] void begin(detail::span_name const& name, MakeNode&& make_node) noexcept {
        name_ = name.text;
        where_ = name.where;
        site_ = name.hash;
        detail::flow_cell& cell = detail::own_cell();
        detail::context_node const& outer = detail::current_node();
        node_ = make_node(detail::span_identity(outer, cell.id, name.text), outer);
        uncaught_ = std::uncaught_exceptions() - cell.uncaught;
        started_ = detail::ticks();
        if (node_ == nullptr) return;
        if (detail::is_coroutine(cell.id)) detail::charge(cell, started_);
        node_->span = node_;
        node_->owner = this;
        node_->started = started_;
        node_->outer = &outer;  // the cell's reference to it, moved
        node_->references.store(owners, std::memory_order_relaxed);
        cell.node = node_;
    }

    // Only the fields among the arguments go into the node.
    template <class... A>
    static detail::context_node* with_span_fields(detail::context_identity const& identity,
                                                  detail::context_node const& outer, A const&... arguments) noexcept {
        if constexpr ((detail::is_field<A> && ...))
            return detail::make_node(identity, detail::context_block(outer), detail::span_block(outer),
                                     detail::field_place::span, arguments...);
        else
            return with_fields_first(identity, outer, arguments...);
    }
    // Options are few and stand anywhere: turn the pack until none is left.
    template <class First, class... A>
    static detail::context_node* with_fields_first(detail::context_identity const& identity,
                                                   detail::context_node const& outer, First const& first,
                                                   A const&... rest) noexcept {
        if constexpr (is_option<First>)
            return with_span_fields(identity, outer, rest...);
        else
            return with_fields_first(identity, outer, rest..., first);
    }

    template <class A>
    void read_option(A const& argument) noexcept {
        if constexpr (std::same_as<A, detail::slow_after_option>)
            slow_after_ns_ = argument.limit_ns;
        else if constexpr (std::same_as<A, detail::at_option>)
            severity_ = argument.severity;
    }

    template <class A>
    void explain(A const& reason) noexcept {
        LOGKIT_TRY {
            if constexpr (detail::is_field<A>)
                detail::append_field(added_, reason);
            else if constexpr (std::is_same_v<A, exception_argument>)
                exception_ = reason.describe().bytes;
            else if constexpr (std::is_base_of_v<std::exception, A> || std::is_same_v<A, std::exception_ptr>)
                exception_ = exc(reason).describe().bytes;
            else
                detail::append_field(added_, kv("reason", reason));
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
    }

    void close() noexcept {
        detail::flow_cell& cell = detail::own_cell();
        const bool is_here = node_ == nullptr || is_of(cell);
        if (!is_here) [[unlikely]]
            end_elsewhere(cell);
        else if (std::uncaught_exceptions() - cell.uncaught > uncaught_) [[unlikely]]
            tell_what_passes();
        if (node_ == nullptr) return publish_span_end(end(added_));
        std::byte busy[48];
        const std::string_view added =
            detail::is_coroutine(node_->flow) ? with_busy_time(cell, busy) : std::string_view(added_);
        if (cell.node->span == node_) {
            publish_span_end(end(added));
        } else {
            // Some other context is in force (another flow, a child that outlives its parent): END goes
            // under the span's own.
            detail::context_node const* in_force = std::exchange(cell.node, node_);
            publish_span_end(end(added));
            cell.node = in_force;
        }
        detail::this_stash.forget(node_);
        if (is_here && cell.node == node_ && is_undisturbed()) {
            cell.node = node_->outer;  // the reference moves back
            return detail::this_node_memory.free(node_);
        }
        node_->is_ended.store(true, std::memory_order_relaxed);
        if (is_here && !has_open_child(cell)) restore(cell);
        detail::release(node_);
    }

    // An exception leaves the span.
    [[gnu::noinline, gnu::cold]] void tell_what_passes() noexcept {
        status_ = detail::span_status::error;
        if (!exception_.empty()) return;
        LOGKIT_TRY {
            exception_ = detail::describe_exception_in_flight();
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
    }

    [[nodiscard]] detail::span_end end(std::string_view added) const noexcept {
        return {name_, where_, site_, started_, slow_after_ns_, severity_, status_, added, exception_};
    }

    // Is the span in force here, or hidden by what was put in force inside of it? Coroutines that come out of
    // one share its flow's number, so there the node has to tell, too; all but new_context() leave a trail.
    [[nodiscard]] bool is_of(detail::flow_cell const& cell) const noexcept {
        if (cell.node->span == node_) return true;
        if (cell.id != node_->flow) return false;
        return !detail::is_coroutine(cell.id) || cell.node->span == nullptr || has_open_child(cell);
    }

    // A suspended coroutine whose frame is destroyed will never finish; its spans end from inside out, and by
    // somebody who is no coroutine, unless one destroys another. Else the flow was lost on the way: it was
    // resumed where nobody had put its context in force.
    [[gnu::noinline, gnu::cold]] void end_elsewhere(detail::flow_cell& cell) noexcept {
        const bool is_outside = detail::is_coroutine(node_->flow) && !detail::is_coroutine(cell.id);
        if (!is_outside && !node_->is_suspended.load(std::memory_order_relaxed)) {
            detail::context_node const* in_force = std::exchange(cell.node, node_);
            detail::warn_of_lost_flow();
            cell.node = in_force;
            return;
        }
        if (status_ == detail::span_status::success) {
            status_ = detail::span_status::aborted;
            severity_ = severity_ > level::error ? severity_ : level::error;
        }
        if (node_->outer->span != nullptr) node_->outer->span->is_suspended.store(true, std::memory_order_relaxed);
    }

    // The added fields and `busy_ms`: the time in which coroutines ran under the span. It counts for the span
    // around, too.
    [[nodiscard]] [[gnu::noinline]] std::string_view with_busy_time(detail::flow_cell& cell,
                                                                    std::byte (&room)[48]) noexcept {
        std::uint64_t busy = node_->busy.load(std::memory_order_relaxed);
        if (cell.node->span == node_ && detail::is_coroutine(cell.id)) {
            const std::uint64_t now = detail::ticks();
            busy += now - std::exchange(cell.charged_until, now);
        }
        if (node_->outer->span != nullptr) node_->outer->span->busy.fetch_add(busy, std::memory_order_relaxed);
        const auto field = detail::prepare(kv("busy_ms", detail::milliseconds(detail::ticks_to_ns(busy))));
        const std::string_view told(reinterpret_cast<const char*>(room), field.size());
        (void)field.encode_to(room);
        if (added_.empty()) return told;
        LOGKIT_TRY {
            added_ += told;
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
        return added_;
    }

    // A span's node belongs to its capture and to the cell.
    static constexpr std::uint32_t owners = 2;

    // Nobody else holds the node, and what was in force before is still good: no locked instruction is
    // needed.
    [[nodiscard]] bool is_undisturbed() const noexcept {
        detail::context_node const* outer_span = node_->outer->span;
        return node_->references.load(std::memory_order_acquire) == owners &&
               (outer_span == nullptr || !outer_span->is_ended.load(std::memory_order_relaxed));
    }

    // Is a span of ours still open above this one? Then the context is its to restore.
    [[nodiscard]] bool has_open_child(detail::flow_cell const& cell) const noexcept {
        detail::context_node const* span = cell.node->span;
        if (span == node_) return false;
        for (; span != nullptr; span = span->outer->span)
            if (span == node_) return true;
        return false;
    }

    // Back to what was in force before; on a thread, further, where that belonged to a span which has ended.
    void restore(detail::flow_cell& cell) const noexcept {
        detail::context_node const* target = node_->outer;
        if (!detail::is_coroutine(cell.id)) target = detail::outside_of_ended_spans(target, cell.id);
        detail::retain(target);
        detail::install(cell, target);
    }

    const char* name_ = "";
    source_location where_{};
    std::uint64_t site_ = 0;
    std::uint64_t started_ = 0;
    std::int64_t slow_after_ns_ = -1;
    detail::context_node* node_ = nullptr;
    int uncaught_ = 0;
    level severity_ = level::info;
    detail::span_status status_ = detail::span_status::success;
    std::string added_{};
    std::string exception_{};
};

}  // namespace logkit
