// SPDX-License-Identifier: MIT
#include <logkit/render/terminal_text.hpp>

#include <support/catch.hpp>

using logkit::detail::harmless;

TEST_CASE("nothing that a terminal obeys passes") {
    CHECK(harmless("a\x1b[31mred\x07") == "a\\x1b[31mred\\x07");
    CHECK(harmless("line\nbreak\ttab\r") == "line\\nbreak\\ttab\\x0d");
    CHECK(harmless("\xc2\x9b"
                   "31m") == "\\x9b31m");  // C1 control sequence introducer
    CHECK(harmless("\xe2\x80\xae"
                   "evil") == "\\u202eevil");  // right-to-left override
    CHECK(harmless("\xe2\x81\xa6x\xe2\x81\xa9") == "\\u2066x\\u2069");
    CHECK(harmless("\x7f\x80") == "\\x7f\xef\xbf\xbd");
}

TEST_CASE("what people write passes unchanged") {
    const std::string text = "gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x98\x80";
    CHECK(harmless(text) == text);
    CHECK(logkit::detail::width_of("\xe2\x82\xac") == 1);
}
