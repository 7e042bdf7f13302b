// SPDX-License-Identifier: MIT
#include <logkit/base/inside.hpp>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("inside, no context is straight; after that, the one that was told last") {
    this_inside.tell(7);
    CHECK(this_inside.straight_context == 7);
    {
        const inside_scope outer;
        const inside_scope inner;
        CHECK(this_inside.straight_context == 0);
        outside([] {
            CHECK(this_inside.straight_context == 7);
            CHECK_FALSE(this_inside.is_inside);
            this_inside.tell(8);
        });
        CHECK(this_inside.is_inside);
        CHECK(this_inside.straight_context == 0);
    }
    CHECK(this_inside.straight_context == 8);
    this_inside.tell(0);
}

TEST_CASE("what is refused is counted") {
    const std::uint64_t before = refused_records.load();
    CHECK_FALSE(refuse_record());
    CHECK(refused_records.load() == before + 1);
}
