// SPDX-License-Identifier: MIT
#pragma once

// Time as the call site takes it: one read of the cycle counter. Only the backend turns ticks into a date
// (clock_calibration), so the caller pays about 10 ns, the cost of the instruction itself. Base.

#include <atomic>
#include <cstdint>
#include <ctime>

namespace logkit::detail {

// A test's clock: when on, ticks() returns `now`, which then are nanoseconds since 1970, and a nanosecond
// more each time: records of different threads keep the order in which they were logged.
struct manual_clock {
    std::atomic<bool> on{false};
    std::atomic<std::uint64_t> now{0};
};
inline constinit manual_clock test_clock{};

[[nodiscard]] inline std::uint64_t clock_ns(clockid_t which) noexcept {
    timespec t{};
    clock_gettime(which, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

[[nodiscard, gnu::always_inline]] inline std::uint64_t hardware_ticks() noexcept {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();  // <x86intrin.h> would cost every translation unit most of a second
#elif defined(__aarch64__)
    std::uint64_t value;
    asm volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
    return clock_ns(CLOCK_MONOTONIC);
#endif
}

[[nodiscard, gnu::always_inline]] inline bool is_test_clock_on() noexcept {
    return test_clock.on.load(std::memory_order_relaxed);
}

// Monotonic within a machine, of no fixed unit; see clock_calibration.
[[nodiscard, gnu::always_inline]] inline std::uint64_t ticks() noexcept {
    if (is_test_clock_on()) [[unlikely]]
        return test_clock.now.fetch_add(1, std::memory_order_relaxed);
    return hardware_ticks();
}

// The rate as far as it is known, for durations that a caller must judge itself (slow_after).
inline constinit std::atomic<double> nanoseconds_per_tick{1};

[[nodiscard]] inline std::uint64_t ticks_to_ns(std::uint64_t duration) noexcept {
    if (is_test_clock_on()) return duration;
    return static_cast<std::uint64_t>(static_cast<double>(duration) *
                                      nanoseconds_per_tick.load(std::memory_order_relaxed));
}

// A moment in both of its times, and the rate; what another process needs to understand this one's ticks.
struct clock_reading {
    std::uint64_t ticks, unix_ns;
    double ns_per_tick;
};

// Maps ticks to nanoseconds since 1970 (UTC) by two anchors, one from the start of the process and one
// renewed now and then, so that the rate is known ever better and a step of the system's clock is followed.
// One thread at a time.
class clock_calibration {
  public:
    clock_calibration() noexcept : first_(take()), last_(first_) {
        // The rate needs two points; two milliseconds apart give 0.01 %, and renew() improves on that.
        const std::uint64_t until = first_.monotonic_ns + 2'000'000;
        while (clock_ns(CLOCK_MONOTONIC) < until) {
        }
        renew();
    }

    // Another process's clock, as it was noted; never renewed.
    explicit clock_calibration(clock_reading const& noted) noexcept
        : first_{noted.ticks, 0, noted.unix_ns}, last_(first_), ns_per_tick_(noted.ns_per_tick) {
        multiplier_ = static_cast<std::int64_t>(ns_per_tick_ * 4294967296.0);
        ticks_per_100ms_ = UINT64_MAX;
    }

    [[nodiscard]] clock_reading reading() const noexcept { return {last_.ticks, last_.unix_ns, ns_per_tick_}; }

    // Renews the second anchor if the last is older than 100 ms; true if it did. Cheap; called once per
    // batch.
    bool refresh() noexcept {
        if (hardware_ticks() - last_.ticks <= ticks_per_100ms_) return false;
        renew();
        return true;
    }

    [[nodiscard]] std::uint64_t unix_ns(std::uint64_t at) const noexcept {
        if (is_test_clock_on()) [[unlikely]]
            return at;
        return last_.unix_ns + scaled(static_cast<std::int64_t>(at - last_.ticks));
    }

    [[nodiscard]] std::uint64_t duration_ns(std::uint64_t from, std::uint64_t to) const noexcept {
        if (to <= from) return 0;
        if (is_test_clock_on()) [[unlikely]]
            return to - from;
        return scaled(static_cast<std::int64_t>(to - from));
    }

  private:
    struct anchor {
        std::uint64_t ticks, monotonic_ns, unix_ns;
    };

    // Several tries, keeping the one with the smallest window: an interrupt in between would skew it.
    [[nodiscard]] static anchor take() noexcept {
        anchor best{};
        std::uint64_t narrowest = UINT64_MAX;
        for (int i = 0; i < 5; ++i) {
            const std::uint64_t before = hardware_ticks();
            const std::uint64_t monotonic = clock_ns(CLOCK_MONOTONIC), real = clock_ns(CLOCK_REALTIME);
            const std::uint64_t after = hardware_ticks();
            if (after - before < narrowest) {
                narrowest = after - before;
                best = {before + narrowest / 2, monotonic, real};
            }
        }
        return best;
    }

    void renew() noexcept {
        last_ = take();
        const auto ticks = static_cast<double>(last_.ticks - first_.ticks);
        if (ticks > 0) ns_per_tick_ = static_cast<double>(last_.monotonic_ns - first_.monotonic_ns) / ticks;
        nanoseconds_per_tick.store(ns_per_tick_, std::memory_order_relaxed);
        multiplier_ = static_cast<std::int64_t>(ns_per_tick_ * 4294967296.0);
        ticks_per_100ms_ = static_cast<std::uint64_t>(1e8 / ns_per_tick_);
    }

    [[nodiscard]] std::uint64_t scaled(std::int64_t ticks) const noexcept {
        __extension__ using wide = __int128;
        return static_cast<std::uint64_t>(static_cast<wide>(ticks) * multiplier_ >> 32);
    }

    anchor first_, last_;
    double ns_per_tick_ = 1;
    std::int64_t multiplier_ = std::int64_t{1} << 32;
    std::uint64_t ticks_per_100ms_ = 0;
};

}  // namespace logkit::detail
