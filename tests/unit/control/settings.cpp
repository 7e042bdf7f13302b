// SPDX-License-Identifier: MIT
#include <logkit/control/settings.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

#include <logkit/testing.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

namespace lk = logkit;
using logkit::settings;

TEST_CASE("what the program sets wrongly throws, naming setting, value and remedy, and changes nothing") {
    logkit::set_level(logkit::level::error);
    const auto refused = [](auto&& change) {
        settings s;
        change(s);
        try {
            logkit::configure(s);
        } catch (std::invalid_argument const& e) {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    CHECK(refused([](settings& s) { s.sample = 1.5; }) ==
          "logkit: the setting sample is \"1.500000\": use a number from 0 to 1");
    CHECK(refused([](settings& s) { s.ring_kb = 100; }).find("power of two") != std::string::npos);
    CHECK(refused([](settings& s) { s.level = "info,db=loud"; }).find("\"db=loud\"") != std::string::npos);
    CHECK(refused([](settings& s) { s.backups = 5000; }).find("backups") != std::string::npos);
    CHECK_FALSE(lk::log.enabled(logkit::level::warning));  // still error
    settings s;
    s.file = "/proc/no/such/run.log";
    CHECK_THROWS_AS(logkit::configure(s), std::system_error);
    logkit::configure({});
}

TEST_CASE("the program's settings win over the environment, the environment over the defaults") {
    support::temporary_folder folder;
    setenv("LOG_LEVEL", "error", 1);
    setenv("LOG_FILE", folder.file("env.log").c_str(), 1);
    logkit::configure({});
    CHECK_FALSE(lk::log.warning("kept out"));
    CHECK(lk::log.error("by the environment"));
    settings s;
    s.level = logkit::level::warning;
    logkit::configure(s);
    CHECK(lk::log.warning("by the program"));
    REQUIRE(logkit::flush());
    CHECK(support::read_log(folder.file("env.log")).size() == 2);
    unsetenv("LOG_LEVEL");
    setenv("LOG_FILE", "", 1);
    logkit::configure({});
}

TEST_CASE("the profile decides the level and the service is a field of every record") {
    settings s;
    s.profile = logkit::profile::prod;
    s.service = "shop";
    logkit::configure(s);
    CHECK_FALSE(lk::log.enabled(logkit::level::debug));
    CHECK(lk::log.enabled(logkit::level::info));
    {
        const logkit::testing::capture_logs logs;
        lk::log.info("x");
        CHECK(logs.last()["service"] == "shop");
    }
    logkit::configure({});
    CHECK(lk::log.enabled(logkit::level::debug));
}

TEST_CASE("redaction can be switched off, and the first record says so") {
    support::temporary_folder folder;
    settings s;
    s.file = folder.file("run.log");
    s.redact_off = true;
    logkit::configure(s);
    lk::log.info("one", logkit::kv("password", "visible"));
    lk::log.info("two");
    REQUIRE(logkit::flush());
    const auto lines = support::read_log(s.file.value());
    CHECK(lines[0]["redaction"] == "off");
    CHECK(lines[0]["password"] == "visible");
    CHECK_FALSE(lines[1].contains("redaction"));
    logkit::configure({});
}

TEST_CASE("the same call follows a changed redaction policy") {
    const auto say = [] {
        const logkit::testing::capture_logs logs;
        lk::log.info("x", logkit::kv("pin", 1234), logkit::kv("note", "n"));
        return logs.last().json;
    };
    CHECK(say().find("1234") != std::string::npos);
    settings s;
    s.redact = {{"pin"}};
    logkit::configure(s);
    CHECK(say().find("\"pin\":\"***\",\"note\":\"n\"") != std::string::npos);
    logkit::configure({});
    CHECK(say().find("1234") != std::string::npos);
}
