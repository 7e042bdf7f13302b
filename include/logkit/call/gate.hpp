// SPDX-License-Identifier: MIT
#pragma once

// The few words that every call reads before it does anything. Written seldom, by the engine. Stage: call.

#include <atomic>
#include <cstdint>

#include <logkit/base/level.hpp>

namespace logkit::detail {

// Until the engine has started, everything is let through to the slow path, which starts it and asks again.
struct alignas(64) call_gate {
    std::atomic<level> floor{level::trace};
    // Not zero: after publishing, the caller must see to the backend (it sleeps, or there is none).
    std::atomic<std::uint32_t> attention{0};
    // Changes with the redaction policy: sites cached under another salt are asked for anew.
    std::atomic<std::uint64_t> salt{0};
    // A bloom filter of the redacted keys (base/hash.hpp); all ones: ask the policy.
    std::atomic<std::uint64_t> redacted_keys{~std::uint64_t{0}};
};
inline constinit call_gate gate{};

}  // namespace logkit::detail
