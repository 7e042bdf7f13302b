// SPDX-License-Identifier: MIT
#include <logkit/base/padded_text.hpp>

#include <string>
#include <vector>

#include <support/catch.hpp>

using logkit::detail::padded_text;

TEST_CASE("padded text copies itself whole, whatever its length, and touches no more than its slack") {
    for (std::size_t n = 0; n < 100; ++n) {
        const std::string text(n, 'x');
        const padded_text padded{text};
        CHECK(padded.size() == n);
        CHECK(padded.view() == text);
        std::vector<char> room(n + padded_text::slack + 1, '#');
        REQUIRE(padded.copy_to(room.data()) == room.data() + n);
        CHECK(std::string(room.data(), n) == text);
        CHECK(room.back() == '#');
    }
    padded_text again{"a long text which is then replaced by a short one"};
    again.assign("short");
    CHECK(again.view() == "short");
    CHECK(padded_text{}.size() == 0);
}
