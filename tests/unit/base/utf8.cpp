// SPDX-License-Identifier: MIT
#include <logkit/base/utf8.hpp>

#include <support/catch.hpp>

#include <string>

namespace {

using namespace logkit::detail;

TEST_CASE("every code point becomes a sequence that is taken whole and stands for it") {
    std::uint32_t wrong = 0;
    for (std::uint32_t code = 0; code < 0x110000; ++code) {
        if (code >= 0xd800 && code < 0xe000) continue;
        std::string text;
        append_utf8(text, code);
        std::string_view rest = text;
        const std::string_view sequence = take_utf8(rest);
        if (sequence != text || !rest.empty() || code_point_of(sequence) != code) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("an ill-formed sequence is taken as U+FFFD, and what is behind it stays") {
    for (const std::string_view bad : {"\x80", "\xff", "\xc0", "\xe2\x82", "\xf0\x9f\x98", "\xed"}) {
        const std::string text = std::string(bad) + "x";
        std::string_view rest = text;
        CHECK(take_utf8(rest) == "\xef\xbf\xbd");
        CHECK(rest == "x");
    }
}

}  // namespace
