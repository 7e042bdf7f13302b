// SPDX-License-Identifier: MIT
#include <logkit/control/environment.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::settings;

namespace {
using variables = std::vector<std::pair<std::string, std::string>>;

// Sets variables for a scope.
struct with_variables {
    variables old;
    explicit with_variables(variables const& wanted) {
        for (auto const& [name, value] : wanted) {
            const char* before = std::getenv(name.c_str());
            old.emplace_back(name, before == nullptr ? "" : before);
            setenv(name.c_str(), value.c_str(), 1);
        }
    }
    ~with_variables() {
        for (auto const& [name, value] : old) {
            if (value.empty() && name != "LOG_FILE")
                unsetenv(name.c_str());
            else
                setenv(name.c_str(), value.c_str(), 1);
        }
    }
};
}  // namespace

TEST_CASE("every variable is read") {
    const with_variables set({{"LOG_PROFILE", "PROD"},
                              {"LOG_LEVEL", "info, db=debug,net.http=ERROR"},
                              {"LOG_SAMPLE", "0.25"},
                              {"LOG_TAIL", "1"},
                              {"LOG_FILE", "x.log"},
                              {"LOG_ROTATE_MB", "3"},
                              {"LOG_BACKUPS", "0"},
                              {"LOG_CONSOLE", "stdout"},
                              {"LOG_MODE", "sync"},
                              {"LOG_OVERFLOW", "drop"},
                              {"LOG_RING_KB", "64"},
                              {"LOG_JOURNAL", "off"},
                              {"LOG_REDACT", "pin, user.card"},
                              {"OTEL_SERVICE_NAME", "otel"}});
    const settings s = settings::from_environment();
    CHECK(s.problems.empty());
    CHECK(s.profile == logkit::profile::prod);
    CHECK(s.level->text() == "info,db=debug,net.http=error");
    CHECK(s.sample == 0.25);
    CHECK(s.tail == true);
    CHECK(s.file == "x.log");
    CHECK(s.rotate_mb == 3u);
    CHECK(s.backups == 0u);
    CHECK(s.console == logkit::console::to_stdout);
    CHECK(s.mode == logkit::mode::sync);
    CHECK(s.overflow == logkit::overflow::drop);
    CHECK(s.ring_kb == 64u);
    CHECK(s.journal == "off");
    CHECK(s.redact == std::vector<std::string>{"pin", "user.card"});
    CHECK(s.service == "otel");
    const with_variables more({{"LOG_SERVICE", "own"}, {"LOG_REDACT", "off"}});
    CHECK(settings::from_environment().service == "own");
    CHECK(settings::from_environment().redact_off == true);
}

TEST_CASE("every malformed value is a problem that names the variable, the value and what is used") {
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"LOG_PROFILE", "staging"}, {"LOG_LEVEL", "loud"},   {"LOG_SAMPLE", "110%"}, {"LOG_TAIL", "maybe"},
        {"LOG_ROTATE_MB", "-1"},    {"LOG_BACKUPS", "many"}, {"LOG_CONSOLE", "tty"}, {"LOG_MODE", "fast"},
        {"LOG_OVERFLOW", "wait"},   {"LOG_RING_KB", "100"}};
    for (auto const& [name, value] : wrong) {
        const with_variables set(variables{{name, value}});
        const settings s = settings::from_environment();
        INFO(name);
        REQUIRE(s.problems.size() == 1);
        CHECK(s.problems[0].name == name);
        CHECK(s.problems[0].value == value);
        CHECK_FALSE(s.problems[0].used.empty());
        CHECK_FALSE(s.problems[0].remedy.empty());
    }
}

TEST_CASE("of a level list, the parts that are understood hold") {
    const with_variables set(variables{{"LOG_LEVEL", "warning,db=loud,=debug,net=trace"}});
    const settings s = settings::from_environment();
    CHECK(s.level->text() == "warning,net=trace");
    CHECK(s.problems.size() == 2);
}

TEST_CASE("a problem is a warning record") {
    const with_variables set(variables{{"LOG_SAMPLE", "lots"}});
    const logkit::testing::capture_logs logs;
    logkit::configure({});
    const auto told = logs.records("setting cannot be used");
    REQUIRE(told.size() == 1);
    CHECK(told[0].severity == logkit::level::warning);
    CHECK(told[0]["setting"] == "LOG_SAMPLE");
    CHECK(told[0]["value"] == "lots");
    CHECK(told[0]["used"] == "1");
}

TEST_CASE("what this version cannot do yet is said, not ignored") {
    const logkit::testing::capture_logs logs;
    logkit::settings s;
    s.otlp = "http://localhost:4318";
    logkit::configure(s);
    const auto told = logs.records("setting cannot be used");
    REQUIRE(told.size() == 1);
    CHECK(told[0]["setting"] == "LOG_OTLP");
}
