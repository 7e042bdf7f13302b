// SPDX-License-Identifier: MIT
#include <logkit/pipe/channel_pool.hpp>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("a ring that was given back is taken before a new one is made, the emptiest first") {
    channel_pool pool;
    channel& a = pool.acquire(8192);
    channel& b = pool.acquire(8192);
    CHECK(&a != &b);
    a.shared().write.store(64);
    pool.give_back(a);
    pool.give_back(b);
    CHECK(&pool.acquire(8192) == &b);
    CHECK(&pool.acquire(8192) == &a);
    CHECK(pool.most_owned() == 2);
    CHECK(pool.acquire(16384).mapping.capacity() == 16384);
    CHECK(pool.most_owned() == 3);
}
