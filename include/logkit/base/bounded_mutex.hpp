// SPDX-License-Identifier: MIT
#pragma once

// A mutex that is waited for until a deadline at most: its holder may hang on a disk. Base.
//
// std::timed_mutex would do, but ThreadSanitizer does not know its clocked lock; and who holds a std::mutex again and
// again lets nobody in, so one here can ask whether somebody waits.

#include <atomic>
#include <cstdint>
#include <mutex>

#include <logkit/base/clock.hpp>
#include <logkit/base/platform.hpp>

namespace logkit::detail {

// `timeout` from now on (CLOCK_MONOTONIC); for ever, if that is further than numbers go.
[[nodiscard]] inline std::uint64_t deadline_after(std::uint64_t timeout_ns) noexcept {
    const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
    return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

class bounded_mutex {
  public:
    void lock() noexcept { (void)try_lock_until(UINT64_MAX); }
    [[nodiscard]] bool try_lock() noexcept { return mutex_.try_lock(); }
    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns) noexcept {
        if (mutex_.try_lock()) return true;
        waiters_.fetch_add(1);
        bool is_locked = false;
        for (;;) {
            const std::uint32_t seen = released_.load();
            is_locked = mutex_.try_lock();
            if (is_locked) break;
            const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
            if (now >= deadline_ns) break;
            constexpr std::uint64_t slice_ns = 10'000'000;
            futex_wait(released_, seen, deadline_ns - now < slice_ns ? deadline_ns - now : slice_ns);
        }
        waiters_.fetch_sub(1);
        return is_locked;
    }
    void unlock() noexcept {
        mutex_.unlock();
        if (waiters_.load() == 0) return;
        released_.fetch_add(1);
        futex_wake_all(released_);
    }
    [[nodiscard]] bool has_waiters() const noexcept { return waiters_.load() != 0; }

  private:
    std::mutex mutex_{};
    std::atomic<std::uint32_t> waiters_{0}, released_{0};
};

}  // namespace logkit::detail
