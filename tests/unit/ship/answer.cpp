// SPDX-License-Identifier: MIT
#include <logkit/ship/answer.hpp>

#include <random>
#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("an answer gives position, hash, and what was rejected") {
    const server_answer said = read_server_answer(
        R"( {"accepted":3, "position": 9007199254740993, "hash":"ab", "more":[1,{"x":null}],
             "rejected":[{"position":5,"reason":"too \"deep\""},{"position":9}]} )");
    CHECK(said.accepted == 3);
    CHECK(said.position == 9007199254740993U);
    CHECK(said.hash == "ab");
    REQUIRE(said.refused.size() == 2);
    CHECK(said.refused[0].reason == "too \"deep\"");
    CHECK(said.refused[1].position == 9);
}

TEST_CASE("an error gives its code, and where the server stands") {
    const server_answer said = read_server_answer(
        R"({"error":{"code":"stream_gap","message":"a gap","details":[{"position":7,"hash":"h"}]}})");
    CHECK(said.code == "stream_gap");
    CHECK(said.message == "a gap");
    CHECK(said.position == 7U);
    CHECK(said.hash == "h");
}

TEST_CASE("what is no whole JSON object says nothing") {
    const std::string whole =
        R"({"accepted":1,"position":12,"hash":"a\u00e9\n","rejected":[{"position":1,"reason":"x"}]})";
    CHECK(read_server_answer(whole).position == 12U);
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK(!read_server_answer(whole.substr(0, n)).position.has_value());
    for (const char* odd :
         {"<html>{\"position\":1}</html>", "[1]", "\"position\"", "{\"position\":1}x", "{\"position\":-1}",
          "{\"position\":1.5}", "{\"position\":\"1\"}", "{\"position\":18446744073709551616}", "null"})
        CHECK(!read_server_answer(odd).position.has_value());
    CHECK(!read_server_answer(std::string(100'000, '[')).position.has_value());
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {  // whatever comes: no crash, no hang
        std::string text = whole;
        for (int k = 0; k < 3; ++k) text[random() % text.size()] = static_cast<char>(random() % 256);
        (void)read_server_answer(text);
    }
}
