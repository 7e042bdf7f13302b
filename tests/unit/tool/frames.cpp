// SPDX-License-Identifier: MIT
#include "insight/frames.hpp"

#include <support/catch.hpp>

namespace {

using frames = std::vector<std::string>;

TEST_CASE("own frames stand in front, and the others are counted") {
    CHECK(insight::told_stack({"std::vector<int>::at(unsigned long) (vector:9)", "shop::charge(int) (shop.cpp:33)",
                               "std::invoke(int) (functional:1)", "main (shop.cpp:99)"}) ==
          frames{"shop::charge(int) (shop.cpp:33)", "main (shop.cpp:99)",
                 "… and 2 of libraries, the innermost std::vector<int>::at(unsigned long) (vector:9)"});
    CHECK(insight::told_stack({"std::terminate (libstdc++.so)"}) == frames{"std::terminate (libstdc++.so)"});
    CHECK(insight::told_stack({}).empty());
    const frames deep(100, "shop::again(int) (shop.cpp:1)");
    CHECK(insight::told_stack(deep).size() == 13);
    CHECK(insight::told_stack(deep).back() == "… and 88 more");
}

TEST_CASE("a function is the program's own by its name, not by what it returns") {
    CHECK(insight::is_own_frame("std::pair<int, int> shop::find<int>(int) (shop.cpp:3)"));
    CHECK(insight::is_own_frame("shop::pay(int) (libshop.so+0x1234 BuildId:0123456789abcdef)"));
    CHECK(insight::is_own_frame("app+0x1234 BuildId:0123456789abcdef"));
    CHECK_FALSE(insight::is_own_frame("bool std::operator==<char>(char const*) (string:3)"));
    CHECK_FALSE(
        insight::is_own_frame("auto logkit::captured<shop::pay(int)::{lambda()#1}>(char const*) (capture.hpp:3)"));
    CHECK_FALSE(insight::is_own_frame("libshop.so+0x1234 BuildId:0123456789abcdef"));
    CHECK_FALSE(insight::is_own_frame("__libc_start_main (libc.so.6+0x27305 BuildId:0123456789abcdef)"));
    CHECK(insight::own_frame({"app+0x1234 BuildId:0123456789abcdef"}) == "app+0x1234");
}

}  // namespace
