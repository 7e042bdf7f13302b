// SPDX-License-Identifier: MIT
#pragma once

// Context across the suspensions of coroutines that are not Asio's: a promise that carries it, and a wrapper
// of single awaitables for where the promise is not yours. Stage: context.
//
//   using promise_type = logkit::propagating<my_promise>;      // your own coroutine type
//   auto rows = co_await logkit::with_context(db.query(sql));  // somebody else's

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <logkit/base/exceptions.hpp>
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
        if (cell_.node->span != nullptr) cell_.charged_until = ticks();
        this_flow.current = &cell_;
    }
    suspension(suspension const&) = delete;
    suspension& operator=(suspension const&) = delete;
    ~suspension() {
        this_flow.current = before_;
        release(cell_.node);
    }

  private:
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
        return inner.awaiter.await_suspend(promise->known_to(inner.awaiter, handle));
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
        return inner.awaiter.await_suspend(promise->known_to(inner.awaiter, handle));
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
        LOGKIT_TRY {
            const auto result = [&] {
                const suspension guard(std::move(node), before);
                return suspend_on(inner.awaiter, mine->known_to(inner.awaiter, handle));
            }();
            if constexpr (std::is_same_v<decltype(result), const bool>)
                if (!result) resume_now();
            return result;
        }
        LOGKIT_CATCH_ALL {
            resume_now();
            LOGKIT_RETHROW;
        }
    }
    decltype(auto) await_resume() {
        if (std::exchange(is_away, false)) promise->enter();
        return inner.awaiter.await_resume();
    }
};

// A coroutine without hooks is suspended for the first time, in a thread's own cell. The thread keeps the spans
// of the functions on its stack and those that were carried to it, and loses those that live in the frame.
inline void take_leave(flow_cell& cell) noexcept {
    context_node const* node = cell.node;
    while (node->span != nullptr && node->span->flow == cell.id && !is_on_this_stack(node->span->owner))
        node = node->span->outer;
    retain(node);
    install(cell, node);
}

// The innermost coroutine that runs on this thread in place of which somebody resumed a stand_in.
struct running_coroutine {
    void* address;
    running_coroutine* outer;
    node_reference next{};  // under which it goes on, if it was resumed before it had quite stopped
};
inline constinit thread_local running_coroutine* innermost_running = nullptr;

// Runs a coroutine up to its next suspension, in a cell of its own. If what it waits for is done at once, it is
// resumed from here and not from inside of itself: a loop of such awaits needs no stack.
inline void run_stretch(std::coroutine_handle<> coroutine, node_reference node) {
    if (innermost_running != nullptr && innermost_running->address == coroutine.address()) {
        innermost_running->next = std::move(node);
        return;
    }
    running_coroutine self{coroutine.address(), innermost_running};
    struct on_exit {
        ~on_exit() { innermost_running = innermost_running->outer; }
    };
    innermost_running = &self;
    const on_exit leave;
    do {
        const flow_segment segment(std::move(node));
        coroutine.resume();
        node = std::move(self.next);
    } while (node.get() != nullptr);
}

// What waits in place of a coroutine whose promise is not ours: resumed, it resumes that one.
struct stand_in {
    struct promise_type {
        stand_in get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() { LOGKIT_RETHROW; }
    };
// What GCC makes of a coroutine has a zero for a null pointer.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
    static stand_in make(std::coroutine_handle<> coroutine, node_reference node) {
        run_stretch(coroutine, std::move(node));
        co_return;
    }
#pragma GCC diagnostic pop
    std::coroutine_handle<promise_type> handle{};
};

template <class Source>
class context_awaiter {
  public:
    explicit context_awaiter(Source source) : source_(std::move(source)) {}
    context_awaiter(context_awaiter&& other) : source_(std::move(other.source_)) {}  // before it is awaited
    context_awaiter& operator=(context_awaiter const&) = delete;
    ~context_awaiter() {
        if (waiting_) waiting_.destroy();  // with the coroutine, which will not be resumed
    }

    [[nodiscard]] bool await_ready() {
        inner_.emplace(source_);
        return inner_->awaiter.await_ready();
    }
    auto await_suspend(std::coroutine_handle<> coroutine) {
        flow_cell& cell = own_cell();
        const bool is_first = !is_coroutine(cell.id);
        const node_reference node(current_node());
        const std::coroutine_handle<> waiting = stand_in::make(coroutine, node).handle;
        waiting_ = waiting;
        if (is_first) take_leave(cell);
        const auto stay = [&] {
            waiting_ = nullptr;
            waiting.destroy();
            if (is_first) install(cell, node_reference(node).give());
        };
        LOGKIT_TRY {
            // From here on, the coroutine and this awaiter may be gone.
            const auto next = [&] {
                const suspension guard(node, &cell);
                return suspend_on(inner_->awaiter, waiting);
            }();
            if constexpr (std::is_same_v<decltype(next), const bool>) {
                if (!next) stay();
                return next;
            } else {  // another coroutine is to run now, under the same context
                if (!is_first) return std::coroutine_handle<>(next);
                const flow_segment segment(node);
                next.resume();
                return std::coroutine_handle<>(std::noop_coroutine());
            }
        }
        LOGKIT_CATCH_ALL {
            stay();
            LOGKIT_RETHROW;
        }
    }
    decltype(auto) await_resume() {
        waiting_ = nullptr;  // it is what runs this
        return inner_->awaiter.await_resume();
    }

  private:
    Source source_;
    std::optional<awaited<std::invoke_result_t<Source&>>> inner_{};
    std::coroutine_handle<> waiting_{};
};

}  // namespace detail

// Wraps any awaitable, in any coroutine: what is in force here is in force again when the coroutine goes on,
// wherever that is. For coroutine types whose promise is not yours; wrap every co_await of a coroutine that
// logs. What the coroutine changes is its own from its first such co_await on. What is awaited gets a handle
// of no particular promise.
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
        return detail::start_awaiter<decltype(initial()), propagating>{detail::awaited<decltype(initial())>(initial),
                                                                       this};
    }
    [[nodiscard]] auto final_suspend() noexcept {
        (void)leave();
        const auto final = [this]() noexcept -> decltype(auto) { return Promise::final_suspend(); };
        return detail::final_awaiter<decltype(final()), propagating>{detail::awaited<decltype(final())>(final), this};
    }
    void unhandled_exception() {
        LOGKIT_TRY {
            Promise::unhandled_exception();
        }
        LOGKIT_CATCH_ALL {  // out of the body, to whoever resumed it, without a final suspension
            (void)leave();
            LOGKIT_RETHROW;
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
    requires(requires(Promise& p, Value&& v) { p.yield_value(std::forward<Value>(v)); })
        [[nodiscard]] auto yield_value(Value&& produced) {
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
    [[nodiscard]] detail::node_reference node() const noexcept { return detail::node_reference(*cell_.node); }
    // Awaiters that were written for Promise take its handle, others that of the coroutine.
    template <class Awaiter, class P>
    [[nodiscard]] auto known_to(Awaiter& awaiter, std::coroutine_handle<P> handle) noexcept {
        if constexpr (requires { awaiter.await_suspend(handle); })
            return handle;
        else
            return std::coroutine_handle<Promise>::from_promise(*this);
    }

    detail::flow_cell cell_{detail::node_reference(*detail::this_flow.current->node).give(),
                            detail::new_coroutine_flow()};
    detail::flow_cell* before_ = nullptr;
};

}  // namespace logkit
