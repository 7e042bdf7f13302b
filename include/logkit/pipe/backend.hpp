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

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <logkit/base/bounded_mutex.hpp>
#include <logkit/base/clock.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/base/own_thread.hpp>
#include <logkit/base/platform.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/pipe/drain.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

// Set while this thread holds the drain.
inline constinit thread_local bool is_draining = false;

class backend {
  public:
    backend(channel_pool& pool, site_table const& sites, record_consumer& consumer)
        : pool_(pool), consumer_(consumer), drain_(pool, sites, consumer) {
        (void)fence_all_threads();  // registers the process, outside of any hot path
    }

    // Starts the thread. False if the system has none to give; then the backend stays in sync mode.
    [[nodiscard]] bool start() {
        stop_.store(false);
        auto start = std::make_unique<thread_start>(thread_start{this, generation_.fetch_add(1) + 1});
        is_running_ = start_own_thread(thread_, "logkit", &backend::run_thread, start.get());
        if (is_running_) {
            (void)start.release();
            has_ended_.store(false);
            ended_word_.store(0);
            gate.attention.fetch_and(~attention_sync);
        }
        return is_running_;
    }

    // Ends the thread after a last pass; from here on records are written by who logs them. False if the thread did
    // not end in time, or hangs (its disk does); then it is left to itself, and ends when it can.
    bool stop(std::uint64_t timeout_ns) {
        if (!is_running_) return true;
        const std::uint64_t deadline = deadline_after(timeout_ns);
        stop_deadline_.store(deadline);
        stop_.store(true);
        wake();
        // A little longer than the thread itself tries, so that it is joined rather than left behind.
        const std::uint64_t join_by = deadline > UINT64_MAX - grace_ns ? UINT64_MAX : deadline + grace_ns;
        for (std::uint64_t now = 0; !has_ended_.load(); futex_wait(ended_word_, 0, 10'000'000)) {
            now = clock_ns(CLOCK_MONOTONIC);
            if (now >= join_by || is_hung(now)) break;
        }
        is_running_ = false;
        gate.attention.fetch_or(attention_sync);
        (void)fence_all_threads();  // who published before it saw that is seen by the last drain
        if (!has_ended_.load()) {
            generation_.fetch_add(1);
            pthread_detach(thread_);
            return false;
        }
        pthread_join(thread_, nullptr);
        return true;
    }

    // While the drain is held, or before the first record.
    void note_in(commit_log* log) noexcept { drain_.note_in(log); }

    [[nodiscard]] bool is_running() const noexcept { return is_running_; }

    // Sync mode: one pass on this thread. Who cannot have the drain in time leaves the records in their rings.
    void drain_here() noexcept {
        if (is_draining) return;
        {
            const write_signals_blocked blocked;
            if (!try_hold()) return;
            (void)pass();
            mutex_.unlock();
        }
        consumer_.after_pass();
    }

    // Delivers what was published before the call, by threads that need not yet have seen what this one has stored.
    void catch_up() noexcept {
        (void)fence_all_threads();
        drain_here();
    }

    // Holds the drain still, between two passes, while `change` alters what records meet on their way. Ends with
    // everything drained that was published before. False: the drain could not be had within five seconds, counted from
    // when it last got anywhere, and nothing has changed.
    template <class Change>
    [[nodiscard]] bool pause(Change&& change) {
        if (is_draining) {
            change();
            return true;
        }
        {
            const write_signals_blocked blocked;
            if (!try_hold()) return false;
            struct let_go {
                backend& self;
                ~let_go() {
                    self.pass_began_.store(0, std::memory_order_relaxed);
                    self.mutex_.unlock();
                }
            } const at_end{*this};
            (void)pass();
            pass_began_.store(clock_ns(CLOCK_MONOTONIC), std::memory_order_relaxed);
            change();
        }
        consumer_.after_pass();
        return true;
    }

    // Is anything published and not yet in its place? True where nobody can tell.
    [[nodiscard]] bool has_work() {
        if (!try_hold()) return true;
        const bool has_any = drain_.has_work();
        mutex_.unlock();
        return has_any;
    }

    // From the hot path's end.
    void attend() noexcept {
        const std::uint32_t wanted = gate.attention.load(std::memory_order_relaxed);
        if ((wanted & attention_sync) != 0)
            drain_here();
        else if ((wanted & attention_asleep) != 0)
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

    // Waits until all that was published before the call is delivered. False also if records that were accepted since
    // the last call had to be given up.
    [[nodiscard]] bool flush(std::uint64_t timeout_ns) {
        if (is_draining) return false;
        const std::uint64_t deadline = deadline_after(timeout_ns);
        channel_list rings;
        std::vector<std::uint64_t> targets;
        pool_.list(rings,
                   [&](channel const& c) { targets.push_back(c.shared().write.load(std::memory_order_acquire)); });
        for (std::size_t i = 0; i < targets.size(); ++i)
            if (!wait_until_read(rings.channels[i]->shared(), targets[i], deadline)) return false;
        const std::uint64_t given_up = consumer_.given_up();
        return flushed_given_up_.exchange(given_up) == given_up;
    }

    // Waits until the ring has been read up to `position`, before the deadline, and as long as there is hope.
    [[nodiscard]] bool wait_until_read(ring_head const& ring, std::uint64_t position, std::uint64_t deadline) {
        return wait([&] { return ring.read.load(std::memory_order_acquire) >= position; },
                    [&] {
                        const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
                        return now >= deadline || is_hung(now);
                    });
    }

    // Waits until the ring has been read up to there, as long as the backend gets anywhere, in whatever ring: among a
    // thousand busy threads a ring's turn may take long. What counts is progress, not time: a slow disk is waited for,
    // one that takes nothing is not. False: give up.
    [[nodiscard]] bool wait_for_progress(ring_head const& ring, std::uint64_t needed_read) {
        if (is_draining) return false;
        const std::uint64_t began = clock_ns(CLOCK_MONOTONIC);
        return wait([&] { return ring.read.load(std::memory_order_acquire) >= needed_read; },
                    [&] {
                        const std::uint64_t now = clock_ns(CLOCK_MONOTONIC), progress = drain_.progress_at();
                        return now > (progress > began ? progress : began) + patience_ns || is_hung(now);
                    });
    }

    // For fork: nobody drains until unlock().
    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns) noexcept { return mutex_.try_lock_until(deadline_ns); }
    void unlock() noexcept { mutex_.unlock(); }

    // How long anybody waits for a drain that gets nowhere: in sum, from when it last got anywhere.
    static constexpr std::uint64_t patience_ns = 5'000'000'000;

  private:
    static constexpr std::uint64_t doze_ns = 1'000'000, doze_for_ns = 50'000'000, sleep_ns = 500'000'000;
    static constexpr std::uint64_t grace_ns = 200'000'000;
    static constexpr std::uint64_t retry_ns = 20'000'000;  // of a delivery that failed

    struct thread_start {
        backend* self;
        std::uint32_t generation;
    };

    // Has the drain been at the same batch for so long that it is no use to wait for it?
    [[nodiscard]] bool is_hung(std::uint64_t now) const noexcept {
        const std::uint64_t stalled = stalled_since_.load(std::memory_order_relaxed);
        if (stalled != 0 && now > stalled + patience_ns) return true;
        const std::uint64_t began = pass_began_.load(std::memory_order_relaxed);
        if (began == 0) return false;
        const std::uint64_t progress = drain_.progress_at();
        return now > (progress > began ? progress : began) + patience_ns;
    }
    // The drain, for this thread; not for ever, and not at all while it hangs.
    [[nodiscard]] bool try_hold() noexcept {
        if (mutex_.try_lock()) return true;
        constexpr std::uint64_t slice_ns = 50'000'000;
        for (;;) {
            const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
            if (mutex_.try_lock_until(now + slice_ns)) return true;
            if (is_hung(clock_ns(CLOCK_MONOTONIC))) return false;
        }
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

    // With the drain held.
    drain::result pass() noexcept {
        is_draining = true;
        const inside_scope inside;
        pass_began_.store(clock_ns(CLOCK_MONOTONIC), std::memory_order_relaxed);
        drain::result result = drain::result::stalled;
        try {
            result = drain_.pass();
        } catch (...) {  // out of memory: what is in the rings stays there and is tried again
        }
        pass_began_.store(0, std::memory_order_relaxed);
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

    static void* run_thread(void* start) {
        const std::unique_ptr<thread_start> mine(static_cast<thread_start*>(start));
        stay_inside();
        mine->self->run(mine->generation);
        return nullptr;
    }

    void run(std::uint32_t generation) {
        std::uint64_t last_busy = clock_ns(CLOCK_MONOTONIC);
        while (generation_.load() == generation) {
            const bool is_last = stop_.load();
            const std::uint32_t seen = wake_word_.load(std::memory_order_acquire);
            drain::result result;
            // A mutex is not fair: without this, a backend that is never idle would never let anyone in.
            while (mutex_.has_waiters()) futex_wait(wake_word_, wake_word_.load(), 100'000);
            {
                const std::lock_guard lock(mutex_);
                result = pass();
            }
            consumer_.after_pass();
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
        if (generation_.load() != generation) return;  // it was given up on
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
            if (!has_work) pool_.park_idle();
        }
        if (!has_work) futex_wait(wake_word_, seen, sleep_ns);
        gate.attention.fetch_and(~attention_asleep, std::memory_order_relaxed);
    }

    channel_pool& pool_;
    record_consumer& consumer_;
    drain drain_;
    bounded_mutex mutex_{};  // held during a pass
    pthread_t thread_{};
    std::atomic<bool> is_running_{false};
    std::atomic<bool> stop_{false}, has_ended_{false}, is_dozing_{false};
    std::atomic<std::uint32_t> wake_word_{0}, progress_word_{0}, ended_word_{0}, waiters_{0}, generation_{0};
    std::atomic<std::uint64_t> stalled_since_{0}, pass_began_{0}, stop_deadline_{0}, flushed_given_up_{0};
};

}  // namespace logkit::detail
