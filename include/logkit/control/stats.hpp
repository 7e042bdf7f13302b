// SPDX-License-Identifier: MIT
#pragma once

// What the library has done so far. Stage: control.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace logkit {

struct statistics {
    std::uint64_t records = 0;            // delivered to the sinks
    std::uint64_t dropped = 0;            // lost to a full ring, or given up; each loss is also said in-band
    std::uint64_t filtered = 0;           // dropped by processors
    std::uint64_t refused = 0;            // logged from inside of the library: by a sink, an allocator, a log_value
    std::uint64_t bytes = 0;              // appended to the log file
    std::uint64_t rings = 0;              // threads that have logged at the same time, at most
    std::uint64_t file_failures = 0;      // writes or openings of the log file which failed; they are tried again
    std::uint64_t rotation_failures = 0;  // attempts to rotate the log file which failed; it grows on
    std::uint64_t sink_failures = 0;      // exceptions out of sinks and processors
    std::uint64_t sink_missed = 0;        // records that a sink or the console did not get because it was behind
    std::uint64_t redactor_failures = 0;  // exceptions out of redactors of the program's own; the text was masked
    // How many secrets each rule has masked, by its name (docs/redaction.md); those that have masked none are left out.
    std::vector<std::pair<std::string, std::uint64_t>> masked{};
    // What accepted records survive: "process", the death of the process, kill -9 too (docs/durability.md);
    // "partial", that too, but for threads for which the journal had no room; "none".
    std::string durability = "none";
};

}  // namespace logkit
