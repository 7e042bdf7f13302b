// SPDX-License-Identifier: MIT
#include <logkit/base/duration.hpp>

#include <chrono>

#include <support/catch.hpp>

using namespace std::chrono_literals;
using namespace logkit::detail;

TEST_CASE("durations of any unit convert") {
    CHECK(to_nanoseconds(3us) == 3000);
    CHECK(to_nanoseconds(2min) == 120'000'000'000);
    CHECK(to_nanoseconds(std::chrono::duration<double>(0.5)) == 500'000'000);
    CHECK(to_milliseconds(1500us) == 1.5);
    CHECK(to_milliseconds(-2s) == -2000);
}

TEST_CASE("what is too long saturates") {
    CHECK(to_nanoseconds(std::chrono::hours::max()) == INT64_MAX);
    CHECK(to_nanoseconds(std::chrono::hours::min()) == INT64_MIN);
}

static_assert(duration_like<std::chrono::seconds> && !duration_like<int>);
static_assert(time_point_like<std::chrono::system_clock::time_point> && !time_point_like<std::chrono::seconds>);
