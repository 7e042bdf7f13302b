// SPDX-License-Identifier: MIT
#pragma once

// Work on other threads, under the context in force here: one line for each way to start it. Stage: adapter,
// opt-in.
//
//   std::jthread worker = logkit::start_jthread(work, argument);     std::thread: start_thread
//   std::future<int> n  = logkit::async(count, folder);              std::async
//   logkit::post(pool, task);                                        anything with post(callable)
//
// For what is not here: logkit::carry(work) is a callable like work (context/scope.hpp).

#include <future>
#include <thread>
#include <type_traits>
#include <utility>

#include <logkit/context/scope.hpp>

namespace logkit {

// A std::thread that calls `fn` with copies of the arguments, as its constructor does.
template <class Fn, class... A>
[[nodiscard]] std::thread start_thread(Fn&& fn, A&&... arguments) {
    return std::thread(carry(std::forward<Fn>(fn)), std::forward<A>(arguments)...);
}

// A std::jthread; `fn` may take a std::stop_token first.
template <class Fn, class... A>
[[nodiscard]] std::jthread start_jthread(Fn&& fn, A&&... arguments) {
    return std::jthread(carry(std::forward<Fn>(fn)), std::forward<A>(arguments)...);
}

// std::async on a thread of its own (std::launch::async), or as `policy` says.
template <class Fn, class... A>
[[nodiscard]] auto async(std::launch policy, Fn&& fn, A&&... arguments) {
    return std::async(policy, carry(std::forward<Fn>(fn)), std::forward<A>(arguments)...);
}
template <class Fn, class... A>
requires(!std::is_same_v<std::decay_t<Fn>, std::launch>) [[nodiscard]] auto async(Fn&& fn, A&&... arguments) {
    return logkit::async(std::launch::async, std::forward<Fn>(fn), std::forward<A>(arguments)...);
}

// executor.post(fn), and what that returns. Where an executor copies its tasks, `fn` must be copyable.
template <class Executor, class Fn>
decltype(auto) post(Executor& executor, Fn&& fn) {
    return executor.post(carry(std::forward<Fn>(fn)));
}

}  // namespace logkit
