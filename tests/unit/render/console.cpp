// SPDX-License-Identifier: MIT
#include <logkit/render/console.hpp>

#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;

namespace {
// What the console would show of what `act` logs.
template <class Act>
std::string shown(bool has_colour, Act&& act) {
    static std::string* out = nullptr;
    static bool colour = false;
    static const bool is_installed = [] {
        logkit::add_processor([](logkit::record& r) {
            if (out != nullptr) logkit::detail::console_renderer(colour).render(*out, r);
            return true;
        });
        return true;
    }();
    REQUIRE(is_installed);
    setenv("TZ", "UTC", 1);
    tzset();
    const logkit::testing::capture_logs logs;
    const logkit::testing::fixed_clock clock;
    const logkit::testing::fixed_ids ids(0xabcdef);
    logkit::new_context();
    std::string text;
    (void)logkit::flush();
    out = &text;
    colour = has_colour;
    act();
    (void)logkit::flush();
    out = nullptr;
    return text;
}
}  // namespace

TEST_CASE("a plain record is one aligned line") {
    const std::string text = shown(false, [] {
        lk::log.warning("disk nearly full", kv("free_mb", 120), kv("path", "/var/log"), kv("note", "two words"));
    });
    CHECK(text.find("00:00:00.000 WARN  disk nearly full                free_mb=120  path=/var/log  note=\"tw") == 0);
    CHECK(text.find("console.cpp:") != std::string::npos);
    CHECK(text.back() == '\n');
    CHECK(text.find('\n') == text.size() - 1);
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("END shows the span, its time and how it ended") {
    const std::string text = shown(false, [] { const logkit::capture span{"reindex", kv("rows", 3)}; });
    CHECK(text.find("INFO  END reindex") != std::string::npos);
    CHECK(text.find("rows=3  0.0 ms  success") != std::string::npos);
}

TEST_CASE("exceptions stand below their record, cause by cause") {
    const std::string text = shown(false, [] {
        try {
            try {
                throw std::invalid_argument("bad header");
            } catch (...) {
                std::throw_with_nested(std::runtime_error("cannot open"));
            }
        } catch (...) {
            lk::log.exception("failed");
        }
    });
    const std::size_t outer = text.find("\n      std::runtime_error: cannot open\n        at ");
    REQUIRE(outer != std::string::npos);
    CHECK(text.find("\n      caused by std::invalid_argument: bad header\n", outer) != std::string::npos);
}

TEST_CASE("values cannot forge a line or move the cursor") {
    const std::string text = shown(true, [] {
        lk::log.info("login", kv("user", "x\x1b[2J\x1b[H"),
                     kv("name",
                        "\xe2\x80\xae"
                        "abc"),
                     kv("lines", "one\n00:00:00.000 INFO  forged"));
    });
    CHECK(text.find("\x1b[2J") == std::string::npos);
    CHECK(text.find("\\x1b[2J") != std::string::npos);
    CHECK(text.find("\xe2\x80\xae") == std::string::npos);
    CHECK(text.find("\n        00:00:00.000 INFO  forged\n") !=
          std::string::npos);  // indented below, not a line of its own
    CHECK(text.find("\n00:00:00.000 INFO  forged") == std::string::npos);
}

TEST_CASE("long nested values are laid out a member a line") {
    const std::string text = shown(false, [] {
        lk::log.info(
            "config",
            kv("c", logkit::raw_json(
                        R"({"name":"a rather long name, with a comma","list":[1,2],"empty":{},"nested":{"k":"v"}})")));
    });
    CHECK(text.find("      c: {\n          \"name\": \"a rather long name, with a comma\",\n          \"list\": [\n    "
                    "        1,\n") != std::string::npos);
    CHECK(text.find("\"empty\": {},") != std::string::npos);
}
