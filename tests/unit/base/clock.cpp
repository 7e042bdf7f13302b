// SPDX-License-Identifier: MIT
#include <logkit/base/clock.hpp>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("ticks become the system's time, to the millisecond") {
    clock_calibration clock;
    for (int i = 0; i < 100; ++i) {
        clock.refresh();
        const std::uint64_t before = clock_ns(CLOCK_REALTIME), now = clock.unix_ns(ticks()),
                            after = clock_ns(CLOCK_REALTIME);
        CHECK(now + 1'000'000 >= before);
        CHECK(now <= after + 1'000'000);
    }
}

TEST_CASE("a duration is measured, and never negative") {
    const clock_calibration clock;
    const std::uint64_t t0 = ticks(), real0 = clock_ns(CLOCK_MONOTONIC);
    while (clock_ns(CLOCK_MONOTONIC) - real0 < 5'000'000) {
    }
    const std::uint64_t measured = clock.duration_ns(t0, ticks());
    CHECK(measured > 4'900'000);
    CHECK(clock.duration_ns(t0 + 1, t0) == 0);
}
