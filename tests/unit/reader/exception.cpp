// SPDX-License-Identifier: MIT
#include <logkit/reader/exception.hpp>
#include <logkit/reader/line_parser.hpp>

#include <support/catch.hpp>

namespace {

logkit::detail::exception_story story_of(std::string_view line) {
    logkit::detail::line_parser parser;
    REQUIRE(parser.parse_copy(line) == logkit::detail::line_state::whole);
    return logkit::exception_of(parser.entry());
}

TEST_CASE("exc_info is read whole, with its causes") {
    const auto story = story_of(
        R"j({"exc_info":{"type":"A","what":"w","code":7,"category":"c","stack":["f (x:1)","g"],"nested":[{"type":"B","what":"v","stack":[]}]}})j");
    CHECK(story.type == "A");
    CHECK(story.what == "w");
    CHECK(story.code == 7);
    CHECK(story.stack == std::vector<std::string>{"f (x:1)", "g"});
    REQUIRE(story.nested.size() == 1);
    CHECK(story.nested[0].type == "B");
}

TEST_CASE("what other loggers write of exceptions is read") {
    CHECK(
        story_of(
            R"j({"level":50,"msg":"m","err":{"type":"TypeError","message":"x","stack":"TypeError: x\n    at f (a.js:1)\n    at g"}})j")
            .stack == std::vector<std::string>{"f (a.js:1)", "g"});
    CHECK(story_of(R"({"level":"error","msg":"m","error":"no route","stacktrace":"main.f\n\ta.go:1"})").what ==
          "no route");
    CHECK(story_of(R"({"message":"m","error":{"type":"E","message":"w","stack_trace":"s"}})").type == "E");
    CHECK(story_of(R"({"message":"m","error.type":"E","error.message":"w","error.stack_trace":"s"})").what == "w");
    CHECK(story_of(R"({"event":"m","exception":"Traceback:\n  x"})").what == "Traceback:\n  x");
    CHECK(story_of(R"({"msg":"m"})").type.empty());
}

TEST_CASE("causes of causes end somewhere") {
    std::string deep = R"({"type":"x","what":"","stack":[]})";
    for (int i = 0; i < 200; ++i) deep = R"({"type":"x","what":"","stack":[],"nested":[)" + deep + "]}";
    auto story = story_of("{\"exc_info\":" + deep + "}");
    int depth = 0;
    for (const auto* s = &story; !s->nested.empty(); s = &s->nested.front()) ++depth;
    CHECK(depth == 16);
}

}  // namespace
