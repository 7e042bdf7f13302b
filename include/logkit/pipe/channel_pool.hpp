// SPDX-License-Identifier: MIT
#pragma once

// All rings of the process. A thread takes a small one for its first record, a larger one when that proves too small,
// and gives its ring back when it exits or changes; the next thread may have it at once, unread frames and all, for the
// new owner goes on where the old one stopped. There are never more rings of a size than threads which log at the same
// time, and the memory of those that nobody needs goes back to the system. Stage: pipe.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <logkit/base/bounded_mutex.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/pipe/channel.hpp>
#include <logkit/pipe/journal.hpp>

namespace logkit::detail {

// The sizes of rings: 8 KiB, then eight times as much, up to what the settings allow.
inline constexpr std::size_t smallest_ring = 8 * 1024;
[[nodiscard]] constexpr std::size_t first_ring_size(std::size_t most) noexcept {
    return most < smallest_ring ? most : smallest_ring;
}
[[nodiscard]] constexpr std::size_t next_ring_size(std::size_t size, std::size_t most) noexcept {
    return size * 8 < most ? size * 8 : most;
}

// The rings that somebody has looked at, and when.
struct channel_list {
    std::vector<channel*> channels{};
    std::uint64_t version = 0;
};

class channel_pool {
  public:
    // A ring for a thread, which gives back the one that it had (null: none): of the journal, if there is one and it
    // can grow, else in memory. Throws when there is no memory for a new ring, and then nothing has changed.
    [[nodiscard]] channel& acquire(std::size_t capacity, journal* where = nullptr, channel* instead_of = nullptr) {
        const std::lock_guard lock(mutex_);
        channel* best = find_idle(capacity, where);
        if (best == nullptr && where != nullptr) {
            best = add_in(*where, capacity);
            if (best == nullptr) best = find_idle(capacity, nullptr);
        }
        if (best == nullptr) best = &add(ring_mapping(capacity));
        best->is_owned = true;
        if (instead_of != nullptr)
            leave(*instead_of);
        else if (++owned_ > most_owned_.load(std::memory_order_relaxed))
            most_owned_.store(owned_, std::memory_order_relaxed);
        return *best;
    }

    // One that no thread will ever have.
    [[nodiscard]] channel& set_aside(std::size_t capacity, journal* where) {
        const std::lock_guard lock(mutex_);
        channel* made = where == nullptr ? nullptr : add_in(*where, capacity);
        if (made == nullptr) made = &add(ring_mapping(capacity));
        made->is_owned = true;
        return *made;
    }

    void give_back(channel& c) noexcept {
        const std::lock_guard lock(mutex_);
        leave(c);
        --owned_;
    }

    // The rings that exist are of a journal that is gone: threads change theirs when they come by, and nobody gets them
    // again.
    void retire_all() noexcept {
        const std::lock_guard lock(mutex_);
        for (auto const& c : channels_) c->is_stale = true;
        stale_owned_ = owned_;
        if (stale_owned_ != 0) gate.attention.fetch_or(attention_stale);
        retirements_.fetch_add(1);
        volatile_count_.store(0, std::memory_order_relaxed);
    }

    // How often that was done: who has asked for the journal before, and for a ring after, has one of neither.
    [[nodiscard]] std::uint64_t retirements() const noexcept { return retirements_.load(); }

    // Brings the list up to date, and calls `look` for each with the pool locked: who changes its ring meanwhile has
    // either not yet published to the new one, or is seen to have done so, and then also with all that is in the old.
    template <class Look>
    void list(channel_list& into, Look&& look) {
        const std::lock_guard lock(mutex_);
        if (into.version != version_) {
            into.channels.clear();
            for (auto const& c : channels_)
                if (!c->is_parked) into.channels.push_back(c.get());
            into.version = version_;
        }
        for (channel* c : into.channels) look(*c);
    }

    // Gives back the memory of rings that nobody owns and that have been read, but for a few. While nobody drains.
    void park_idle() noexcept {
        constexpr std::size_t kept = 8;
        const std::lock_guard lock(mutex_);
        std::size_t idle = 0;
        for (auto const& c : channels_) {
            if (c->is_owned || c->is_parked || !c->is_over()) continue;
            if (++idle <= kept && !c->is_stale) continue;
            c->forget_states();
            if (!c->mapping.release_memory()) continue;
            c->is_parked = true;
            ++version_;
        }
    }

    // Records of threads for which there is no ring, for want of memory.
    void count_loss() noexcept { losses_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t losses() const noexcept { return losses_.load(std::memory_order_relaxed); }

    // Records that were lost since the backend last told of losses.
    [[nodiscard]] std::uint64_t untold_losses() noexcept {
        const std::lock_guard lock(mutex_);
        std::uint64_t sum = losses() - told_losses_.load(std::memory_order_relaxed);
        for (auto const& c : channels_)
            sum += c->shared().dropped.load(std::memory_order_relaxed) -
                   c->shared().reported_drops.load(std::memory_order_relaxed);
        return sum;
    }
    void losses_are_told(std::uint64_t told) noexcept { told_losses_.store(told, std::memory_order_relaxed); }

    // Threads that had a ring at the same time, at most.
    [[nodiscard]] std::size_t most_owned() const noexcept { return most_owned_.load(std::memory_order_relaxed); }
    // Rings whose records do not survive the process.
    [[nodiscard]] std::size_t volatile_count() const noexcept {
        return volatile_count_.load(std::memory_order_relaxed);
    }

    // Another process's ring.
    channel& adopt(ring_mapping&& ring) {
        const std::lock_guard lock(mutex_);
        return add(std::move(ring));
    }

    [[nodiscard]] bool try_lock_until(std::uint64_t deadline) noexcept { return mutex_.try_lock_until(deadline); }
    void unlock() noexcept { mutex_.unlock(); }

  private:
    void leave(channel& c) noexcept {
        c.shared().is_left.store(1, std::memory_order_release);
        c.is_owned = false;
        if (c.is_stale && --stale_owned_ == 0) gate.attention.fetch_and(~attention_stale);
    }
    // The one with the least to read that nobody owns; null: none. `where`: in that journal; null: in memory.
    [[nodiscard]] channel* find_idle(std::size_t capacity, journal* where) {
        channel* best = nullptr;
        for (auto const& c : channels_) {
            if (c->is_owned || c->is_stale || c->mapping.capacity() != capacity ||
                c->mapping.is_in_file() != (where != nullptr))
                continue;
            if (best == nullptr || unread(*c) < unread(*best)) best = c.get();
        }
        return best != nullptr && best->is_parked && !unpark(*best, where) ? nullptr : best;
    }
    [[nodiscard]] static std::uint64_t unread(channel const& c) noexcept {
        return c.shared().write.load(std::memory_order_relaxed) - c.shared().read.load(std::memory_order_relaxed);
    }

    // Null: the journal cannot grow.
    [[nodiscard]] channel* add_in(journal& where, std::size_t capacity) {
        std::optional<ring_mapping> ring = where.add_ring(capacity);
        return ring.has_value() ? &add(std::move(*ring)) : nullptr;
    }
    channel& add(ring_mapping&& ring) {
        const bool is_in_file = ring.is_in_file();
        channels_.push_back(std::make_unique<channel>(std::move(ring)));
        if (!is_in_file) volatile_count_.fetch_add(1, std::memory_order_relaxed);
        ++version_;
        return *channels_.back();
    }
    [[nodiscard]] bool unpark(channel& c, journal* where) {
        if (c.mapping.is_in_file() && (where == nullptr || !where->reserve_again(c.mapping))) return false;
        c.is_parked = false;
        ++version_;
        return true;
    }

    bounded_mutex mutex_{};
    std::vector<std::unique_ptr<channel>> channels_{};
    std::size_t owned_ = 0, stale_owned_ = 0;  // by threads
    std::uint64_t version_ = 1;
    std::atomic<std::size_t> volatile_count_{0}, most_owned_{0};
    std::atomic<std::uint64_t> retirements_{0}, losses_{0}, told_losses_{0};
};

}  // namespace logkit::detail
