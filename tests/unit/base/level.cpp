// SPDX-License-Identifier: MIT
#include <logkit/base/level.hpp>

#include <support/catch.hpp>

using logkit::level;
using logkit::level_from_name;

TEST_CASE("a level's name reads back as that level") {
    for (const level l :
         {level::trace, level::debug, level::info, level::warning, level::error, level::critical, level::off})
        CHECK(level_from_name(to_string(l)) == l);
}

TEST_CASE("level names are understood in any case, with the usual short forms") {
    CHECK(level_from_name("WARNING") == level::warning);
    CHECK(level_from_name("Warn") == level::warning);
    CHECK(level_from_name("err") == level::error);
    CHECK(level_from_name("FATAL") == level::critical);
}

TEST_CASE("what names no level is refused") {
    for (const char* text : {"", "inf", "infos", " info", "2", "verbose"})
        CHECK_FALSE(level_from_name(text).has_value());
}
