// SPDX-License-Identifier: MIT
#include <logkit/call/message.hpp>

#include <memory>
#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;

TEST_CASE("placeholders are filled by position, fields stand apart") {
    const logkit::testing::capture_logs logs;
    const std::string name = "ada";
    lk::log.info("{} of {} for {:>5}: {:.2f} {:#x} {}", 3, 10u, name, 1.0 / 3, 255, true, kv("k", 1));
    CHECK(logs.last().event == "3 of 10 for   ada: 0.33 0xff true");
    CHECK(logs.last()["k"] == 1);
    lk::log.info("{1} before {0}", "b", 'a');
    CHECK(logs.last().event == "a before b");
}

TEST_CASE("arguments with a formatter of their own are formatted too") {
    const logkit::testing::capture_logs logs;
    int x = 0;
    const void* address = &x;
    lk::log.info("at {}, field {}", address, 7, kv("f", 2));
    CHECK(logs.last().event == fmt::format("at {}, field {}", address, 7));
    CHECK(logs.last()["f"] == 2);
    lk::log.info("dynamic {:>{}}", "x", 4);
    CHECK(logs.last().event == "dynamic    x");
}

TEST_CASE("doubled braces are one brace, with and without arguments") {
    const logkit::testing::capture_logs logs;
    lk::log.info("a {{literal}} brace");
    CHECK(logs.last().event == "a {literal} brace");
    lk::log.info("{{{}}}", 1);
    CHECK(logs.last().event == "{1}");
}

TEST_CASE("events with quotes, control characters and no text at all are fine") {
    const logkit::testing::capture_logs logs;
    lk::log.info("say \"hi\"\n\x01");
    CHECK(logs.last().event == "say \"hi\"\n\x01");
    lk::log.info("");
    CHECK(logs.last().event.empty());
    const char* nothing = nullptr;
    lk::log.info("null: {}", nothing);
    CHECK(logs.last().event == "null: (null)");
}
