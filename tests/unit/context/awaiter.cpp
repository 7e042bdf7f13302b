// SPDX-License-Identifier: MIT
#include <logkit/context/awaiter.hpp>

#include <string>

#include <support/catch.hpp>
#include <support/coroutines.hpp>

namespace {
struct free_one {};
std::suspend_never operator co_await(free_one) {
    return {};
}
}  // namespace

TEST_CASE("awaitables are told from other values") {
    using logkit::detail::is_awaitable;
    CHECK(is_awaitable<std::suspend_always>);
    CHECK(is_awaitable<support::basic_task<int, support::bare>>);
    CHECK(is_awaitable<free_one>);
    CHECK_FALSE(is_awaitable<int>);
    CHECK_FALSE(is_awaitable<std::string>);
    CHECK_FALSE(is_awaitable<int (*)()>);
}

TEST_CASE("an awaited temporary is kept, with its awaiter") {
    logkit::detail::awaited<free_one> kept([] { return free_one{}; });
    CHECK(kept.awaiter.await_ready());
    std::suspend_always lasting;
    logkit::detail::awaited<std::suspend_always&> referred([&]() -> std::suspend_always& { return lasting; });
    CHECK(&referred.awaiter == &lasting);
}
