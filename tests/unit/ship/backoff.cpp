// SPDX-License-Identifier: MIT
#include <logkit/ship/backoff.hpp>

#include <support/catch.hpp>

using logkit::detail::backoff;

TEST_CASE("the wait grows from half a second to its limit, for ever") {
    constexpr std::uint64_t limit = 60'000'000'000;
    backoff wait(limit);
    std::uint64_t ceiling = 500'000'000;
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t ns = wait.next(0x9e3779b97f4a7c15U * static_cast<std::uint64_t>(i + 1));
        CHECK(ns <= ceiling);
        CHECK(ns >= ceiling / 10);
        ceiling = ceiling * 2 < limit ? ceiling * 2 : limit;
    }
    CHECK(wait.failures() == 200);
    wait.succeeded();
    CHECK(wait.next(UINT64_MAX) <= 500'000'000);
}

TEST_CASE("what the server asks for is obeyed, up to a quarter of an hour") {
    backoff wait(1'000'000'000);
    CHECK(wait.next(1, 7) == 7'000'000'000);
    CHECK(wait.next(1, 1'000'000) == 900'000'000'000);
    CHECK(wait.next(0, 0) > 0);
}
