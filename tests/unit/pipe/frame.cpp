// SPDX-License-Identifier: MIT
#include <logkit/pipe/frame.hpp>

#include <type_traits>

#include <support/catch.hpp>

using namespace logkit::detail;

// The layout is read by other processes: a change of it is a change of format.
static_assert(offsetof(frame_header, size) == 0 && offsetof(frame_header, site) == 4 &&
              offsetof(frame_header, ticks) == 8);
static_assert(offsetof(context_header, span_id) == 24 && offsetof(context_header, flags) == 72);
static_assert(std::is_trivially_copyable_v<frame_header> && std::is_trivially_copyable_v<context_header>);

TEST_CASE("the numbers of control frames and sites do not meet") {
    CHECK(thread_frame < first_site);
    CHECK((first_site & bound_bit) == 0);
}
