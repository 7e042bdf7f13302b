// SPDX-License-Identifier: MIT
#include <logkit/render/frame_text.hpp>

#include <string>
#include <vector>

#include <support/catch.hpp>

namespace {

using logkit::detail::is_runtime_frame;
using logkit::detail::qualified_name;
using logkit::detail::short_frame;

TEST_CASE("a frame keeps its name and its place, and loses what templates add") {
    CHECK(short_frame("shop::charge(int) (shop.cpp:33)") == "shop::charge(int) (shop.cpp:33)");
    CHECK(short_frame(
              "std::vector<int, std::allocator<int> >::_M_range_check(unsigned long) const (stl_vector.h:1153)") ==
          "std::vector<int>::_M_range_check(unsigned long) const (stl_vector.h:1153)");
    CHECK(
        short_frame("void shop::each<shop::order, shop::book::sell(int)::{lambda(auto:1)#1}>(std::vector<shop::order, "
                    "std::allocator<shop::order> >&, int) [with T = shop::order] (shop.hpp:7)") ==
        "void shop::each<…>(std::vector<shop::order>&, int) (shop.hpp:7)");
    CHECK(short_frame("shop::name[abi:cxx11](int) (shop.cpp:1)") == "shop::name(int) (shop.cpp:1)");
    CHECK(short_frame("shop::pay(int) [clone .cold] (shop.cpp:1)") == "shop::pay(int) (shop.cpp:1)");
    CHECK(short_frame("shop::less<int>::operator<(int) (a.hpp:2)") == "shop::less<int>::operator<(int) (a.hpp:2)");
    CHECK(short_frame("ns::operator<<(std::ostream&) (a.hpp:2)") == "ns::operator<<(std::ostream&) (a.hpp:2)");
    CHECK(short_frame("(anonymous namespace)::f() (a.cpp:2)") == "(anonymous namespace)::f() (a.cpp:2)");
    CHECK(short_frame("f<g(int)->h<i>, 0123456789>(…) (a.cpp:2)") == "f<g(int)->h<i>, 0123456789>(…) (a.cpp:2)");
    CHECK(short_frame("com.shop.Pay.charge (Pay.java:7)") == "com.shop.Pay.charge (Pay.java:7)");
    CHECK(short_frame("f<0123456789012345678901234>(a) (a.cpp:2)") == "f<…>(a) (a.cpp:2)");
    CHECK(short_frame(
              "shop::name(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&) "
              "(shop.cpp:1)") == "shop::name(std::string const&) (shop.cpp:1)");
    CHECK(short_frame("shop::sell()::{lambda(int)#1}::operator()(int) const (shop.cpp:1)") ==
          "shop::sell()::lambda#1::operator()(int) const (shop.cpp:1)");
    CHECK(short_frame("shop::pay(int) (app+0x1234 BuildId:0123456789abcdef)") == "shop::pay(int) (app+0x1234)");
    CHECK(short_frame("app+0x1234 BuildId:0123456789abcdef") == "app+0x1234");
    for (const char* const broken : {"", "<", ">", "f<", "f<<<<", "f(((", "[abi:", "f [with ", "<a", "operator"})
        CHECK(short_frame(broken).size() <= std::string_view(broken).size() + 8);
}

TEST_CASE("a function's name begins behind the type that it returns") {
    CHECK(qualified_name("shop::pay(int)") == "shop::pay(int)");
    CHECK(qualified_name("std::pair<a b, c> const shop::find<int>(int)") == "shop::find<int>(int)");
    CHECK(qualified_name("decltype(auto) shop::find<int>(int)") == "shop::find<int>(int)");
    CHECK(qualified_name("void (anonymous namespace)::f<int>(int)") == "(anonymous namespace)::f<int>(int)");
    CHECK(qualified_name("bool shop::operator< <int>(int)") == "shop::operator< <int>(int)");
    for (const char* const broken : {"", " ", "<", "(", "a (", "decltype(", "operator", "[", "a<b c"})
        CHECK(qualified_name(broken).size() <= std::string_view(broken).size());
}

TEST_CASE("frames of the runtime are told from the program's") {
    CHECK(is_runtime_frame("libc.so.6+0x2724a BuildId:0123456789abcdef"));
    CHECK(is_runtime_frame("__libc_start_main (libc.so.6+0x27305 BuildId:0123456789abcdef)"));
    CHECK(is_runtime_frame("bool std::equal<int>(int) (algorithm:3)"));
    CHECK(is_runtime_frame("__libc_start_call_main (libc_start_call_main.h:58)"));
    CHECK(is_runtime_frame("_start (app+0xddc1)"));
    CHECK(is_runtime_frame("0x1234"));
    CHECK_FALSE(is_runtime_frame("std::pair<int, int> shop::find<int>(int) (shop.cpp:3)"));
    CHECK_FALSE(is_runtime_frame("__init__ (app.py:3)"));
    CHECK_FALSE(is_runtime_frame(""));
}

}  // namespace
