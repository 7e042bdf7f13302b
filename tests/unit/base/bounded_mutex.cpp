// SPDX-License-Identifier: MIT
#include <logkit/base/bounded_mutex.hpp>

#include <thread>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("it excludes, and nobody waits beyond his deadline") {
    bounded_mutex mutex;
    int counted = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                const std::lock_guard lock(mutex);
                ++counted;
            }
        });
    for (std::thread& t : threads) t.join();
    CHECK(counted == 80'000);
    mutex.lock();
    std::thread([&] {
        CHECK_FALSE(mutex.try_lock());
        CHECK_FALSE(mutex.try_lock_until(deadline_after(5'000'000)));
        CHECK_FALSE(mutex.try_lock_until(0));
    }).join();
    CHECK_FALSE(mutex.has_waiters());
    std::thread waiter([&] {
        CHECK(mutex.try_lock_until(UINT64_MAX));
        mutex.unlock();
    });
    while (!mutex.has_waiters()) std::this_thread::yield();
    mutex.unlock();
    waiter.join();
}

TEST_CASE("a deadline is never in the past for want of room") {
    CHECK(deadline_after(UINT64_MAX) == UINT64_MAX);
    CHECK(deadline_after(1'000'000'000) > clock_ns(CLOCK_MONOTONIC));
}
