// SPDX-License-Identifier: MIT
#include "insight/frames.hpp"

#include <support/catch.hpp>

namespace {

using insight::short_frame;
using frames = std::vector<std::string>;

TEST_CASE("a frame keeps its name and its place, and loses what templates add") {
    CHECK(short_frame("shop::charge(int) (shop.cpp:33)") == "shop::charge(int) (shop.cpp:33)");
    CHECK(short_frame(
              "std::vector<int, std::allocator<int> >::_M_range_check(unsigned long) const (stl_vector.h:1153)") ==
          "std::vector<…>::_M_range_check(unsigned long) const (stl_vector.h:1153)");
    CHECK(
        short_frame("void shop::each<shop::order, shop::book::sell(int)::{lambda(auto:1)#1}>(std::vector<shop::order, "
                    "std::allocator<shop::order> >&, int) [with T = shop::order] (shop.hpp:7)") ==
        "void shop::each<…>(…) (shop.hpp:7)");
    CHECK(short_frame("shop::name[abi:cxx11](int) (shop.cpp:1)") == "shop::name(int) (shop.cpp:1)");
    CHECK(short_frame("shop::pay(int) [clone .cold] (shop.cpp:1)") == "shop::pay(int) (shop.cpp:1)");
    CHECK(short_frame("shop::less<int>::operator<(int) (a.hpp:2)") == "shop::less<int>::operator<(int) (a.hpp:2)");
    CHECK(short_frame("ns::operator<<(std::ostream&) (a.hpp:2)") == "ns::operator<<(std::ostream&) (a.hpp:2)");
    CHECK(short_frame("(anonymous namespace)::f() (a.cpp:2)") == "(anonymous namespace)::f() (a.cpp:2)");
    CHECK(short_frame("f<g(int)->h<i>, 0123456789>(…) (a.cpp:2)") == "f<…>(…) (a.cpp:2)");
    CHECK(short_frame("com.shop.Pay.charge (Pay.java:7)") == "com.shop.Pay.charge (Pay.java:7)");
    for (const char* const broken : {"", "<", ">", "f<", "f<<<<", "f(((", "[abi:", "f [with ", "<a", "operator"})
        CHECK(short_frame(broken).size() <= std::string_view(broken).size() + 8);
}

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

}  // namespace
