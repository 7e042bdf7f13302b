// SPDX-License-Identifier: MIT
#pragma once

// A sink and what waits for it. Stage: control.
//
//   drain ── batch ──► queue (4 MiB) ──► this outlet's thread ──► sink
//
// So a sink holds up nobody: not the file, which has the batch already, not other sinks, not callers. The drain waits
// for room only while the sink gets on; one that has taken nothing for its patience misses batches, without anybody
// waiting again, until it has caught up. Without a thread of its own (sync mode, after shutdown, none to be had) a
// thread that logs does the work, one at a time: who finds another at it leaves his batch in the queue.

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <logkit/base/bounded_mutex.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/base/own_thread.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/process/record_batch.hpp>
#include <logkit/render/describe_exception.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit::detail {

class outlet final : public std::enable_shared_from_this<outlet> {
  public:
    struct counters {
        std::atomic<std::uint64_t> failures{0}, missed{0};
    };
    // What is to be told in the log.
    struct news {
        std::string failure{};     // what the sink threw, the first time
        std::uint64_t missed = 0;  // records that it did not get, once it has caught up
    };

    // One that is spare has nothing that the file lacks: nobody insists on it.
    outlet(std::shared_ptr<sink> target, std::uint64_t patience_ns, bool is_spare, counters& counts) noexcept
        : target_(std::move(target)), patience_ns_(patience_ns), is_spare_(is_spare), counts_(counts) {}
    outlet(outlet const&) = delete;
    outlet& operator=(outlet const&) = delete;

    [[nodiscard]] std::shared_ptr<sink> const& target() const noexcept { return target_; }
    [[nodiscard]] bool is_spare() const noexcept { return is_spare_; }

    // By whoever holds the drain. Throws when memory is out.
    void take(shared_batch batch, bool may_have_thread) {
        if (may_have_thread && !has_thread_) start_thread();
        std::unique_lock lock(mutex_);
        while (queued_bytes_ + batch->size() > most_queued && queued_bytes_ != 0) {
            if (is_stuck_ || !has_thread_) return miss(batch->entries().size());
            const std::uint32_t seen = progress_.load();
            const std::uint64_t waited_from = last_progress_.load();
            lock.unlock();
            futex_wait(progress_, seen, 10'000'000);
            lock.lock();
            is_stuck_ = last_progress_.load() == waited_from && clock_ns(CLOCK_MONOTONIC) > waited_from + patience_ns_;
        }
        if (queue_.empty()) touch();
        queued_bytes_ += batch->size();
        queue_.push_back({std::move(batch), 0});
        wake();
    }

    // On this thread, unless the outlet has one, or another thread is at it.
    void deliver_here() noexcept {
        if (has_thread_ || !running_.try_lock()) return;
        const inside_scope inside;
        const write_signals_blocked blocked;
        // For a while, and no more: others go on logging, and the next of them does the rest.
        const std::uint64_t deadline = deadline_after(slice_ns);
        while (deliver_next() && clock_ns(CLOCK_MONOTONIC) < deadline) {
        }
        if (target_->state() != sink_state::done) flush_target();
        running_.unlock();
    }

    // Until all that was taken has been delivered. False: not in time, or the sink is stalled.
    [[nodiscard]] bool wait_until_done(std::uint64_t deadline_ns) noexcept {
        for (;;) {
            deliver_here();
            const std::uint32_t seen = progress_.load();
            {
                const std::lock_guard lock(mutex_);
                if (queue_.empty() && !is_delivering_) {
                    const sink_state now = target_->state();
                    if (now != sink_state::behind) return now == sink_state::done;
                }
                const bool waits_in_vain = clock_ns(CLOCK_MONOTONIC) > last_progress_.load() + patience_ns_;
                is_stuck_ = is_stuck_ || waits_in_vain;
                if (is_stuck_) return false;
            }
            if (clock_ns(CLOCK_MONOTONIC) >= deadline_ns) return false;
            futex_wait(progress_, seen, 5'000'000);
        }
    }

    [[nodiscard]] bool has_thread() const noexcept { return has_thread_.load(); }
    [[nodiscard]] bool has_news() const noexcept { return has_news_.load(std::memory_order_relaxed); }
    [[nodiscard]] news take_news() {
        const std::lock_guard lock(mutex_);
        has_news_.store(false, std::memory_order_relaxed);
        return std::exchange(news_, {});
    }

    // The thread ends, when it can; what is left in the queue is for who calls deliver_here().
    void stop_thread() noexcept {
        if (!has_thread_) return;
        const std::uint32_t mine = generation_.fetch_add(1);
        wake();
        const std::uint64_t deadline = deadline_after(stop_patience_ns);
        while (ended_.load() != mine && clock_ns(CLOCK_MONOTONIC) < deadline)
            futex_wait(progress_, progress_.load(), 1'000'000);
        if (ended_.load() == mine)
            pthread_join(thread_, nullptr);
        else
            pthread_detach(thread_);
        has_thread_ = false;
    }

    // For fork: nobody is inside of the sink until unlock(). False: somebody is, and stays.
    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns) noexcept {
        if (!running_.try_lock_until(deadline_ns)) return false;
        if (mutex_.try_lock_until(deadline_ns)) return true;
        running_.unlock();
        return false;
    }
    void unlock() noexcept {
        mutex_.unlock();
        running_.unlock();
    }

  private:
    static constexpr std::size_t most_queued = 4 * 1024 * 1024;
    static constexpr std::uint64_t stop_patience_ns = 200'000'000, retry_ns = 20'000'000, idle_ns = 60'000'000'000,
                                   slice_ns = 100'000'000;

    struct thread_start {
        std::shared_ptr<outlet> self;
        std::uint32_t generation;
    };

    // A batch, or, without one, how many records are missing here.
    struct waiting {
        shared_batch batch{};
        std::uint64_t missed{};
    };

    void touch() noexcept { last_progress_.store(clock_ns(CLOCK_MONOTONIC)); }
    void wake() noexcept {
        work_.fetch_add(1);
        futex_wake_all(work_);
    }
    void tell_progress() noexcept {
        progress_.fetch_add(1);
        futex_wake_all(progress_);
    }
    void miss(std::uint64_t records) {
        counts_.missed.fetch_add(records, std::memory_order_relaxed);
        if (!queue_.empty() && !queue_.back().batch)
            queue_.back().missed += records;
        else
            queue_.push_back({{}, records});
    }

    // False: nothing waits. The thread holds running_.
    [[nodiscard]] bool deliver_next() noexcept {
        waiting next;
        {
            const std::lock_guard lock(mutex_);
            if (queue_.empty()) return false;
            next = std::move(queue_.front());
            queue_.pop_front();
            is_delivering_ = true;
        }
        if (!next.batch) {
            call([&] { target_->missed(next.missed); });
        } else {
            for (record_batch::entry const& e : next.batch->entries()) {
                call([&] { target_->write(e.content, e.line); });
                touch();
            }
            flush_target();
        }
        {
            const std::lock_guard lock(mutex_);
            is_delivering_ = false;
            if (next.batch) queued_bytes_ -= next.batch->size();
            if (!next.batch) {
                news_.missed += next.missed;
                has_news_.store(true, std::memory_order_relaxed);
            }
            if (queue_.empty()) is_stuck_ = false;
        }
        touch();
        tell_progress();
        return true;
    }
    void flush_target() noexcept {
        call([&] { target_->flush(); });
        if (target_->state() != sink_state::stalled) touch();
        tell_progress();
    }

    template <class Fn>
    void call(Fn&& fn) noexcept {
        try {
            fn();
        } catch (std::exception const& e) {
            complain(text_of_what(e));
        } catch (...) {
            complain("not a std::exception");
        }
    }
    // Once for each sink, on stderr and in the log.
    void complain(const char* why) noexcept {
        counts_.failures.fetch_add(1, std::memory_order_relaxed);
        if (std::exchange(has_failed_, true)) return;
        say_on_standard_error("a sink threw; the log says what. Said once, counted in stats().sink_failures");
        try {
            const std::lock_guard lock(mutex_);
            news_.failure = why;
            has_news_.store(true, std::memory_order_relaxed);
        } catch (...) {  // no memory: it was said on stderr
        }
    }

    void start_thread() {
        auto self = std::make_unique<thread_start>(thread_start{shared_from_this(), generation_.load()});
        has_thread_ = start_own_thread(thread_, "logkit-sink", &outlet::run_thread, self.get());
        if (has_thread_) (void)self.release();
    }
    static void* run_thread(void* given) {
        const std::unique_ptr<thread_start> mine(static_cast<thread_start*>(given));
        stay_inside();
        mine->self->run(mine->generation);
        return nullptr;
    }
    // A thread whose generation is over, for it was given up on, leaves when it can.
    void run(std::uint32_t generation) noexcept {
        while (generation_.load() == generation) {
            const std::uint32_t seen = work_.load();
            bool did_anything = false;
            sink_state now = sink_state::done;
            {
                const std::lock_guard lock(running_);
                did_anything = deliver_next();
                now = target_->state();
                if (!did_anything && now != sink_state::done) flush_target();
            }
            if (!did_anything) futex_wait(work_, seen, now == sink_state::done ? idle_ns : retry_ns);
        }
        ended_.store(generation);
        tell_progress();
    }

    std::shared_ptr<sink> target_;
    std::uint64_t patience_ns_;
    bool is_spare_;
    counters& counts_;
    bounded_mutex running_{};  // held by the thread that is in the sink
    bounded_mutex mutex_{};    // of the queue
    std::deque<waiting> queue_{};
    std::size_t queued_bytes_ = 0;
    bool is_stuck_ = false, is_delivering_ = false, has_failed_ = false;
    news news_{};
    std::atomic<bool> has_news_{false}, has_thread_{false};
    std::atomic<std::uint64_t> last_progress_{0};
    std::atomic<std::uint32_t> work_{0}, progress_{0}, generation_{1}, ended_{0};
    pthread_t thread_{};
};

}  // namespace logkit::detail
