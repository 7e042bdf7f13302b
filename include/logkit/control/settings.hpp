// SPDX-License-Identifier: MIT
#pragma once

// Every setting of the library (docs/settings.md). Stage: control. Empty means "not said by the program":
// then the environment speaks, then the default.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/door.hpp>
#include <logkit/base/level.hpp>

namespace logkit {

enum class profile : std::uint8_t { dev, prod };
enum class console : std::uint8_t { to_stderr, to_stdout, off };
enum class console_time : std::uint8_t { utc, local };  // the log itself is always UTC
enum class mode : std::uint8_t { async, sync };
enum class overflow : std::uint8_t { block, drop };

// A level, or rules in the manner of LOG_LEVEL: "info,db=debug,net.http=error".
class level_rules {
  public:
    level_rules(level floor) : text_(to_string(floor)) {}      // NOLINT: meant to convert
    level_rules(std::string text) : text_(std::move(text)) {}  // NOLINT
    level_rules(const char* text) : text_(text) {}             // NOLINT
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

  private:
    std::string text_;
};

// A value in the environment that could not be understood, and what is used instead.
struct setting_problem {
    std::string name, value, used, remedy;
};

struct settings {
    std::optional<logkit::profile> profile{};            // LOG_PROFILE    dev
    std::optional<level_rules> level{};                  // LOG_LEVEL      debug (dev), info (prod)
    std::optional<double> sample{};                      // LOG_SAMPLE     1
    std::optional<bool> tail{};                          // LOG_TAIL       off
    std::optional<std::string> file{};                   // LOG_FILE       run.log; "" for none
    std::optional<std::uint64_t> rotate_mb{};            // LOG_ROTATE_MB  10; 0: never
    std::optional<std::uint64_t> backups{};              // LOG_BACKUPS    5
    std::optional<unsigned> file_mode{};                 // LOG_FILE_MODE  that of the file before, else 0600; 0640, say
    std::optional<logkit::console> console{};            // LOG_CONSOLE    stderr
    std::optional<logkit::console_time> console_time{};  // LOG_CONSOLE_TIME  utc
    std::optional<logkit::mode> mode{};                  // LOG_MODE       async
    std::optional<logkit::overflow> overflow{};          // LOG_OVERFLOW   block
    std::optional<std::uint64_t> ring_kb{};              // LOG_RING_KB    256; a power of two from 8 to 1048576
    std::optional<std::string> journal{};                // LOG_JOURNAL    auto, off, or a directory
    std::optional<std::vector<std::string>> redact{};    // LOG_REDACT     keys and paths beside the built-in list
    std::optional<bool> redact_off{};                    // LOG_REDACT=off
    // Secrets by what they look like (docs/redaction.md):
    std::optional<std::vector<std::string>> redact_values{};  // LOG_REDACT_VALUES  "email", "-card", "name=pattern"
    std::optional<bool> redact_values_off{};                  // LOG_REDACT_VALUES=off
    std::optional<std::vector<std::string>> redact_hash{};  // LOG_REDACT_HASH    rules whose mask is a keyed hash; "*"
    std::optional<std::string> redact_key{};                // LOG_REDACT_KEY     of that hash, 16 characters or more
    std::optional<std::string> service{};                   // LOG_SERVICE, OTEL_SERVICE_NAME
    std::optional<bool> fatal{};                            // LOG_FATAL      on: the last record of a process that dies
    std::optional<std::string> otlp{};                      // LOG_OTLP       reserved

    // What could not be understood; configure() warns of each.
    std::vector<setting_problem> problems{};

    // The environment as it is now. Never throws for what it finds there: see `problems`.
    [[nodiscard]] LOGKIT_DOOR static settings from_environment();
};

}  // namespace logkit
