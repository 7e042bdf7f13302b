// SPDX-License-Identifier: MIT
#pragma once

// captured(): a callable, or an awaitable, inside a span whose END knows the exception whole. Stage: context.

#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <logkit/base/exceptions.hpp>
#include <logkit/context/awaiter.hpp>
#include <logkit/context/capture.hpp>

namespace logkit {
namespace detail {

// Runs now.
template <class Fn, class... A>
decltype(auto) run_captured(span_name name, Fn&& fn, A const&... arguments) {
    capture span{name, arguments...};
    LOGKIT_TRY {
        return std::forward<Fn>(fn)();
    }
    LOGKIT_CATCH_ALL {
        span.fail(std::current_exception());
        LOGKIT_RETHROW;
    }
}

// An awaitable that opens the span when it is awaited, then gets what it awaits itself from `source`, and
// closes the span when that is done.
template <class Source>
class captured_awaiter {
  public:
    captured_awaiter(span_plan plan, Source source) : plan_(std::move(plan)), source_(std::move(source)) {}
    captured_awaiter(captured_awaiter&& other)  // before it is awaited
        : plan_(std::move(other.plan_)), source_(std::move(other.source_)) {}
    captured_awaiter& operator=(captured_awaiter const&) = delete;

    [[nodiscard]] bool await_ready() {
        span_.emplace(plan_);
        return guarded([&] {
            inner_.emplace(source_);
            return bool(inner_->awaiter.await_ready());
        });
    }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> handle) {
        return inner_->awaiter.await_suspend(handle);
    }
    decltype(auto) await_resume() {
        struct end {
            captured_awaiter& self;
            ~end() { self.span_.reset(); }
        } at_exit{*this};
        return guarded([&]() -> decltype(auto) { return inner_->awaiter.await_resume(); });
    }

  private:
    template <class Step>
    decltype(auto) guarded(Step&& step) {
        LOGKIT_TRY {
            return step();
        }
        LOGKIT_CATCH_ALL {
            span_->fail(std::current_exception());
            LOGKIT_RETHROW;
        }
    }

    span_plan plan_;
    Source source_;
    std::optional<capture> span_{};
    std::optional<awaited<std::invoke_result_t<Source&>>> inner_{};
};

// How captured() goes about an awaitable of this type; an adapter specialises it for coroutines that await
// nothing but their own kind.
template <class Awaitable>
struct captured_awaitable {
    static auto run(span_plan plan, Awaitable task) {
        return call(std::move(plan), [task = std::move(task)]() mutable -> Awaitable&& { return std::move(task); });
    }
    template <class Fn>
    static auto call(span_plan plan, Fn fn) {
        return captured_awaiter<Fn>(std::move(plan), std::move(fn));
    }
};

template <class Last, class... A>
decltype(auto) run_or_await(span_name name, Last&& last, A const&... arguments) {
    using work = std::remove_cvref_t<Last>;
    if constexpr (is_awaitable<work>) {
        return captured_awaitable<work>::run(span_plan{name, arguments...}, std::forward<Last>(last));
    } else {
        using result = std::invoke_result_t<Last>;
        if constexpr (is_awaitable<result>)
            return captured_awaitable<std::remove_cvref_t<result>>::call(span_plan{name, arguments...},
                                                                         work(std::forward<Last>(last)));
        else
            return run_captured(name, std::forward<Last>(last), arguments...);
    }
}

}  // namespace detail

// captured("name", kv(...)..., work): runs the callable `work` inside a span, returns what it returns and
// rethrows what it throws; END then tells the exception whole. The arguments between are those of capture.
// If `work` is an awaitable, or a callable that returns one, so is the result: the span begins when that is
// awaited and ends when it is done. An awaitable is moved in; what `kv` refers to is read at once.
template <class... A>
decltype(auto) captured(detail::span_name name, A&&... arguments) {
    static_assert(sizeof...(A) >= 1, "captured(name, fields..., callable)");
    constexpr std::size_t last = sizeof...(A) - 1;
    auto all = std::forward_as_tuple(std::forward<A>(arguments)...);
    return [&]<std::size_t... I>(std::index_sequence<I...>)->decltype(auto) {
        return detail::run_or_await(name, std::get<last>(std::move(all)), std::get<I>(all)...);
    }
    (std::make_index_sequence<last>{});
}

}  // namespace logkit
