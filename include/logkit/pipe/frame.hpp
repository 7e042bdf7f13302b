// SPDX-License-Identifier: MIT
#pragma once

// The unit of a ring. Stage: pipe.
//
//   frame := u32 size, u32 site, u64 ticks, payload, padding to a multiple of 8
//
// `size` counts everything, header and padding included. The payload is the values alone: what they are is
// known by the site. No pointer is ever in a frame: another process may have to read it.

#include <cstddef>
#include <cstdint>

#include <logkit/base/bytes.hpp>

namespace logkit::detail {

struct frame_header {
    std::uint32_t size;
    std::uint32_t site;
    std::uint64_t ticks;
};
static_assert(sizeof(frame_header) == 16);

inline constexpr std::size_t frame_alignment = 8;

// Site numbers below `first_site` are frames with a meaning of their own:
enum : std::uint32_t {
    context_frame = 1,  // the context of the ring's records from here on (context_header, then its fields)
    binding_frame = 2,  // the bound logger of those records from here on that have the bound bit
    part_frame = 3,     // a piece of a frame larger than the ring allows
    last_part_frame = 4,
    first_part_frame = 6,  // what came of an earlier one, never finished, is void
    thread_frame = 5,      // the label of the thread whose records follow; empty: the main thread
    lost_frame = 7,        // in recovery: a record whose site the journal had no room for
    span_over_frame = 8,   // a coroutine's span ends without a record (u64 span id)
    first_site = 16,
};
// In `site` of a record: the bound logger in force applies.
inline constexpr std::uint32_t bound_bit = 0x80000000;

// Begins the payload of a context frame; then the context's field block, the spans', the span's name, and the
// open spans around it, innermost first: each an outer_span and its name.
struct context_header {
    std::uint64_t id;
    std::uint64_t trace_high, trace_low, span_id, parent_span_id;
    double sample_rate;
    std::uint64_t span_started;  // ticks
    std::uint32_t context_size, span_size, span_name_size, outer_size;
    std::uint32_t flags, unused;

    [[nodiscard]] std::size_t payload_size() const noexcept {
        return sizeof(context_header) + std::size_t{context_size} + span_size + span_name_size + outer_size;
    }
};
static_assert(sizeof(context_header) == 80);
struct outer_span {
    std::uint64_t span_id, parent_span_id, started;
    std::uint32_t name_size;
    std::uint32_t unused;
};
inline constexpr std::uint32_t context_is_deferred = 1;   // its trace was not sampled: hold it back (LOG_TAIL)
inline constexpr std::uint32_t context_is_outermost = 2;  // its span has no span around it
inline constexpr std::uint32_t context_is_own_span = 4;   // its span was opened on the flow that tells it
inline constexpr std::uint32_t context_is_coroutine = 8;  // that flow is a coroutine's

// Begins the payload of a binding frame; then the name, then the field block.
struct binding_header {
    std::uint32_t name_size, fields_size;
};

}  // namespace logkit::detail
