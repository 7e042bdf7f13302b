// SPDX-License-Identifier: MIT
#pragma once

// What a thread keeps to log without asking anybody: its ring, its sites, the context it last published.
// Stage: pipe. Trivial on purpose: it is usable before a thread's constructors and after its destructors.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <logkit/base/door.hpp>
#include <logkit/call/binding.hpp>
#include <logkit/call/site_description.hpp>
#include <logkit/context/node.hpp>
#include <logkit/pipe/ring.hpp>

namespace logkit::detail {

struct site_number {
    std::uint32_t number;    // in the site table; care_bit: not by the straight way (pipe/frame_writer.hpp);
                             // hash_bit: what is redacted leaves a hash
    std::uint32_t redacted;  // bit i: argument i is not to leave the caller
};
inline constexpr std::uint32_t care_bit = 0x40000000, hash_bit = 0x20000000;

struct site_entry {
    std::uint64_t key;  // hash of what the site prints and of its types, salted (call/gate.hpp)
    site_number site;
};

inline constexpr std::size_t site_cache_size = 256;

struct channel;

struct thread_slot {
    ring_writer ring{};
    channel* owned = nullptr;  // the ring's other side
    std::uint64_t binding_id = 0;
    std::array<site_entry, site_cache_size> sites{};  // direct-mapped

    // Where the site is, if it is here. The place depends on what the compiler knows, the salt is only
    // compared.
    [[nodiscard, gnu::always_inline]] site_entry& entry_of(std::uint64_t key) noexcept {
        return sites[key % site_cache_size];
    }
};
inline constinit thread_local thread_slot this_slot{};

// The event of a record, its placeholders filled (process/event_text.hpp).
[[nodiscard]] LOGKIT_DOOR std::string format_event(site const& origin, std::byte const* payload);

template <class>
inline const bool is_formatter_known = (known_formatter.store(&format_event), true);

// The slow paths, behind the door. All return false when the record is not to be written: a gate turned out
// to be closed, or it is lost (which is counted).

// Finds or registers the site, once per thread and site; asks the gates again, for the engine may just have
// been configured by this very call.
[[nodiscard]] LOGKIT_DOOR bool enter_site(site_entry& entry, std::uint64_t key, logger_binding const* binding,
                                          site_description const& description) noexcept;
// Publishes a context or binding frame, so that the next frames are under it.
[[nodiscard]] LOGKIT_DOOR bool publish_context(thread_slot& slot) noexcept;
[[nodiscard]] LOGKIT_DOOR bool publish_binding(thread_slot& slot, logger_binding const& binding) noexcept;
// Changes this thread's ring for a larger one, if the next `size` bytes or those that wait to be read show that it is
// too small. The new one has been told nothing.
LOGKIT_DOOR void grow_ring(thread_slot& slot, std::size_t size) noexcept;
// Looks how far the backend has come; true if now `size` bytes are free. Never waits.
[[nodiscard]] LOGKIT_DOOR bool find_room(thread_slot& slot, std::size_t size) noexcept;
// Publishes a whole frame for which there was no room: waits, drops, or sends it in parts.
[[nodiscard]] LOGKIT_DOOR bool publish_slowly(thread_slot& slot, std::byte const* frame, std::size_t size) noexcept;
// A record of this thread is lost; the backend will say so.
LOGKIT_DOOR void count_drop(thread_slot& slot) noexcept;
// After publishing: wakes the backend, or, where there is none (sync mode, after shutdown), does its work.
// Always true: the record is in the ring.
LOGKIT_DOOR bool attend() noexcept;

}  // namespace logkit::detail
