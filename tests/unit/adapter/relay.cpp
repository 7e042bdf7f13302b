// SPDX-License-Identifier: MIT
#include <logkit/adapter/relay.hpp>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
using nlohmann::json;

TEST_CASE("a relayed line has its own level, text, source and logger, and the context in force") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("job", 7));
    CHECK(logkit::relay(logkit::logger_named("db"), logkit::level::error, "lost {} of \"x\"\r\n",
                        {"/src/db/pool.cpp", "", 12}, kv("code", 5)));
    CHECK(logkit::relay(logkit::log, logkit::level::info, "second", {"/src/db/pool.cpp", "", 13}));
    CHECK(logkit::relay(logkit::log, logkit::level::info, "third", {"cerr", "", 0}));
    const json first = json::parse(logs.records().at(0).json);
    CHECK(first["event"] == "lost {} of \"x\"");
    CHECK(first["level"] == "error");
    CHECK(first["src"] == "pool.cpp:12");
    CHECK(first["logger"] == "db");
    CHECK(first["code"] == 5);
    CHECK(first["job"] == 7);
    CHECK(json::parse(logs.records().at(1).json)["src"] == "pool.cpp:13");
    CHECK(json::parse(logs.records().at(2).json)["src"] == "cerr");
}

TEST_CASE("a relayed line obeys its logger's floor") {
    logkit::set_level("quiet", logkit::level::error);
    CHECK_FALSE(logkit::relay(logkit::logger_named("quiet"), logkit::level::warning, "x", {"a", "", 1}));
    CHECK_FALSE(logkit::relay(logkit::log, logkit::level::off, "x", {"a", "", 1}));
    logkit::set_level("quiet", logkit::level::trace);
    CHECK(logkit::relay(logkit::logger_named("quiet"), logkit::level::warning, "x", {"a", "", 1}));
}
