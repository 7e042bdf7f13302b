// SPDX-License-Identifier: MIT
#pragma once

// Contexts for a time: context_scope and attach put one in force and give the old one back. Stage: context.

#include <type_traits>
#include <utility>

#include <logkit/context/context.hpp>

namespace logkit {
namespace detail {

// Remembers what was in force on this flow and restores it exactly, whatever happened in between. On
// another flow than it was made on it changes nothing.
class restore_point {
  public:
    restore_point() noexcept : cell_(&own_cell()), node_(cell_->node) { retain(node_); }
    restore_point(restore_point const&) = delete;
    restore_point& operator=(restore_point const&) = delete;
    ~restore_point() {
        if (this_flow.current == cell_)
            install(*cell_, node_);
        else
            release(node_);
    }

  private:
    flow_cell* cell_;
    context_node const* node_;
};

}  // namespace detail

// bind_context for a scope.
class [[nodiscard]] context_scope {
  public:
    template <class... V>
    explicit context_scope(field<V> const&... fields) noexcept {
        bind_context(fields...);
    }

  private:
    detail::restore_point restore_{};
};

// Puts a snapshot in force on this thread for a scope; an empty snapshot changes nothing.
class [[nodiscard]] attach {
  public:
    explicit attach(context const& snapshot) noexcept {
        if (snapshot.node_ == nullptr) return;
        detail::retain(snapshot.node_);
        detail::install(detail::own_cell(), snapshot.node_);
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
        return fn(std::forward<A>(arguments)...);
    };
}

}  // namespace logkit
