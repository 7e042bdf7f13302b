// SPDX-License-Identifier: MIT
#pragma once

// Context across the suspensions of coroutines that are not Asio's: a promise that carries it, and a wrapper
// of single awaitables for where the promise is not yours. Stage: context.
//
//   using promise_type = logkit::propagating<my_promise>;      // your own coroutine type
//   auto rows = co_await logkit::with_context(db.query(sql));  // somebody else's

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include <logkit/base/stack.hpp>
#include <logkit/context/awaiter.hpp>
#include <logkit/context/captured.hpp>
#include <logkit/context/flow.hpp>

namespace logkit {
namespace detail {

// While somebody's await_suspend runs, the coroutine may go on elsewhere already. So that code runs under the
// coroutine's context, but in a cell of its own; then the thread has back the cell it had.
class suspension {
  public:
    suspension(node_reference node, flow_cell* before) noexcept
        : cell_{node.give(), new_coroutine_flow()}, before_(before) {
        charge_from_now();
        this_flow.current = &cell_;
    }
    suspension(suspension const&) = delete;
    suspension& operator=(suspension const&) = delete;
    ~suspension() {
        this_flow.current = before_;
        release(cell_.node);
    }

  private:
    void charge_from_now() noexcept {
        if (cell_.node->span != nullptr) cell_.charged_until = ticks();
    }
    flow_cell cell_;
    flow_cell* before_;
};

// Calls await_suspend as the coroutine's own co_await would; what it returns is true, a handle, or false.
template <class Awaiter, class Promise>
[[nodiscard]] auto suspend_on(Awaiter& awaiter, std::coroutine_handle<Promise> handle) {
    if constexpr (std::is_void_v<decltype(awaiter.await_suspend(handle))>) {
        awaiter.await_suspend(handle);
        return true;
    } else {
        return awaiter.await_suspend(handle);
    }
}

// The body starts: the coroutine's cell is put in force.
template <class Initial, class Promise>
struct start_awaiter {
    awaited<Initial> inner;
    Promise* promise;

    [[nodiscard]] bool await_ready() { return inner.awaiter.await_ready(); }
    template <class P>
    auto await_suspend(std::coroutine_handle<P> handle) {
        return inner.awaiter.await_suspend(promise->as_known(handle));
    }
    void await_resume() {
        promise->enter();
        inner.awaiter.await_resume();
    }
};

// The body is over, and its cell has been left.
template <class Final, class Promise>
struct final_awaiter {
    awaited<Final> inner;
    Promise* promise;

    [[nodiscard]] bool await_ready() noexcept { return inner.awaiter.await_ready(); }
    template <class P>
    auto await_suspend(std::coroutine_handle<P> handle) noexcept {
        return inner.awaiter.await_suspend(promise->as_known(handle));
    }
    void await_resume() noexcept { inner.awaiter.await_resume(); }
};

// A suspension in the body.
template <class Awaitable, class Promise>
struct propagating_awaiter {
    awaited<Awaitable> inner;
    Promise* promise;
    bool is_away = false;

    [[nodiscard]] bool await_ready() { return inner.awaiter.await_ready(); }
    template <class P>
    auto await_suspend(std::coroutine_handle<P> handle) {
        Promise* const mine = promise;  // this awaiter may be gone before inner's await_suspend returns
        is_away = true;
        node_reference node = mine->node();
        flow_cell* const before = mine->leave();
        const auto resume_now = [&] {
            is_away = false;
            mine->enter();
        };
        try {
            const auto result = [&] {
                const suspension guard(std::move(node), before);
                return suspend_on(inner.awaiter, mine->as_known(handle));
            }();
            if constexpr (std::is_same_v<decltype(result), const bool>)
                if (!result) resume_now();
            return result;
        } catch (...) {
            resume_now();
            throw;
        }
    }
    decltype(auto) await_resume() {
        if (std::exchange(is_away, false)) promise->enter();
        return inner.awaiter.await_resume();
    }
};

// A coroutine without hooks leaves this thread with a node that goes along. The thread gets back what it had
// before the coroutine came to it by with_context; or else, keeps the spans of the functions on its stack and
// loses those that live in frames of coroutines.
inline void take_leave(flow_cell& cell) noexcept {
    if (is_coroutine(cell.id)) return;  // who resumes it sees to that
    if (this_flow.before_visitors != nullptr)
        return install(cell, std::exchange(this_flow.before_visitors, nullptr));
    context_node const* node = cell.node;
    while (node->span != nullptr && !is_on_this_stack(node->span->owner)) node = node->span->outer;
    retain(node);
    install(cell, node);
}

inline void pay_visit(flow_cell& cell, node_reference node) noexcept {
    if (is_coroutine(cell.id) || this_flow.before_visitors != nullptr) return install(cell, node.give());
    this_flow.before_visitors = std::exchange(cell.node, node.give());
}

template <class Source>
class context_awaiter {
  public:
    explicit context_awaiter(Source source) : inner_(source) {}

    [[nodiscard]] bool await_ready() { return inner_.awaiter.await_ready(); }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> handle) {
        flow_cell& cell = own_cell();
        node_reference node(current_node());
        node_ = node;
        take_leave(cell);
        try {
            const auto next = [&] {
                const suspension guard(node, &cell);
                return suspend_on(inner_.awaiter, handle);
            }();
            // A coroutine that this one starts by symmetric transfer runs here, under the same context.
            if constexpr (!std::is_same_v<decltype(next), const bool>)
                if (next != std::noop_coroutine()) pay_visit(cell, std::move(node));
            return next;
        } catch (...) {
            pay_visit(cell, std::move(node_));
            throw;
        }
    }
    decltype(auto) await_resume() {
        if (node_.get() != nullptr) pay_visit(own_cell(), std::move(node_));
        return inner_.awaiter.await_resume();
    }

  private:
    awaited<std::invoke_result_t<Source&>> inner_;
    node_reference node_{};
};

}  // namespace detail

// Wraps any awaitable, in any coroutine: what is in force here is in force again when the coroutine goes on,
// wherever that is. For coroutine types whose promise is not yours; wrap every co_await of a coroutine that
// logs. What the coroutine leaves in force where it ends is stale, as after a job on a thread: begin each unit
// of work with new_context().
template <class Awaitable>
requires(detail::is_awaitable<Awaitable>) [[nodiscard]] auto with_context(Awaitable&& awaitable) {
    if constexpr (std::is_lvalue_reference_v<Awaitable>) {
        const auto source = [&awaitable]() -> Awaitable { return awaitable; };
        return detail::context_awaiter<decltype(source)>(source);
    } else {
        auto source = [kept = std::move(awaitable)]() mutable -> Awaitable { return std::move(kept); };
        return detail::context_awaiter<decltype(source)>(std::move(source));
    }
}

// A promise type that is yours, `Promise`, made to carry the context: the coroutine begins with what is in
// force where it is called, keeps what it changes across every co_await and co_yield, on whatever thread it
// goes on, and leaves the thread that resumes it undisturbed. Composes with Promise's own initial_suspend,
// final_suspend, await_transform, yield_value and unhandled_exception. In the coroutine type:
//
//   struct promise : promise_base { task get_return_object(); … };
//   using promise_type = logkit::propagating<promise>;
//
// Where Promise asks for a handle of itself, std::coroutine_handle<Promise>::from_promise(*this) will do.
template <class Promise>
class propagating : public Promise {
  public:
    template <class... A>
    requires(std::is_constructible_v<Promise, A...>) explicit propagating(A&&... arguments)
        : Promise(std::forward<A>(arguments)...) {
        static_assert(alignof(propagating) == alignof(Promise) || alignof(Promise) <= 2 * sizeof(void*),
                      "a handle of the base must find the frame");
    }
    propagating(propagating const&) = delete;
    propagating& operator=(propagating const&) = delete;
    ~propagating() { detail::release(cell_.node); }

    [[nodiscard]] auto initial_suspend() {
        const auto initial = [this]() -> decltype(auto) { return Promise::initial_suspend(); };
        return detail::start_awaiter<decltype(initial()), propagating>{
            detail::awaited<decltype(initial())>(initial), this};
    }
    [[nodiscard]] auto final_suspend() noexcept {
        (void)leave();
        const auto final = [this]() noexcept -> decltype(auto) { return Promise::final_suspend(); };
        return detail::final_awaiter<decltype(final()), propagating>{detail::awaited<decltype(final())>(final),
                                                                     this};
    }
    void unhandled_exception() {
        try {
            Promise::unhandled_exception();
        } catch (...) {  // out of the body, to whoever resumed it, without a final suspension
            (void)leave();
            throw;
        }
    }

    template <class A>
    [[nodiscard]] auto await_transform(A&& awaitable) {
        return wrapped([&]() -> decltype(auto) {
            if constexpr (requires(Promise & p) { p.await_transform(std::forward<A>(awaitable)); })
                return Promise::await_transform(std::forward<A>(awaitable));
            else
                return std::forward<A>(awaitable);
        });
    }
    template <class Value>
    requires(requires(Promise& p, Value&& v) { p.yield_value(std::forward<Value>(v)); }) [[nodiscard]] auto
        yield_value(Value&& produced) {
        return wrapped([&]() -> decltype(auto) { return Promise::yield_value(std::forward<Value>(produced)); });
    }

  private:
    template <class, class>
    friend struct detail::start_awaiter;
    template <class, class>
    friend struct detail::final_awaiter;
    template <class, class>
    friend struct detail::propagating_awaiter;

    template <class Source>
    [[nodiscard]] auto wrapped(Source&& source) {
        using awaitable = decltype(source());
        return detail::propagating_awaiter<awaitable, propagating>{
            detail::awaited<awaitable>(std::forward<Source>(source)), this};
    }

    void enter() noexcept { before_ = detail::enter_flow(cell_); }
    detail::flow_cell* leave() noexcept {
        detail::leave_flow(cell_, before_);
        return before_;
    }
    [[nodiscard]] detail::node_reference node() const noexcept {
        return detail::node_reference(*cell_.node);
    }
    // Awaiters that were written for Promise take its handle, others any.
    template <class P>
    [[nodiscard]] auto as_known(std::coroutine_handle<P>) noexcept {
        return std::coroutine_handle<Promise>::from_promise(*this);
    }

    detail::flow_cell cell_{detail::node_reference(*detail::this_flow.current->node).give(),
                            detail::new_coroutine_flow()};
    detail::flow_cell* before_ = nullptr;
};

}  // namespace logkit
