// SPDX-License-Identifier: MIT
#pragma once

// A span that no scope holds: begun on one thread, entered on any, ended on any. For work that is answered later, such
// as a request whose handler hands it on; where a scope is enough, capture is simpler. Stage: context.

#include <string>
#include <string_view>

#include <logkit/base/level.hpp>
#include <logkit/context/capture.hpp>
#include <logkit/context/scope.hpp>

namespace logkit::detail {

class detached_span {
  public:
    // Begins, or began at `started`, under the context in force here, which stays in force. Without memory, there is no
    // span.
    template <class... V>
    explicit detached_span(span_name name, std::uint64_t started, field<V> const&... fields) noexcept
        : name_(name), started_(started), node_(begin(fields...)) {}
    detached_span(detached_span const&) = delete;
    detached_span& operator=(detached_span const&) = delete;
    ~detached_span() {
        if (node_ == nullptr) return;
        node_->is_ended.store(true, std::memory_order_relaxed);
        release(node_);
    }

    // To be attached where work of the span is done; a snapshot may outlive the span. Without a span: of what is in
    // force.
    [[nodiscard]] context snapshot() const noexcept {
        const restore_point here;
        if (node_ != nullptr) {
            retain(node_);
            install(own_cell(), node_);
        }
        return current_context();
    }
    [[nodiscard]] bool has_lasted(std::int64_t ns) const noexcept {
        return static_cast<std::int64_t>(ticks_to_ns(ticks() - started_)) >= ns;
    }

    // Logs END under the span's own context, which is not in force here afterwards, at this level: an error at `error`
    // at least. `added` is a field block, `exception` bytes of kind::exception; both may be empty. Once.
    void end(span_status status, level severity, std::string_view added, std::string_view exception) noexcept {
        flow_cell& cell = own_cell();
        context_node const* const in_force = node_ == nullptr ? cell.node : std::exchange(cell.node, node_);
        publish_span_end({name_.text, name_.where, name_.hash, started_, -1, severity, status, added, exception});
        cell.node = in_force;
        if (node_ != nullptr) node_->is_ended.store(true, std::memory_order_relaxed);
    }

  private:
    template <class... V>
    [[nodiscard]] context_node* begin(field<V> const&... fields) const noexcept {
        context_node const& outer = current_node();
        // A flow of its own, as a coroutine has: no thread takes it for its, and if the process dies, it was open.
        context_node* node = make_node(span_identity(outer, new_coroutine_flow(), name_.text), context_block(outer),
                                       span_block(outer), field_place::span, fields...);
        if (node == nullptr) return nullptr;
        retain(&outer);
        node->span = node;
        node->owner = this;
        node->started = started_;
        node->outer = &outer;
        return node;
    }

    span_name name_;
    std::uint64_t started_;
    context_node* node_;
};

}  // namespace logkit::detail
