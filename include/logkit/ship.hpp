// SPDX-License-Identifier: MIT
#pragma once

// The log leaves the machine: each accepted record is at a logkit server exactly once, whatever dies
// (docs/shipping.md). Link logkit::ship; then LOG_SHIP in the environment is enough, and this header is for programs
// that want to say it.
//
// One thread reads the log file behind a cursor and sends what is there. Nothing here is on the way of a log call: a
// server that is away, or a cursor that cannot be written, costs the program nothing but a warning in its log.

#include <chrono>
#include <cstdint>
#include <string>

#include <logkit/base/duration.hpp>
#include <logkit/ship/settings.hpp>

namespace logkit::ship {

struct statistics {
    bool is_running = false;
    std::string state{};          // idle, busy, waiting, held, absent, unreadable, unsure, locked, taken, refused
    std::string stream{};         // 32 hexadecimal digits
    std::uint64_t position = 0;   // bytes of the stream that the server has, or that were set aside
    std::uint64_t lag_bytes = 0;  // bytes of log behind it
    std::uint64_t requests = 0, records = 0, bytes = 0;
    std::uint64_t rejected = 0;  // records in run.log.rejected
    std::uint64_t failures = 0;  // requests without a useful answer
    long last_status = 0;        // HTTP; 0 before the first answer
    std::string last_error{};    // "" if the last request went well; never with a key or password in it
};

// Ships this process's log from now on, until stop() or the end of the process; a start while it runs is another
// address or other settings from here on. Throws std::invalid_argument for a setting that cannot be, with its name, its
// value and the remedy; a server that is not there is no error. A program without a log file gets one in cache_dir:
// call this before the first record then. From any thread.
void start(settings const& chosen = settings::from_environment());

// Flushes the log, then waits until the server has what was in it. False: not in that time, or nothing is shipped.
bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(5));

[[nodiscard]] statistics stats();

// Ships what is there for so long, then ends the thread. What is left waits in the log, for the next start or for
// `logkit ship`. False: something is left. Runs by itself when the program exits (settings::exit_patience).
bool stop(std::chrono::milliseconds timeout = std::chrono::seconds(2));

}  // namespace logkit::ship
