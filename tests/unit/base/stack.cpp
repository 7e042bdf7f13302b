// SPDX-License-Identifier: MIT
#include <logkit/base/stack.hpp>

#include <dlfcn.h>

#include <cstring>

#include <support/catch.hpp>

namespace {

// Returns whether some address of the stack is inside of its caller.
[[gnu::noinline]] std::size_t depth(int calls) {
    std::uint64_t addresses[64];
    const std::size_t n = logkit::detail::read_stack(addresses, 64, 0);
    if (calls == 0) return n;
    const std::size_t deeper = depth(calls - 1);
    return deeper > n ? deeper - n : 0;
}

}  // namespace

TEST_CASE("each call adds an address to the stack, and never more than there is room for") {
    CHECK(depth(1) == 1);
    std::uint64_t addresses[4] = {0, 0, 0, 42};
    CHECK(logkit::detail::read_stack(addresses, 3, 0) == 3);
    CHECK(addresses[3] == 42);
    CHECK(addresses[0] != 0);
    std::uint64_t all[64], rest[64];
    const std::size_t n = logkit::detail::read_stack(all, 64, 0), fewer = logkit::detail::read_stack(rest, 64, 2);
    CHECK(fewer + 2 == n);
    CHECK(rest[1] == all[3]);
}
