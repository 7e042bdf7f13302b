// SPDX-License-Identifier: MIT
#pragma once

// The journal file: the rings of a process and what it takes to read them without it. Stage: pipe.
//
//   journal_header                       256 KiB, reserved as it fills: whose it is, where segments are, intents, clock
//   segment … segment                    appended, page-aligned:
//     sites:  u64 used, then entries     what each call site says (pipe/site_entry.hpp), append-only
//     ring:   ring_head   4 KiB          positions, intents, which state is in force
//             2 × state                  context, logger and thread in force at a read position (state_room)
//             frames                     a power of two, mapped twice
//     globals: u64 number, u64 used, then a field block; the one with the largest number holds
//     notes:  u64 used, then entries     what the rings do not have any more (pipe/journal_notes.hpp)
//
// Every number that makes others valid is written after them with a release store: `magic`, `segment_count`,
// `used`, `write`, a state's `position`, an intent's `number`. A process that is killed leaves all it had
// stored.
//
// The last character of the magic is the version of all this. A journal of another version is left alone.

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>

#include <logkit/base/clock.hpp>
#include <logkit/pipe/commit_note.hpp>
#include <logkit/pipe/ring.hpp>

namespace logkit::detail {

inline constexpr std::uint64_t journal_magic = 0x324c4e524a4b474c;  // "LGKJRNL2"
inline constexpr std::size_t journal_page = 4096;
inline constexpr std::size_t site_segment_size = 64 * 1024;
inline constexpr std::size_t notes_segment_size = 256 * 1024;

struct process_identity {
    char boot_id[40];  // /proc/sys/kernel/random/boot_id
    std::uint64_t pid;
    std::uint64_t start_time;  // of the process, in clock ticks since boot
};

// Before a batch is written: where it will stand. Void while number is 0.
struct write_intent {
    file_place place;
    std::atomic<std::uint64_t> number;
};

// To turn ticks into dates. Void while number is 0.
struct clock_note {
    clock_reading reading;
    std::atomic<std::uint64_t> number;
};

// Begins a globals segment; void while number is 0.
struct globals_header {
    std::uint64_t number, used;
    static constexpr std::size_t size = 16;
};

enum class segment_kind : std::uint32_t { sites = 1, ring = 2, globals = 3, notes = 4 };

struct journal_segment {
    std::uint64_t offset, size;
    segment_kind kind;
    std::uint32_t unused;
};

struct journal_header {
    static constexpr std::size_t most_segments = 10'000;

    std::atomic<std::uint64_t> magic;
    std::uint64_t unused;
    process_identity owner;
    char log_paths[2][PATH_MAX];  // where the records go
    std::atomic<std::uint32_t> log_path_index;
    alignas(64) write_intent intents[2];
    clock_note clocks[2];
    alignas(64) std::atomic<std::uint64_t> segment_count;
    journal_segment segments[most_segments];
};
inline constexpr std::size_t journal_header_size = 256 * 1024;
static_assert(sizeof(journal_header) <= journal_header_size);
static_assert(sizeof(ring_head) <= journal_page);

// Room for one of a ring's two states. What is in force may be larger: then recovery knows its ids only.
[[nodiscard]] constexpr std::size_t state_room(std::size_t capacity) noexcept {
    constexpr std::size_t least = journal_page / 2, most = 16 * 1024;
    const std::size_t quarter = capacity / 4;
    return quarter < least ? least : quarter < most ? quarter : most;
}

// Where a ring segment's parts are, from its start.
inline constexpr std::size_t ring_states_offset = journal_page;
[[nodiscard]] constexpr std::size_t ring_bytes_offset(std::size_t capacity) noexcept {
    return ring_states_offset + 2 * state_room(capacity);
}
[[nodiscard]] constexpr std::size_t ring_segment_size(std::size_t capacity) noexcept {
    return ring_bytes_offset(capacity) + capacity;
}

}  // namespace logkit::detail
