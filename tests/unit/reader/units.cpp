// SPDX-License-Identifier: MIT
#include <logkit/reader/units.hpp>

#include <support/catch.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

using namespace logkit::detail;

// Each unit's kind and how many lines it has: "record 1, text 3".
std::string kinds(std::string_view text) {
    constexpr const char* names[] = {"record", "joined", "items", "prefixed", "text", "nothing"};
    std::string out;
    while (!text.empty()) {
        const unit u = take_unit(text);
        if (u.kind == unit_kind::nothing) continue;
        out += (out.empty() ? "" : ", ") + std::string(names[static_cast<int>(u.kind)]) + ' ' +
               std::to_string(1 + std::count(u.lines.begin(), u.lines.end(), '\n'));
    }
    return out;
}

TEST_CASE("lines that belong together are one unit") {
    CHECK(kinds("{\"a\":1}\n{\"a\":2}\r\n\n") == "record 1, record 1");
    CHECK(kinds("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\"a\":2}\n") == "joined 5, record 1");
    CHECK(kinds("[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]\n") == "joined 3, joined 3");
    CHECK(kinds("[{\"a\":1},{\"a\":2}]\n") == "items 1");
    CHECK(kinds("[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n") == "items 1, items 1, items 1");
    CHECK(kinds("web-1  | {\"a\":1}\n[pod/x] { \"a\":1}\n[error] {no json}\n") == "prefixed 1, prefixed 1, text 1");
}

TEST_CASE("a torn record does not swallow those behind it") {
    CHECK(kinds("{\"a\":{\n{\"a\":2}\n") == "record 1, record 1");
    CHECK(kinds("{\"a\":1,\n{\"b\":2}\n") == "record 1, record 1");
    CHECK(kinds("{\"a\":\"torn\n{\"b\":2}\n") == "record 1, record 1");
}

TEST_CASE("a text of several lines is one unit, and ends where something else begins") {
    CHECK(kinds("starting\nlistening\n") == "text 1, text 1");
    CHECK(kinds("a\n  of two lines\nb\n") == "text 2, text 1");
    CHECK(kinds("panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/a.go:1\nexit status 2\nnext\n") == "text 6, text 1");
    CHECK(kinds("panic: x\n\ngoroutine 1 [running]:\nmain.f()\n{\"a\":1}\n") == "text 4, record 1");
    CHECK(
        kinds(
            "Traceback (most recent call last):\n  File \"a\", line 1, in f\nKeyError: 1\n\nThe above exception was "
            "the "
            "direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"b\", line 1, in "
            "g\nValueError: 2\nnext\n") == "text 9, text 1");
    CHECK(kinds("java.lang.E: m\n\tat a.b(C.java:1)\nCaused by: F\n\tat c.d(C.java:2)\n\t... 1 more\nnext\n") ==
          "text 5, text 1");
    CHECK(kinds("Error: boom\n    at f (a.js:1:1)\n    at g (a.js:2:1)\n\nNode.js v18\n") == "text 3, text 1");
    CHECK(kinds("thread 'main' panicked at src/main.rs:1:1:\nno\nnote: run with\nnext\n") == "text 3, text 1");
    CHECK(kinds("==1==ERROR: AddressSanitizer: x\n    #0 f\n\nfreed by\n    #0 g\n==1==ABORTING\nnext\n") ==
          "text 6, text 1");
    CHECK(kinds("==================\nWARNING: ThreadSanitizer: data race\n  Write\n\n    #0 "
                "f\n==================\nnext\n") == "text 6, text 1");
}

TEST_CASE("every byte belongs to one unit, whatever the text, and cuts are where units begin") {
    const std::string pieces[] = {"{\"a\":1}",  "{",
                                  "}",          "[",
                                  "]",          ",",
                                  "\"a\": 1",   "\n",
                                  "\n",         "\n",
                                  "  ",         "\t",
                                  "panic: x",   "Traceback (most recent call last)",
                                  "at f (x:1)", "x",
                                  "{\"a\":{",   "exit status 2",
                                  "\r",         "==================",
                                  "Sanitizer: "};
    std::mt19937 dice(11);
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = dice() % 40; n != 0; --n) text += pieces[dice() % std::size(pieces)];
        std::size_t taken = 0;
        for (std::string_view rest = text; !rest.empty();) {
            const std::size_t before = rest.size();
            const unit u = take_unit(rest);
            REQUIRE(rest.size() < before);
            REQUIRE(u.lines.size() <= before - rest.size());
            taken += before - rest.size();
        }
        REQUIRE(taken == text.size());
        for (const std::size_t cut : {unit_start_before(text), unit_start_from(text)}) {
            REQUIRE(cut <= text.size());
            if (cut != 0) REQUIRE(text[cut - 1] == '\n');
        }
    }
}

TEST_CASE("a cut keeps together what belongs together") {
    const std::string log = "{\"a\":1}\npanic: x\n\n\t/a.go:1\n";
    CHECK(unit_start_before(log) == 0);
    CHECK(unit_start_before("{\"a\":0}\n" + log) == 8);
    CHECK(unit_start_from("goroutine 1\n\t/a.go:1\n" + log) == 21);
    const std::string cri =
        "2026-02-03T09:10:11.123456789Z stdout P {\"a\":\n2026-02-03T09:10:11.123456789Z stdout F 1}\n";
    CHECK(unit_start_before("2026-02-03T09:10:11.123456789Z stdout F {\"a\":0}\n" + cri) == 48);
}

}  // namespace
