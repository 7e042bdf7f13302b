// SPDX-License-Identifier: MIT
// Tests of somebody's, for command.sh: one that passes, one that fails, one that throws.
#include <stdexcept>
#define CATCH_CONFIG_MAIN
#include <logkit/adapter/catch2.hpp>
using logkit::catch2_listener;
CATCH_REGISTER_LISTENER(catch2_listener)

static int sum(int a, int b) {
    logkit::log.info("summed", logkit::kv("a", a));
    return a + b;
}

TEST_CASE("adds") {
    CHECK(sum(1, 2) == 3);
}
TEST_CASE("fails") {
    CHECK(sum(1, 1) == 3);
}
TEST_CASE("throws") {
    throw std::runtime_error("broken");
}
