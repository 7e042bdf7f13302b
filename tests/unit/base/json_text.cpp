// SPDX-License-Identifier: MIT
#include <logkit/base/json_text.hpp>

#include <random>
#include <string>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::detail::json_string;
using nlohmann::json;

TEST_CASE("every byte value at every position around a block's edge is escaped as JSON demands") {
    for (int c = 0; c < 128; ++c) {
        for (std::size_t before = 0; before < 40; ++before) {
            const std::string text = std::string(before, 'a') + static_cast<char>(c) + std::string(before % 19, 'z');
            REQUIRE(json::parse(json_string(text)).get<std::string>() == text);
        }
    }
}

TEST_CASE("the short escapes are used") {
    CHECK(json_string("\"\\\b\f\n\r\t/") == R"("\"\\\b\f\n\r\t/")");
    CHECK(json_string(std::string_view("\0\x1f", 2)) == R"("\u0000\u001f")");
}

TEST_CASE("well-formed UTF-8 passes unchanged") {
    const std::string text = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf";
    CHECK(json_string(text) == '"' + text + '"');
}

TEST_CASE("ill-formed UTF-8 becomes one U+FFFD for each maximal subpart") {
    const std::string r = "\xef\xbf\xbd";
    CHECK(json_string("\x80") == '"' + r + '"');
    CHECK(json_string("a\xff"
                      "b") == "\"a" + r + "b\"");
    CHECK(json_string("\xc0\xaf") == '"' + r + r + '"');                  // overlong
    CHECK(json_string("\xed\xa0\x80") == '"' + r + r + r + '"');          // a surrogate
    CHECK(json_string("\xf4\x90\x80\x80") == '"' + r + r + r + r + '"');  // above U+10FFFF
    CHECK(json_string("\xe2\x82") == '"' + r + '"');                      // cut short
    CHECK(json_string("\xe2\x82x") == '"' + r + "x\"");
    CHECK(json_string("\xf0\x9f\x98\xf0\x9f\x98\x80") == '"' + r + "\xf0\x9f\x98\x80\"");
}

TEST_CASE("random bytes of any length always give a valid JSON string") {
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string text(random() % 70, '\0');
        for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : 'a' + random() % 26);
        REQUIRE(json::accept(json_string(text)));
    }
}

TEST_CASE("a long text is split between sequences, never inside one") {
    std::string text;
    while (text.size() < 3 * 4096 + 100) text += "x\xf0\x9f\x98\x80\xe2\x82\xac";
    for (std::size_t cut = 0; cut < 8; ++cut) {
        const std::string part = std::string(cut, 'a') + text;
        REQUIRE(json::parse(json_string(part)).get<std::string>() == part);
    }
}
