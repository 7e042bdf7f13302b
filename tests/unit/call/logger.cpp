// SPDX-License-Identifier: MIT
#include <logkit/call/logger.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
using logkit::level;
namespace lk = logkit;

TEST_CASE("each level has its function, and warn is warning") {
    const logkit::testing::capture_logs logs;
    CHECK(lk::log.trace("t"));
    CHECK(lk::log.debug("d"));
    CHECK(lk::log.info("i"));
    CHECK(lk::log.warning("w"));
    CHECK(lk::log.warn("w"));
    CHECK(lk::log.error("e"));
    CHECK(lk::log.critical("c"));
    const auto all = logs.records();
    const level expected[] = {level::trace,   level::debug, level::info,    level::warning,
                              level::warning, level::error, level::critical};
    REQUIRE(all.size() == std::size(expected));
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].severity == expected[i]);
}

TEST_CASE("the source is file and line of the call") {
    const logkit::testing::capture_logs logs;
    lk::log.info("here");
    const std::string expected = "logger.cpp:" + std::to_string(__LINE__ - 1);
    CHECK(logs.last().source == expected);
}

TEST_CASE("a bound logger adds its fields, a call's own win, and the original is unchanged") {
    const logkit::testing::capture_logs logs;
    const auto shard = lk::log.bind(kv("shard", 3), kv("role", "primary"));
    const auto replica = shard.bind(kv("role", "replica"));
    shard.info("one", kv("x", 1));
    replica.info("two");
    shard.info("three", kv("shard", 4));
    lk::log.info("four");
    const auto r = logs.records();
    CHECK(r[0]["shard"] == 3);
    CHECK(r[0]["role"] == "primary");
    CHECK(r[0]["x"] == 1);
    CHECK(r[1]["role"] == "replica");
    CHECK(r[1]["shard"] == 3);
    CHECK(r[2]["shard"] == 4);
    CHECK_FALSE(r[3].has("shard"));
}

TEST_CASE("a named logger writes its name and has a floor of its own") {
    const auto pool = lk::log.named("db.pool");
    logkit::set_level("db", level::error);
    const auto child = lk::log.named("db.pool.tcp");
    CHECK_FALSE(pool.enabled(level::warning));
    CHECK_FALSE(pool.warning("no"));
    CHECK(pool.enabled(level::error));
    CHECK_FALSE(child.enabled(level::warning));
    logkit::set_level("db.pool", level::trace);
    CHECK(pool.enabled(level::trace));
    CHECK(child.enabled(level::trace));
    const logkit::testing::capture_logs logs;
    CHECK(pool.error("lost"));
    CHECK(logs.last().logger == "db.pool");
    lk::log.info("root");
    CHECK(logs.last().logger.empty());
}

TEST_CASE("a level may be known at run time only, in a call and as a floor") {
    const logkit::testing::capture_logs logs;
    for (const level l : {level::trace, level::debug, level::info, level::warning, level::error, level::critical}) {
        CHECK(lk::log.log(l, "at {}", 1, kv("k", 2)));
        CHECK(logs.last().severity == l);
        CHECK(logs.last().event == "at 1");
    }
    CHECK_FALSE(lk::log.log(level::off, "never"));
}

TEST_CASE("a floor may be given by its name") {
    const auto mute = lk::log.named("by_name.of_level");
    logkit::set_level("by_name", "ERROR");
    CHECK_FALSE(mute.log(level::warning, "no"));
    CHECK(mute.log(level::error, "yes"));
    logkit::set_level("by_name", "debug");
    CHECK(mute.enabled(level::debug));
    CHECK_FALSE(mute.enabled(level::trace));
    try {
        logkit::set_level("lots");
        FAIL("accepted");
    } catch (std::invalid_argument const& error) {
        CHECK(std::string(error.what()).find("\"lots\"): there is no such level; use trace") != std::string::npos);
    }
}

TEST_CASE("loggers are values: copied, moved, assigned, outliving what they came from") {
    const logkit::testing::capture_logs logs;
    logkit::logger kept;
    {
        logkit::logger local = lk::log.bind(kv("a", 1));
        const logkit::logger copy = local;
        kept = std::move(local);
        copy.info("copy");
    }
    kept.info("kept");
    kept = lk::log;
    kept.info("root");
    const auto r = logs.records();
    CHECK(r[0]["a"] == 1);
    CHECK(r[1]["a"] == 1);
    CHECK_FALSE(r[2].has("a"));
}

TEST_CASE("what the level keeps out is refused, and its lazy fields do not run") {
    logkit::set_level("quiet", level::off);
    int runs = 0;
    const auto quiet = lk::log.named("quiet");
    CHECK_FALSE(quiet.critical("no", kv("x", [&] { return ++runs; })));
    CHECK(runs == 0);
}

TEST_CASE("one line can hold two calls, and one call many values") {
    const logkit::testing::capture_logs logs;
    lk::log.info("a", kv("x", 1));
    lk::log.info("b", kv("x", 1.5));  // NOLINT: same line on purpose
    for (int i = 0; i < 3; ++i) lk::log.info("loop", kv("i", i));
    const auto r = logs.records();
    CHECK(r[0]["x"] == 1);
    CHECK(r[1]["x"] == 1.5);
    CHECK(r[4]["i"] == 2);
}

TEST_CASE("a value that logs while it is computed does not disturb the record around it") {
    const logkit::testing::capture_logs logs;
    for (int i = 0; i < 2; ++i)
        lk::log.info("outer", kv("password", "hunter2"), kv("n", [&] {
                         lk::log.info("inner", kv("text", "abc"));
                         // As if the inner site had taken the outer one's place in the cache:
                         logkit::detail::this_slot.sites.fill({1, logkit::detail::first_site, 0});
                         return 7;
                     }));
    const auto outer = logs.records("outer");
    REQUIRE(outer.size() == 2);
    for (auto const& r : outer) {
        CHECK(r["n"] == 7);
        CHECK(r["password"].is_redacted());
        CHECK(r.json.find("hunter2") == std::string::npos);
    }
}
