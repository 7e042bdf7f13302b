// SPDX-License-Identifier: MIT
#include <cstdlib>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

// Tests say what they want from the environment; the developer's own LOG_* must not.
int main(int argc, char** argv) {
    for (const char* name :
         {"LOG_PROFILE", "LOG_LEVEL", "LOG_SAMPLE", "LOG_TAIL", "LOG_ROTATE_MB", "LOG_BACKUPS", "LOG_MODE",
          "LOG_OVERFLOW", "LOG_RING_KB", "LOG_JOURNAL", "LOG_REDACT", "LOG_REDACT_VALUES", "LOG_REDACT_HASH",
          "LOG_REDACT_KEY", "LOG_SERVICE", "LOG_OTLP", "OTEL_SERVICE_NAME", "NO_COLOR", "FORCE_COLOR"})
        unsetenv(name);
    setenv("LOG_FILE", "", 1);
    setenv("LOG_CONSOLE", "off", 1);
    return Catch::Session().run(argc, argv);
}
