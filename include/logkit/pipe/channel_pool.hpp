// SPDX-License-Identifier: MIT
#pragma once

// All rings of the process. A thread takes one for its first record and gives it back when it exits; the next
// thread may have it at once, unread frames and all, for the new owner goes on where the old one stopped.
// There are never more rings than threads which log at the same time. Stage: pipe.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <logkit/pipe/channel.hpp>
#include <logkit/pipe/journal.hpp>

namespace logkit::detail {

class channel_pool {
  public:
    // One that is set aside is for no thread. A new ring is made in the journal, if there is one and it can
    // grow, else in memory. Throws when there is no memory for a new ring.
    [[nodiscard]] channel& acquire(std::size_t capacity, journal* where = nullptr, bool is_set_aside = false) {
        const std::lock_guard lock(mutex_);
        channel* best = nullptr;
        for (auto const& c : channels_) {
            if (c->is_owned || c->mapping.capacity() != capacity) continue;
            if (best == nullptr || unread(*c) < unread(*best)) best = c.get();
        }
        if (best == nullptr) {
            std::optional<ring_mapping> ring = where == nullptr ? std::nullopt : where->add_ring(capacity);
            if (!ring.has_value()) ring.emplace(capacity);
            if (!ring->is_in_file()) volatile_count_.fetch_add(1, std::memory_order_relaxed);
            channels_.push_back(std::make_unique<channel>(std::move(*ring)));
            best = channels_.back().get();
            count_.store(channels_.size(), std::memory_order_release);
        }
        best->is_owned = true;
        if (is_set_aside) set_aside_.fetch_add(1, std::memory_order_relaxed);
        return *best;
    }

    void give_back(ring_head const* shared) noexcept {
        const std::lock_guard lock(mutex_);
        for (auto const& c : channels_)
            if (&c->shared() == shared) c->is_owned = false;
    }

    // Brings the list up to date; channels are never removed.
    void list(std::vector<channel*>& into) const {
        if (into.size() == count_.load(std::memory_order_acquire)) return;
        const std::lock_guard lock(mutex_);
        into.clear();
        for (auto const& c : channels_) into.push_back(c.get());
    }

    // Records of threads for which there is no ring, for want of memory.
    void count_loss() noexcept { losses_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t losses() const noexcept { return losses_.load(std::memory_order_relaxed); }

    // Rings for threads.
    [[nodiscard]] std::size_t count() const noexcept {
        return count_.load(std::memory_order_relaxed) - set_aside_.load(std::memory_order_relaxed);
    }
    // Rings whose records do not survive the process.
    [[nodiscard]] std::size_t volatile_count() const noexcept {
        return volatile_count_.load(std::memory_order_relaxed);
    }

    // Another process's ring.
    channel& adopt(ring_mapping&& ring) {
        const std::lock_guard lock(mutex_);
        channels_.push_back(std::make_unique<channel>(std::move(ring)));
        count_.store(channels_.size(), std::memory_order_release);
        return *channels_.back();
    }

    void lock() { mutex_.lock(); }
    void unlock() { mutex_.unlock(); }

  private:
    [[nodiscard]] static std::uint64_t unread(channel const& c) noexcept {
        return c.shared().write.load(std::memory_order_relaxed) - c.shared().read.load(std::memory_order_relaxed);
    }

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<channel>> channels_;
    std::atomic<std::size_t> count_{0}, volatile_count_{0}, set_aside_{0};
    std::atomic<std::uint64_t> losses_{0};
};

}  // namespace logkit::detail
