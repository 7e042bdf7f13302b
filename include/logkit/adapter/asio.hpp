// SPDX-License-Identifier: MIT
#pragma once

// Asio (standalone, 1.18 or newer): context across its handlers and coroutines. Stage: adapter, opt-in.
//
//   asio::co_spawn(logkit::propagate(executor), handler(), asio::detached);

#include <type_traits>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/execution.hpp>
#include <asio/execution_context.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <logkit/adapter/propagate.hpp>
#include <logkit/context/captured.hpp>

namespace logkit {
namespace detail {

struct asio_functions {
    using query = std::remove_cvref_t<decltype(asio::query)>;
    using require = std::remove_cvref_t<decltype(asio::require)>;
    using prefer = std::remove_cvref_t<decltype(asio::prefer)>;
    template <class Property>
    static constexpr bool is_tracking =
        std::is_same_v<Property, asio::execution::outstanding_work_t::tracked_t> ||
        std::is_same_v<Property, asio::execution::prefer_only<asio::execution::outstanding_work_t::tracked_t>>;

    template <class Executor, class Fn>
    static void execute(Executor const& executor, Fn&& fn) {
#if ASIO_VERSION < 102400  // the member is private
        asio::execution::execute(executor, std::forward<Fn>(fn));
#else
        executor.execute(std::forward<Fn>(fn));
#endif
    }
};

#ifdef ASIO_HAS_CO_AWAIT  // Asio 1.22 does not see it in clang, unless it is defined by hand
template <class T, class Executor>
struct captured_awaitable<asio::awaitable<T, Executor>> : captured_coroutine<asio::awaitable<T, Executor>> {};
#endif

}  // namespace detail

// The same executor, but that the context in force where an operation begins (an asynchronous call, a post, a
// co_spawn) is in force again where its handler or coroutine goes on, on whatever thread. What a coroutine
// changes is seen by it and by what it awaits; what it spawns starts with what is in force there. Any
// thread; cheap to copy. To be the outermost: propagate(strand), not a strand of propagate().
template <class Executor>
requires(asio::execution::is_executor<Executor>::value) [[nodiscard]] auto propagate(Executor executor) {
    return detail::propagating_executor<detail::asio_functions, Executor>(std::move(executor));
}
// The executor of an io_context or a thread_pool.
template <class Context>
requires(std::is_convertible_v<Context&, asio::execution_context&>) [[nodiscard]] auto propagate(Context& context) {
    return propagate(context.get_executor());
}

}  // namespace logkit
