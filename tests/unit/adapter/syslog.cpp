// SPDX-License-Identifier: MIT
#include <logkit/adapter/syslog.hpp>

#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

namespace {

// As C libraries have them.
using callback = void (*)(void*, int priority, const char* format, va_list arguments);
callback installed = nullptr;
[[gnu::format(printf, 2, 3)]] void library_says(int priority, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    installed(nullptr, priority, format, arguments);
    va_end(arguments);
}

TEST_CASE("lines of a syslog-like callback are records of its levels") {
    const logkit::testing::capture_logs logs;
    installed = +[](void*, int priority, const char* format, va_list arguments) {
        logkit::relay_syslog(logkit::logger_named("library"), priority, format, arguments);
    };
    library_says(LOG_ERR, "cannot open %s: %d\n", "file", 5);
    library_says(LOG_DAEMON | LOG_NOTICE, "%s", std::string(5'000, 'y').c_str());
    library_says(LOG_EMERG, "down");
    library_says(LOG_DEBUG, "x");
    const auto told = logs.records();
    REQUIRE(told.size() == 4);
    CHECK(told[0].event == "cannot open file: 5");
    CHECK(told[0].severity == logkit::level::error);
    CHECK(told[0].logger == "library");
    CHECK(told[1].severity == logkit::level::info);
    CHECK(told[1].event == std::string(5'000, 'y'));
    CHECK(told[2].severity == logkit::level::critical);
    CHECK(told[3].severity == logkit::level::debug);
}

}  // namespace
