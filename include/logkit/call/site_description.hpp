// SPDX-License-Identifier: MIT
#pragma once

// What a call site says of itself, once, when it first logs on a thread. Stage: call.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include <logkit/base/level.hpp>
#include <logkit/call/operand.hpp>
#include <logkit/call/source_location.hpp>

namespace logkit::detail {

// What an argument's value is to the record.
enum class role : std::uint8_t {
    field,       // a key and its value
    positional,  // fills a placeholder of the event
    event,       // the whole event, formatted by the caller
    exception,   // exc_info
    added,       // END: a block of fields (call/field_block.hpp)
    started,     // END: ticks at the span's start
    status,      // END: 0 success, 1 error, 2 aborted
};

struct argument_description {
    const char* key;  // of a field
    role what;
    kind encoding;
};

// Of type const char*, one for each V of a pack.
template <class V>
using name_for = const char*;

// At most so many arguments a call: one bit each says which are redacted.
inline constexpr std::size_t most_arguments = 32;

// Fills an event's placeholders from a frame's payload. Only a call that has placeholders makes it known,
// before main: a program without any is not compiled with {fmt}'s formatting.
struct site;
using event_formatter = std::string (*)(site const& origin, std::byte const* payload);
inline constinit std::atomic<event_formatter> known_formatter{nullptr};

struct site_description {
    const char* event;
    source_location where;
    level severity;
    argument_description const* arguments;
    std::size_t argument_count;
};

}  // namespace logkit::detail
