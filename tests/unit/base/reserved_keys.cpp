// SPDX-License-Identifier: MIT
#include <logkit/base/reserved_keys.hpp>

#include <support/catch.hpp>

using logkit::detail::written_key;

TEST_CASE("the record's own names get an underscore, others stay") {
    CHECK(written_key("level") == "level_");
    CHECK(written_key("recovered") == "recovered_");
    CHECK(written_key("levels") == "levels");
    CHECK(written_key("") == "");
}
