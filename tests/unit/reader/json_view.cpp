// SPDX-License-Identifier: MIT
#include <logkit/reader/json_view.hpp>

#include <support/catch.hpp>

#include <vector>

namespace {

using logkit::find_inside;
using logkit::json_view;

TEST_CASE("a text is decoded, anything else is as it is written") {
    CHECK(json_view(R"("plain")").text() == "plain");
    CHECK(json_view(R"("a\"b\\c\/d\n\t\b\f\r")").text() == "a\"b\\c/d\n\t\b\f\r");
    CHECK(json_view(R"("\u00e9\u20ac\ud83d\ude00")").text() == "é€😀");
    CHECK(json_view("[1, 2]").text() == "[1, 2]");
    CHECK(json_view().text().empty());
    CHECK_FALSE(json_view().exists());
}

TEST_CASE("escapes that mean nothing do no harm") {
    CHECK(json_view(R"("\ud83d")").text() == "\xef\xbf\xbd");
    CHECK(json_view(R"("\ude00x")").text() == "\xef\xbf\xbdx");
    CHECK(json_view(R"("\ud83d\u0041")").text() ==
          "\xef\xbf\xbd"
          "A");
    CHECK(json_view(R"("\u12")").text() == "\xef\xbf\xbd");
    CHECK(json_view(R"("\u12zz")").text() == "\xef\xbf\xbd");
    CHECK(json_view("\"\\").text().empty());
    CHECK(json_view("\"").text().empty());
}

TEST_CASE("numbers are read exactly, also where a text spells them") {
    CHECK(json_view("9223372036854775807").integer() == INT64_MAX);
    CHECK(json_view("-3").integer() == -3);
    CHECK(json_view(R"("42")").integer() == 42);
    CHECK(json_view("1.5e3").number() == 1500);
    CHECK_FALSE(json_view("1.5").integer());
    CHECK_FALSE(json_view("true").number());
    CHECK_FALSE(json_view(R"("4x")").number());
    CHECK_FALSE(json_view().number());
    CHECK_FALSE(json_view(R"("NaN")").number());
    CHECK_FALSE(json_view(R"("-Infinity")").number());
}

TEST_CASE("a text is compared by what it means") {
    CHECK(json_view(R"("\u0041da")") == "Ada");
    CHECK(json_view("12") == "12");
    CHECK_FALSE(json_view("12") == "12.0");
    CHECK_FALSE(json_view() == "x");
}

TEST_CASE("members of objects are found by key and by path") {
    const json_view object(R"({"a":1,"b":{"c":[1,{"d":2}],"e":"}\""},"b.x":3,"é":4})");
    CHECK(find_inside(object, "a").json() == "1");
    CHECK(find_inside(object, "b.c").json() == R"([1,{"d":2}])");
    CHECK(find_inside(object, "b.e").text() == "}\"");
    CHECK(find_inside(object, "b.x").json() == "3");
    CHECK(find_inside(object, "é").json() == "4");
    CHECK_FALSE(find_inside(object, "b.c.d").exists());
    CHECK_FALSE(find_inside(object, "nope").exists());
    CHECK_FALSE(find_inside(json_view("7"), "a").exists());
}

TEST_CASE("items of arrays come in order, and broken containers end") {
    std::vector<std::string> items;
    const auto collect = [&](std::string_view, json_view item) {
        items.emplace_back(item.json());
        return true;
    };
    logkit::detail::for_each_inside(json_view(R"([1, "a,b" ,[2,3],{"x":[]},null])"), collect);
    CHECK(items == std::vector<std::string>{"1", "\"a,b\"", "[2,3]", "{\"x\":[]}", "null"});
    for (const char* broken :
         {"[", "{", "[1", "{\"a", "{\"a\":", "{\"a\":}", "[,]", "[]]", "{1:2}", "[\"", "{\"a\":[}"})
        logkit::detail::for_each_inside(json_view(broken), collect);
    CHECK(items.size() < 20);
}

}  // namespace
