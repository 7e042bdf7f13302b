// SPDX-License-Identifier: MIT
#pragma once

// Boost.Asio (1.74 or newer): context across its handlers and coroutines. Stage: adapter, opt-in.
//
//   boost::asio::co_spawn(logkit::propagate(executor), handler(), boost::asio::detached);

#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <logkit/adapter/propagate.hpp>
#include <logkit/context/captured.hpp>

namespace logkit {
namespace detail {

struct boost_asio_functions {
    using query = std::remove_cvref_t<decltype(boost::asio::query)>;
    using require = std::remove_cvref_t<decltype(boost::asio::require)>;
    using prefer = std::remove_cvref_t<decltype(boost::asio::prefer)>;
    template <class Property>
    static constexpr bool is_tracking =
        std::is_same_v<Property, boost::asio::execution::outstanding_work_t::tracked_t> ||
        std::is_same_v<Property,
                       boost::asio::execution::prefer_only<boost::asio::execution::outstanding_work_t::tracked_t>>;

    template <class Executor, class Fn>
    static void execute(Executor const& executor, Fn&& fn) {
#if BOOST_ASIO_VERSION < 102400  // the member is private
        boost::asio::execution::execute(executor, std::forward<Fn>(fn));
#else
        executor.execute(std::forward<Fn>(fn));
#endif
    }
};

#ifdef BOOST_ASIO_HAS_CO_AWAIT  // Asio 1.22 does not see it in clang, unless it is defined by hand
template <class T, class Executor>
struct captured_awaitable<boost::asio::awaitable<T, Executor>>
    : captured_coroutine<boost::asio::awaitable<T, Executor>> {};
#endif

}  // namespace detail

// The same executor, but that the context in force where an operation begins (an asynchronous call, a post, a
// co_spawn) is in force again where its handler or coroutine goes on, on whatever thread. What a coroutine
// changes is seen by it and by what it awaits; what it spawns starts with what is in force there. Any
// thread; cheap to copy. To be the outermost: propagate(strand), not a strand of propagate().
template <class Executor>
requires(boost::asio::execution::is_executor<Executor>::value) [[nodiscard]] auto propagate(Executor executor) {
    return detail::propagating_executor<detail::boost_asio_functions, Executor>(std::move(executor));
}
// The executor of an io_context or a thread_pool.
template <class Context>
requires(std::is_convertible_v<Context&, boost::asio::execution_context&>)
    [[nodiscard]] auto propagate(Context& context) {
    return propagate(context.get_executor());
}

}  // namespace logkit
