// SPDX-License-Identifier: MIT
#pragma once

// The few words that every call reads before it does anything. Written seldom, by the engine. Stage: call.

#include <atomic>
#include <cstdint>

#include <logkit/base/level.hpp>

namespace logkit::detail {

// Bits of call_gate::attention: there is no backend; it sleeps; a thread has a ring of a journal that is gone.
inline constexpr std::uint32_t attention_sync = 1, attention_asleep = 2, attention_stale = 4;

// Until the engine has started, everything is let through to the slow path, which starts it and asks again.
struct alignas(64) call_gate {
    std::atomic<level> floor{level::trace};
    // Not zero: after publishing, the caller must see to it (the bits above).
    std::atomic<std::uint32_t> attention{0};
    // Changes with the redaction policy and the test clock: sites cached under another salt are asked for
    // anew.
    std::atomic<std::uint64_t> salt{0};
};
inline constinit call_gate gate{};

// Keys of which the redaction policy has said that it does not hide them: hashes, salted as sites are, so that a new
// policy is asked anew. What is not here is to be asked for.
struct alignas(64) known_keys {
    std::atomic<std::uint64_t> hashes[512] = {};
    [[nodiscard, gnu::always_inline]] std::atomic<std::uint64_t>& place_of(std::uint64_t hash) noexcept {
        return hashes[hash % (sizeof hashes / sizeof hashes[0])];
    }
};
inline constinit known_keys unhidden_keys{};

[[nodiscard, gnu::always_inline]] inline std::uint64_t salted(std::uint64_t site_key) noexcept {
    return site_key ^ gate.salt.load(std::memory_order_relaxed);
}

// In the salt while a test's clock is on (base/clock.hpp): sites entered under it take the way on which that
// clock is read, so that the straight way need not ask for it.
inline constexpr std::uint64_t test_clock_salt = 0x7e57c10c7e57c10c;

}  // namespace logkit::detail
