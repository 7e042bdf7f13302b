// SPDX-License-Identifier: MIT
#include <logkit/process/value.hpp>

#include <limits>
#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;

TEST_CASE("a value compares with what it came from, and tells its kind") {
    const logkit::testing::capture_logs logs;
    logkit::log.info("values", kv("i", -3), kv("u", std::numeric_limits<std::uint64_t>::max()), kv("d", 0.5),
                     kv("b", false), kv("t", "text"), kv("n", nullptr), kv("l", std::vector<int>{1}));
    const auto r = logs.last();
    CHECK(r["i"] == -3);
    CHECK(r["i"].integer() == -3);
    CHECK(r["u"] == std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(r["u"].integer().has_value());
    CHECK(r["d"] == 0.5);
    CHECK(r["b"] == false);
    CHECK_FALSE(r["b"] == 0);
    CHECK(r["t"] == "text");
    CHECK(r["t"] == std::string("text"));
    CHECK_FALSE(r["t"].number().has_value());
    CHECK(r["n"].is_null());
    CHECK(r["l"].is_nested());
    CHECK(r["l"].json() == "[1]");
    CHECK(format_as(r["t"]) == "text");
    CHECK(format_as(r["d"]) == "0.5");
    CHECK(r["missing"].is_null());
}
