// SPDX-License-Identifier: MIT
#include <logkit/call/key.hpp>

#include <string>

#include <support/catch.hpp>

TEST_CASE("two literals of the same text are the same key") {
    constexpr logkit::key a = "files", b = "files", c = "file";
    CHECK(a.hash() == b.hash());
    CHECK(a.hash() != c.hash());
    CHECK(std::string(a.name()) == "files");
}
