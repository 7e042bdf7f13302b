// SPDX-License-Identifier: MIT
#include <logkit/base/hex.hpp>

#include <cstdio>
#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("hex digits are those of printf, and read back") {
    std::uint64_t value = 1;
    for (int i = 0; i < 1000; ++i, value = value * 6364136223846793005ULL + 1442695040888963407ULL) {
        char text[16], expected[17];
        REQUIRE(write_hex(text, value) == text + 16);
        std::snprintf(expected, sizeof expected, "%016llx", static_cast<unsigned long long>(value));
        REQUIRE(std::string(text, 16) == expected);
        REQUIRE(parse_hex({text, 16}) == value);
    }
}

TEST_CASE("what is not hexadecimal is refused") {
    for (const char* text : {"", "g", "0x1", "12345678901234567", "AB"}) CHECK_FALSE(parse_hex(text).has_value());
    CHECK(parse_hex("AB", true) == 0xab);
}
