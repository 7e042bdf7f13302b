// SPDX-License-Identifier: MIT
#include <logkit/base/decimal.hpp>

#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
template <class T>
std::string decimal(T value) {
    char text[longest_number];
    return {text, write_decimal(text, value)};
}
template <class T>
std::string number(T value) {
    char text[longest_number];
    return {text, write_float(text, value)};
}
}  // namespace

TEST_CASE("integers are exact at every length and at both ends") {
    std::uint64_t power = 1;
    for (int digits = 1; digits <= 19; ++digits, power *= 10) {
        for (const std::uint64_t v : {power - 1, power, power + 1}) {
            CHECK(decimal(v) == std::to_string(v));
            CHECK(decimal(-static_cast<std::int64_t>(v)) == std::to_string(-static_cast<std::int64_t>(v)));
        }
    }
    CHECK(decimal(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(decimal(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("floating point is short and keeps a point") {
    CHECK(number(12.75) == "12.75");
    CHECK(number(0.1) == "0.1");
    CHECK(number(3.0) == "3.0");
    CHECK(number(-2.5) == "-2.5");
    CHECK(number(0.0) == "0.0");
    CHECK(number(-0.0) == "-0.0");
    CHECK(number(1e300) == "1e+300");
    CHECK(number(0.000001) == "0.000001");
    CHECK(number(123456789.123456) == "123456789.123456");
    CHECK(number(0.1f) == "0.1");
    CHECK(number(16777216.0f) == "16777216.0");
}

TEST_CASE("what JSON has no number for is a text") {
    CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "\"NaN\"");
    CHECK(number(std::numeric_limits<double>::infinity()) == "\"Infinity\"");
    CHECK(number(-std::numeric_limits<float>::infinity()) == "\"-Infinity\"");
}

TEST_CASE("every double reads back as itself") {
    std::mt19937_64 random(42);
    const auto check = [](double v) {
        const std::string text = number(v);
        INFO(text);
        REQUIRE(text.size() <= longest_number);
        REQUIRE(std::strtod(text.c_str(), nullptr) == v);
    };
    for (int i = 0; i < 200'000; ++i) {
        double v = 0;
        const std::uint64_t bits = random();
        std::memcpy(&v, &bits, sizeof v);
        if (std::isfinite(v)) check(v);
        check(static_cast<double>(bits % 2'000'000'000) / 1000.0);              // what people log
        check(static_cast<double>(bits % 999'999'999'999) / 1e6);               // the edge of the short way
        check(std::nextafter(static_cast<double>(bits % 999'999) / 1e3, 1e9));  // not a short decimal
    }
    check(std::numeric_limits<double>::min());
    check(std::numeric_limits<double>::denorm_min());
    check(std::numeric_limits<double>::max());
}
