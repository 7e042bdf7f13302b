// SPDX-License-Identifier: MIT
#pragma once

// What a shipper needs of the world, and what it tells of itself. Stage: ship.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <logkit/base/level.hpp>
#include <logkit/control/redaction.hpp>
#include <logkit/ship/transport.hpp>

namespace logkit::detail {

// What a shipper needs of the world.
struct shipper_edges {
    transport& network;
    std::function<std::uint64_t()> now_ns;  // CLOCK_BOOTTIME, say
    std::function<std::uint64_t()> random;  // any 64 bits
    std::function<std::string()> date;      // RFC 3339
    std::function<void(level, std::string const& log, std::string const& text)> say;
    std::function<void(std::string const& log)> recover;  // the journals of dead writers; may be null
    redaction_policy const* hidden = nullptr;             // what is masked of records that are set aside; null: nothing
    bool is_redacting = false;                            // and of those that are sent
    std::string machine{};                                // its name for itself
};

enum class shipper_state : std::uint8_t {
    idle,        // all that is there has been shipped
    busy,        // there is more
    waiting,     // the server is away, or says later
    held,        // the server refuses: somebody has to do something
    absent,      // there is no log
    unreadable,  // the log cannot be read
    unsure,      // it is not known where to go on, yet
    locked,      // somebody holds the log's lock
    taken,       // another process has the cursor
    refused,     // no cursor can be written, or it is of another version: nothing will be done
};
[[nodiscard]] constexpr const char* to_string(shipper_state state) noexcept {
    constexpr const char* names[] = {"idle",       "busy",   "waiting", "held",  "absent",
                                     "unreadable", "unsure", "locked",  "taken", "refused"};
    return names[static_cast<std::size_t>(state)];
}

struct shipper_counters {
    std::uint64_t requests = 0, records = 0, bytes = 0, rejected = 0, failures = 0, passed_over = 0;
};

}  // namespace logkit::detail
