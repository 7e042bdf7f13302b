// SPDX-License-Identifier: MIT
#include <logkit/base/trimmed.hpp>

#include <support/catch.hpp>

TEST_CASE("spaces and tabs go at both ends, and nothing else goes") {
    using logkit::detail::trimmed;
    CHECK(trimmed(" \t a b\t ") == "a b");
    CHECK(trimmed("a") == "a");
    CHECK(trimmed(" \t").empty());
    CHECK(trimmed("").empty());
    CHECK(trimmed("\na\n") == "\na\n");
}
