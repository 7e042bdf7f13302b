// SPDX-License-Identifier: MIT
#pragma once

// A bounded queue of frames between one thread and the backend. Stage: pipe.
//
// Design. Positions are byte counts that only grow; a position's place is `position & mask`. The buffer is
// mapped twice, back to back, so a frame never wraps and both sides see plain contiguous bytes. The producer
// owns `write`, the consumer owns `read`; each publishes its own with one release store and keeps a private
// copy of what it knows of the other's:
//
//       read            write              limit
//   ────┴────────────────┴──────────────────┴────────►   positions
//       │ frames         │ free, known to   │ free perhaps; the producer must look
//       │ for the backend│ be free          │ (and may have to wait)
//
// Invariants: read ≤ write ≤ read + capacity; limit ≤ read + capacity; a frame is at most half the capacity,
// so that a waiting producer always gets its turn. The consumer moves `read` only when the bytes are where
// they must go (the file), never merely because it has looked at them.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <logkit/pipe/frame.hpp>

namespace logkit::detail {

// How far a batch will have read the ring. Void while number is 0.
struct read_intent {
    std::uint64_t position;
    std::atomic<std::uint64_t> number;  // the batch's
};
// Which state of the context (pipe/journal_layout.hpp) is in force from a read position on.
struct ring_state {
    std::uint32_t size;
    std::atomic<std::uint64_t> position;
    static constexpr std::uint64_t never = UINT64_MAX;
};

// The words both sides see, each on a line of its own, and then what only the backend and recovery use. They
// live in the ring's mapping, before the bytes.
struct ring_head {
    alignas(64) std::atomic<std::uint64_t> write;
    alignas(64) std::atomic<std::uint64_t> read;
    alignas(64) std::atomic<std::uint64_t> dropped;  // records lost since the start, counted by the producer
    alignas(64) std::atomic<std::uint64_t> reported_drops;
    // Not zero: the thread whose context is in force here has gone, or logs to another ring.
    std::atomic<std::uint64_t> is_left;
    std::uint64_t capacity;
    read_intent intents[2];
    ring_state states[2];
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// The producer's half, in its thread's state. Zero-initialised it has no room: the first frame takes the slow
// path, which gets it a ring.
struct ring_writer {
    std::byte* bytes = nullptr;
    std::uint64_t mask = 0;
    std::uint64_t write = 0;
    std::uint64_t limit = 0;
    ring_head* shared = nullptr;
    bool may_grow = false;  // a larger one is to be had (grow_ring)

    [[nodiscard, gnu::always_inline]] bool has_room(std::size_t size) const noexcept { return write + size <= limit; }

    // The place of the next frame; the caller checks has_room first and publishes next.
    [[nodiscard, gnu::always_inline]] std::byte* take(std::size_t size) noexcept {
        std::byte* const place = bytes + (write & mask);
        write += size;
        return place;
    }
    [[gnu::always_inline]] void publish() noexcept { shared->write.store(write, std::memory_order_release); }
};

}  // namespace logkit::detail
