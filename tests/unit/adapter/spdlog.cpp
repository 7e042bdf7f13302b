// SPDX-License-Identifier: MIT
#include <logkit/adapter/spdlog.hpp>

#include <spdlog/spdlog.h>

#include <memory>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;

TEST_CASE("what is logged with spdlog is a record here: level, text, logger, source, context") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("request", 3));
    spdlog::logger db("db", std::make_shared<logkit::spdlog_sink>());
    db.set_level(spdlog::level::trace);
    db.warn("{} rows", 7);
    db.log(spdlog::source_loc{"/src/pool.cpp", 42, "take"}, spdlog::level::critical, "gone");
    db.trace("t");
    const auto told = logs.records();
    REQUIRE(told.size() == 3);
    CHECK(told[0].event == "7 rows");
    CHECK(told[0].severity == logkit::level::warning);
    CHECK(told[0].logger == "db");
    CHECK(told[0].source == "spdlog");
    CHECK(told[0]["request"] == 3);
    CHECK(told[1].source == "pool.cpp:42");
    CHECK(told[1].severity == logkit::level::critical);
    CHECK(told[2].severity == logkit::level::trace);
}
