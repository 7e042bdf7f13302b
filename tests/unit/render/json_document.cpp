// SPDX-License-Identifier: MIT
#include <logkit/render/json_document.hpp>

#include <random>
#include <string>

#include <logkit.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::detail::append_json_document;
using nlohmann::json;

TEST_CASE("valid documents are copied on one line, invalid ones refused whole") {
    std::string out = "before";
    CHECK(append_json_document(out, " { \"a\" : [ 1 , -2.5e+3, true,false , null, \"\\u00e9\\n\" ] } ", "", 0));
    CHECK(out == R"(before{"a":[1,-2.5e+3,true,false,null,"\u00e9\n"]})");
    out = "before";
    CHECK_FALSE(append_json_document(out, "{\"a\":[1,2}", "", 0));
    CHECK(out == "before");
}

TEST_CASE("it accepts exactly what a JSON parser accepts, under random damage") {
    std::mt19937 random(3);
    const std::string valid = R"({"a":[1,2.5,-0,1e9,{"b":"x\"y\\z","c":null}],"d":true,"e":{},"f":[[]],"g":"\u12ab"})";
    for (int i = 0; i < 50'000; ++i) {
        std::string text = valid;
        for (auto n = random() % 3; n != 0; --n) {
            const std::size_t at = random() % text.size();
            if (random() % 2 == 0)
                text.erase(at, 1 + random() % 3);
            else
                text[at] = "{}[]\",:0123456789.eE+-tfn\\u \x01"[random() % 28U];
        }
        std::string out;
        INFO(text);
        REQUIRE(append_json_document(out, text, "", 0) == json::accept(text));
        if (!out.empty()) REQUIRE(json::parse(out) == json::parse(text));
    }
}

TEST_CASE("a million brackets end in a refusal, not in a crash") {
    std::string out;
    CHECK_FALSE(append_json_document(out, std::string(1'000'000, '['), "", 0));
}

TEST_CASE("no spelling of a key escapes redaction") {
    const std::string u = "\\u";
    std::string out;
    CHECK(append_json_document(
        out, "{\"pass" + u + "0077ord\":\"hunter2\",\"" + u + "0061pi" + u + "005fkey\":1,\"fine\":2}", "", 0));
    CHECK(out == "{\"pass" + u + "0077ord\":\"***\",\"" + u + "0061pi" + u + "005fkey\":\"***\",\"fine\":2}");
}
