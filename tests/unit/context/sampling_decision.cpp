// SPDX-License-Identifier: MIT
#include <logkit/context/sampling_decision.hpp>

#include <logkit/base/random.hpp>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("the share of sampled traces is the rate, for random and for counted ids alike") {
    id_generator ids;
    int random_ids = 0, counted = 0;
    for (std::uint64_t i = 1; i <= 100'000; ++i) {
        random_ids += is_sampled({ids.next(), ids.next()}, 0.1) ? 1 : 0;
        counted += is_sampled({0, i}, 0.1) ? 1 : 0;
    }
    CHECK(random_ids > 9'500);
    CHECK(random_ids < 10'500);
    CHECK(counted > 9'500);
    CHECK(counted < 10'500);
}

TEST_CASE("a trace is kept at every rate above one at which it is kept") {
    id_generator ids;
    for (int i = 0; i < 10'000; ++i) {
        const trace_identity trace{ids.next(), ids.next()};
        if (is_sampled(trace, 0.2)) CHECK(is_sampled(trace, 0.3));
        CHECK(is_sampled(trace, 1));
        CHECK_FALSE(is_sampled(trace, 0));
    }
}
