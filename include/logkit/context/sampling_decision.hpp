// SPDX-License-Identifier: MIT
#pragma once

// Head sampling: whether a trace's TRACE, DEBUG and INFO records are kept. Decided once, when the trace
// begins: by the sampled flag of the caller's traceparent, or else by the trace's id alone, so that every
// process that sees the trace decides alike. Stage: context.

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

// A caller that is known has decided for the whole trace, and its decision is kept.
enum class caller_decision : std::uint8_t { none, keep, drop };

inline void decide_sampling(context_identity& node, caller_decision caller) noexcept {
    const double rate = sampling.rate.load(std::memory_order_relaxed);
    const bool is_sampled_here = is_sampled(node.trace, rate);
    const bool is_kept = caller == caller_decision::none ? is_sampled_here : caller == caller_decision::keep;
    // Where the caller keeps what we would not, it has another rate, which we do not know.
    node.sample_rate = is_kept && !is_sampled_here ? 1 : rate;
    node.is_deferred = !is_kept && sampling.is_tail.load(std::memory_order_relaxed);
    node.is_kept = is_kept || node.is_deferred;
}

}  // namespace logkit::detail
