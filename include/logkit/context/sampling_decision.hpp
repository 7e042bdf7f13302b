// SPDX-License-Identifier: MIT
#pragma once

// Head sampling: whether a trace's TRACE, DEBUG and INFO records are kept. Decided once, when the trace
// begins, by its id alone: every process that sees the trace decides alike. Stage: context.

#include <atomic>
#include <cstdint>

#include <logkit/context/node.hpp>

namespace logkit::detail {

struct sampling_state {
    std::atomic<double> rate{1};       // LOG_SAMPLE
    std::atomic<bool> is_tail{false};  // LOG_TAIL: what is not sampled waits for its trace's end
};
inline constinit sampling_state sampling{};

[[nodiscard]] inline bool is_sampled(trace_identity trace, double rate) noexcept {
    if (rate >= 1) return true;
    // An id from elsewhere need not be random in any of its bits: mix all of them.
    const std::uint64_t mixed = hash_mix(hash_mix(trace.high, trace.low), 0x2545f4914f6cdd1d);
    return static_cast<double>(mixed >> 11) < rate * 9007199254740992.0;
}

inline void decide_sampling(context_identity& node) noexcept {
    const double rate = sampling.rate.load(std::memory_order_relaxed);
    node.sample_rate = rate;
    const bool is_sampled_now = is_sampled(node.trace, rate);
    node.is_deferred = !is_sampled_now && sampling.is_tail.load(std::memory_order_relaxed);
    node.is_kept = is_sampled_now || node.is_deferred;
}

}  // namespace logkit::detail
