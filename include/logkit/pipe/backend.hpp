// SPDX-License-Identifier: MIT
#pragma once

// Who drains the rings: one thread, or, in sync mode and after shutdown, whoever logs. Stage: pipe.
//
//          many frames       few or none                 none for long
//   busy ─────────► busy ──────────────────► dozing ─────────────────► asleep
//     ▲                                        │ 1 ms, or a ring half full   │ 500 ms, or any record:
//     └────────────────────────────────────────┴─────────────────────────────┘ gate.attention says so
//
// Dozing is what makes calls cheap: while it lasts, no other core touches the lines that a caller writes.
// A caller wakes the backend only when it is asleep, which takes 50 ms of silence: under load no caller ever
// pays for a system call. No wake-up is lost, though callers use no fence: the one going to sleep runs one in
// every thread of the process (fence_all_threads) between raising the flag and looking once more.

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <logkit/base/clock.hpp>
#include <logkit/base/platform.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/pipe/drain.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

// Bits of gate.attention.
inline constexpr std::uint32_t attention_sync = 1, attention_asleep = 2;

// Set while this thread runs processors and sinks: what they log would have to wait for themselves.
inline constinit thread_local bool is_draining = false;

class backend {
  public:
    backend(channel_pool& pool, site_table const& sites, record_consumer& consumer)
        : pool_(pool), drain_(pool, sites, consumer) {
        (void)fence_all_threads();  // registers the process, outside of any hot path
    }

    // Starts the thread. False if the system has none to give; then the backend stays in sync mode.
    [[nodiscard]] bool start() {
        stop_.store(false);
        sigset_t all, old;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);  // the program's signals are not for this thread
        is_running_ = pthread_create(&thread_, nullptr, &backend::run_thread, this) == 0;
        pthread_sigmask(SIG_SETMASK, &old, nullptr);
        if (is_running_) {
            has_ended_.store(false);
            pthread_setname_np(thread_, "logkit");
            gate.attention.fetch_and(~attention_sync);
        }
        return is_running_;
    }

    // Ends the thread after a last pass; from here on records are written by who logs them. False if the
    // thread did not end in time (its disk hangs); then it is left to itself.
    bool stop(std::uint64_t timeout_ns) {
        if (!is_running_) return true;
        const std::uint64_t deadline = deadline_after(timeout_ns);
        stop_deadline_.store(deadline);
        stop_.store(true);
        wake();
        // A little longer than the thread itself tries, so that it is joined rather than left behind.
        const std::uint64_t join_by = deadline > UINT64_MAX - grace_ns ? UINT64_MAX : deadline + grace_ns;
        while (!has_ended_.load() && clock_ns(CLOCK_MONOTONIC) < join_by) futex_wait(ended_word_, 0, 10'000'000);
        is_running_ = false;
        gate.attention.fetch_or(attention_sync);
        (void)fence_all_threads();  // who published before it saw that is seen by the last drain
        if (!has_ended_.load()) {
            pthread_detach(thread_);
            return false;
        }
        pthread_join(thread_, nullptr);
        return true;
    }

    // While the drain is paused, or before the first record.
    void note_in(commit_log* log) noexcept { drain_.note_in(log); }

    [[nodiscard]] bool is_running() const noexcept { return is_running_; }

    // Sync mode: one pass on this thread.
    void drain_here() noexcept {
        if (is_draining) return;
        const std::lock_guard lock(mutex_);
        (void)pass();
    }

    // Holds the drain still, between two passes, while `change` alters what records meet on their way. Ends
    // with everything drained that was published before.
    template <class Change>
    void pause(Change&& change) {
        if (is_draining) return change();
        const std::lock_guard let_in(*this);
        (void)pass();
        change();
    }

    // Is anything published and not yet in its place? While nobody drains.
    [[nodiscard]] bool has_work() {
        const std::lock_guard lock(mutex_);
        return drain_.has_work();
    }

    // From the hot path's end.
    void attend() noexcept {
        if ((gate.attention.load(std::memory_order_relaxed) & attention_sync) != 0)
            drain_here();
        else
            wake();
    }

    void wake() noexcept {
        gate.attention.fetch_and(~attention_asleep, std::memory_order_relaxed);
        wake_word_.fetch_add(1, std::memory_order_release);
        futex_wake_all(wake_word_);
    }
    // For a caller that sees a ring half full: wakes a dozing backend, at no cost to a busy one.
    void hurry() noexcept {
        if (is_dozing_.load(std::memory_order_relaxed)) wake();
    }

    // Waits until all that was published before the call is delivered.
    [[nodiscard]] bool flush(std::uint64_t timeout_ns) {
        if (is_draining) return false;
        const std::uint64_t deadline = deadline_after(timeout_ns);
        std::vector<channel*> channels;
        pool_.list(channels);
        std::vector<std::uint64_t> targets;
        for (channel const* c : channels) targets.push_back(c->shared().write.load(std::memory_order_acquire));
        for (std::size_t i = 0; i < channels.size(); ++i)
            if (!wait_until_read(channels[i]->shared(), targets[i], deadline)) return false;
        return true;
    }

    // Waits until the ring has been read up to `position`, however long that takes before the deadline.
    [[nodiscard]] bool wait_until_read(ring_head const& ring, std::uint64_t position, std::uint64_t deadline) {
        return wait([&] { return ring.read.load(std::memory_order_acquire) >= position; },
                    [&] { return clock_ns(CLOCK_MONOTONIC) >= deadline; });
    }

    // Waits until the ring has been read up to there, as long as the backend gets anywhere. What counts is
    // progress, not time: a slow disk is waited for, one that takes nothing is not. False: give up.
    [[nodiscard]] bool wait_for_progress(ring_head const& ring, std::uint64_t needed_read) {
        if (is_draining) return false;
        std::uint64_t seen = ring.read.load(std::memory_order_acquire);
        std::uint64_t since = clock_ns(CLOCK_MONOTONIC);
        return wait([&] { return ring.read.load(std::memory_order_acquire) >= needed_read; },
                    [&] {
                        const std::uint64_t now = clock_ns(CLOCK_MONOTONIC),
                                            read = ring.read.load(std::memory_order_acquire);
                        if (read != seen) {
                            seen = read;
                            since = now;
                        }
                        const std::uint64_t stalled = stalled_since_.load(std::memory_order_relaxed);
                        return now - since > patience_ns || (stalled != 0 && now > stalled + patience_ns);
                    });
    }

    void lock() {
        pauses_.fetch_add(1);
        mutex_.lock();
        pauses_.fetch_sub(1);
    }
    void unlock() { mutex_.unlock(); }

  private:
    static constexpr std::uint64_t doze_ns = 1'000'000, doze_for_ns = 50'000'000, sleep_ns = 500'000'000;
    static constexpr std::uint64_t patience_ns = 5'000'000'000;
    static constexpr std::uint64_t grace_ns = 200'000'000;
    static constexpr std::uint64_t retry_ns = 20'000'000;  // of a delivery that failed

    [[nodiscard]] static std::uint64_t deadline_after(std::uint64_t timeout_ns) noexcept {
        const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
        return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
    }

    template <class Done, class GiveUp>
    [[nodiscard]] bool wait(Done&& done, GiveUp&& give_up) {
        waiters_.fetch_add(1);
        bool is_done = done();
        while (!is_done && !give_up()) {
            const std::uint32_t seen = progress_word_.load(std::memory_order_acquire);
            if ((gate.attention.load(std::memory_order_relaxed) & attention_sync) != 0)
                drain_here();
            else
                wake();
            is_done = done();
            if (!is_done) futex_wait(progress_word_, seen, 5'000'000);
            is_done = done();
        }
        waiters_.fetch_sub(1);
        return is_done;
    }

    drain::result pass() noexcept {
        is_draining = true;
        // What is logged from inside must meet the slow path, which refuses it: no context has the id 0.
        const std::uint64_t published = std::exchange(this_slot.context_id, 0);
        drain::result result = drain::result::stalled;
        try {
            result = drain_.pass();
        } catch (...) {  // out of memory: what is in the rings stays there and is tried again
        }
        this_slot.context_id = published;
        is_draining = false;
        if (result == drain::result::stalled) {
            if (stalled_since_.load(std::memory_order_relaxed) == 0) stalled_since_.store(clock_ns(CLOCK_MONOTONIC));
        } else {
            stalled_since_.store(0, std::memory_order_relaxed);
        }
        if (result != drain::result::nothing) {
            progress_word_.fetch_add(1, std::memory_order_release);
            if (waiters_.load() != 0) futex_wake_all(progress_word_);
        }
        return result;
    }

    static void* run_thread(void* self) {
        static_cast<backend*>(self)->run();
        return nullptr;
    }

    void run() {
        std::uint64_t last_busy = clock_ns(CLOCK_MONOTONIC);
        for (;;) {
            const bool is_last = stop_.load();
            const std::uint32_t seen = wake_word_.load(std::memory_order_acquire);
            drain::result result;
            // A mutex is not fair: without this, a backend that is never idle would never let anyone in.
            while (pauses_.load() != 0) futex_wait(wake_word_, wake_word_.load(), 100'000);
            {
                const std::lock_guard lock(mutex_);
                result = pass();
            }
            if (is_last && result == drain::result::nothing) break;
            if (is_last && clock_ns(CLOCK_MONOTONIC) >= stop_deadline_.load()) break;
            if (result == drain::result::stalled) {
                futex_wait(wake_word_, wake_word_.load(), retry_ns);
                continue;
            }
            if (result != drain::result::nothing) last_busy = clock_ns(CLOCK_MONOTONIC);
            if (result == drain::result::progress) continue;
            if (clock_ns(CLOCK_MONOTONIC) - last_busy < doze_for_ns) {
                is_dozing_.store(true, std::memory_order_relaxed);
                futex_wait(wake_word_, seen, doze_ns);
                is_dozing_.store(false, std::memory_order_relaxed);
            } else {
                sleep(seen);
            }
        }
        has_ended_.store(true);
        ended_word_.store(1);
        futex_wake_all(ended_word_);
    }

    void sleep(std::uint32_t seen) {
        gate.attention.fetch_or(attention_asleep);
        (void)fence_all_threads();
        bool has_work = true;
        {
            const std::lock_guard lock(mutex_);
            has_work = drain_.has_work();
        }
        if (!has_work) futex_wait(wake_word_, seen, sleep_ns);
        gate.attention.fetch_and(~attention_asleep, std::memory_order_relaxed);
    }

    channel_pool& pool_;
    drain drain_;
    std::mutex mutex_;  // held during a pass
    pthread_t thread_{};
    bool is_running_ = false;
    std::atomic<bool> stop_{false}, has_ended_{false}, is_dozing_{false};
    std::atomic<std::uint32_t> wake_word_{0}, progress_word_{0}, ended_word_{0}, waiters_{0}, pauses_{0};
    std::atomic<std::uint64_t> stalled_since_{0}, stop_deadline_{0};
};

}  // namespace logkit::detail
