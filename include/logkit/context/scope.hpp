// SPDX-License-Identifier: MIT
#pragma once

// Contexts for a time: context_scope and attach put one in force and give the old one back. Stage: context.

#include <functional>
#include <type_traits>
#include <utility>

#include <logkit/context/context.hpp>

namespace logkit {
namespace detail {

// Remembers what was in force on this flow and restores it exactly, whatever happened in between. On
// another flow than it was made on it changes nothing.
class restore_point {
  public:
    restore_point() noexcept : flow_(own_cell().id), node_(own_cell().node) { retain(node_); }
    restore_point(restore_point const&) = delete;
    restore_point& operator=(restore_point const&) = delete;
    ~restore_point() {
        flow_cell& cell = own_cell();
        if (cell.id == flow_)
            install(cell, node_);
        else
            release(node_);
    }

  private:
    std::uint64_t flow_;
    context_node const* node_;
};

}  // namespace detail

// bind_context for a scope.
class [[nodiscard]] context_scope {
  public:
    template <class... V>
    [[nodiscard("a scope lasts as long as its object: context_scope scope{kv(...)};")]] explicit context_scope(
        field<V> const&... fields) noexcept {
        bind_context(fields...);
    }

  private:
    detail::restore_point restore_{};
};

// Puts a snapshot in force on this thread for a scope; an empty snapshot changes nothing.
class [[nodiscard]] attach {
  public:
    [[nodiscard("it lasts as long as its object: attach attached{snapshot};")]] explicit attach(
        context const& snapshot) noexcept {
        if (snapshot.node_.get() == nullptr) {
            bind_context();
            return;
        }
        detail::flow_cell& cell = detail::own_cell();
        // A coroutine knows its flow by the node that is in force: give it one of its own.
        detail::node_reference node = snapshot.node_;
        if (detail::is_coroutine(cell.id))
            if (const auto* own = detail::with_fields(*node.get())) node = detail::node_reference::adopt(own);
        detail::install(cell, node.give());
    }

  private:
    detail::restore_point restore_{};
};

// Wraps a callable so that it runs, on whatever thread, under the context in force here and now:
//   pool.post(carry([=] { … }));   std::thread(carry(work), argument);
// What the callable takes, returns and throws passes through; it may be move-only, and be called again.
template <class Fn>
[[nodiscard]] auto carry(Fn&& fn) {
    return [snapshot = current_context(), fn = std::forward<Fn>(fn)]<class... A>(
               A&&... arguments) mutable -> std::invoke_result_t<std::decay_t<Fn>&, A...> {
        const attach guard{snapshot};
        return std::invoke(fn, std::forward<A>(arguments)...);
    };
}

}  // namespace logkit
