// SPDX-License-Identifier: MIT
#include <logkit/base/text_parts.hpp>

#include <support/catch.hpp>

TEST_CASE("spaces and tabs go at both ends, and nothing else goes") {
    using logkit::detail::trimmed;
    CHECK(trimmed(" \t a b\t ") == "a b");
    CHECK(trimmed("a") == "a");
    CHECK(trimmed(" \t").empty());
    CHECK(trimmed("").empty());
    CHECK(trimmed("\na\n") == "\na\n");
}

TEST_CASE("a line says whether it is indented, and loses the return of another system") {
    using namespace logkit::detail;
    CHECK(is_indented(" a"));
    CHECK(is_indented("\ta"));
    CHECK_FALSE(is_indented("a "));
    CHECK_FALSE(is_indented(""));
    CHECK(without_return("a\r") == "a");
    CHECK(without_return("a\r\r") == "a\r");
    CHECK(without_return("\ra") == "\ra");
}

TEST_CASE("a string of JSON loses its quotes, anything else nothing") {
    using logkit::detail::within_quotes;
    CHECK(within_quotes(R"("a\"")") == R"(a\")");
    CHECK(within_quotes(R"("")").empty());
    CHECK(within_quotes(R"(")") == R"(")");
    CHECK(within_quotes("[1]") == "[1]");
}

TEST_CASE("pieces come off up to each separator, and the last one without") {
    using logkit::detail::take_until;
    std::string_view text = "a,,bc";
    CHECK(take_until(text, ',') == "a");
    CHECK(take_until(text, ',').empty());
    CHECK(text == "bc");
    CHECK(take_until(text, ',') == "bc");
    CHECK(text.empty());
    CHECK(take_until(text, ',').empty());
    std::string_view ended = "a,";
    CHECK(take_until(ended, ',') == "a");
    CHECK(ended.empty());
}
