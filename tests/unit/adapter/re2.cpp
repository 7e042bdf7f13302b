// SPDX-License-Identifier: MIT
#include <logkit/adapter/re2.hpp>

#include <string>

#include <support/catch.hpp>

using logkit::re2_finder;
using span = std::pair<std::size_t, std::size_t>;

TEST_CASE("an expression finds what it matches, or its first group, one after the other") {
    const auto plate = re2_finder("\\b[A-Z]{1,3}-[A-Z]{2} \\d{1,4}\\b"), pin = re2_finder("pin is (\\d+)");
    const std::string text = "B-AB 12 and HH-XY 1234";
    CHECK(plate(text, 0) == span{0, 7});
    CHECK(plate(text, 7) == span{12, 22});
    CHECK_FALSE(plate(text, 22).has_value());
    CHECK(pin("the pin is 1234.", 0) == span{11, 15});
    CHECK_FALSE(re2_finder("x*y?(z*)x")("ax", 0) == span{0, 0});
}

TEST_CASE("what is no expression, or matches nothing at all, is refused") {
    CHECK_THROWS_AS(re2_finder("(a"), std::invalid_argument);
    CHECK_THROWS_AS(re2_finder("a*"), std::invalid_argument);
}
