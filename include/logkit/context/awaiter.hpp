// SPDX-License-Identifier: MIT
#pragma once

// What a co_await expression does with its operand, for those who wrap one. Stage: context.

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace logkit::detail {

template <class T>
concept awaiter_like = requires(T& t) {
    t.await_ready();
    t.await_resume();
};
template <class T>
concept has_member_co_await = requires(T&& t) {
    static_cast<T&&>(t).operator co_await();
};
template <class T>
concept has_free_co_await = requires(T&& t) {
    operator co_await(static_cast<T&&>(t));
};
template <class T>
concept is_awaitable = has_member_co_await<T> || has_free_co_await<T> || awaiter_like<T>;

template <class T>
[[nodiscard]] decltype(auto) get_awaiter(T&& awaitable) {
    if constexpr (has_member_co_await<T>)
        return std::forward<T>(awaitable).operator co_await();
    else if constexpr (has_free_co_await<T>)
        return operator co_await(std::forward<T>(awaitable));
    else
        return static_cast<std::remove_reference_t<T>&>(awaitable);
}

// An awaitable, kept (a reference, if it came as one), and its awaiter.
template <class Awaitable>
struct awaited {
    template <class Source>
    explicit awaited(Source&& source)
        : awaitable(std::forward<Source>(source)()), awaiter(get_awaiter(std::forward<Awaitable>(awaitable))) {}
    awaited(awaited const&) = delete;
    awaited& operator=(awaited const&) = delete;

    Awaitable awaitable;
    decltype(get_awaiter(std::declval<Awaitable>())) awaiter;
};

}  // namespace logkit::detail
