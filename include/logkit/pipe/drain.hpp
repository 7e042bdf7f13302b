// SPDX-License-Identifier: MIT
#pragma once

// One pass over all rings: merges their frames by time, hands records to the consumer, and frees ring space
// when the consumer has put them where they belong. Stage: pipe. One thread at a time (backend.hpp).

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <logkit/base/failpoint.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/pipe/channel_pool.hpp>
#include <logkit/pipe/commit_note.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

// What is to the right of the pipe: process, render, sink.
class record_consumer {
  public:
    virtual ~record_consumer() = default;
    virtual void begin_batch() noexcept = 0;
    // The record and all it points to are gone after the call.
    virtual void take(raw_record const& record) noexcept = 0;
    // The ring's records are under another context from here on.
    virtual void take_context(channel&) noexcept {}
    // A span is over that leaves no record of that.
    virtual void take_span_end(std::uint64_t) noexcept {}
    // Records that never got into a ring, to be reported in-band.
    virtual void take_loss(std::uint64_t records) noexcept = 0;
    // True when what was taken is enough to be committed.
    [[nodiscard]] virtual bool is_full() const noexcept = 0;
    // Delivers all that was taken; calls `note` when it knows where in the file that will stand, before it
    // writes. False: not now (the disk is full); it is kept, and tried again.
    [[nodiscard]] virtual bool commit(batch_note const& note) noexcept = 0;
    // After a pass, with nothing locked: what may take its time.
    virtual void after_pass() noexcept {}
    // Accepted records that have been given up.
    [[nodiscard]] virtual std::uint64_t given_up() const noexcept { return 0; }
};

class drain {
  public:
    drain(channel_pool& pool, site_table const& sites, record_consumer& consumer) noexcept
        : pool_(pool), sites_(sites), consumer_(consumer) {}

    drain(drain const&) = delete;
    drain& operator=(drain const&) = delete;

    // Where batches are noted before they are written; null: nowhere.
    void note_in(commit_log* log) noexcept { log_ = log; }

    enum class result { nothing, little, progress, stalled };  // little: not worth coming back at once

    result pass() {
        if (!commit()) return result::stalled;
        gather();
        const std::uint64_t lost = count_losses();
        if (heap_.empty() && lost == 0) return result::nothing;
        const bool is_little = count_bytes() < little;
        consumer_.begin_batch();
        if (lost != 0) consumer_.take_loss(lost);
        while (!heap_.empty()) {
            std::pop_heap(heap_.begin(), heap_.end(), is_later);
            channel& c = *heap_.back();
            heap_.pop_back();
            const std::uint64_t until = heap_.empty() ? UINT64_MAX : heap_.front()->next_ticks();
            do {
                take_frame(c);
                if (consumer_.is_full() && !commit()) return result::stalled;
            } while (c.cursor != c.end && c.next_ticks() <= until);
            if (c.cursor == c.end) continue;
            heap_.push_back(&c);
            std::push_heap(heap_.begin(), heap_.end(), is_later);
        }
        if (!commit()) return result::stalled;
        return is_little ? result::little : result::progress;
    }

    // When a batch was last delivered (CLOCK_MONOTONIC).
    [[nodiscard]] std::uint64_t progress_at() const noexcept { return progress_at_.load(std::memory_order_relaxed); }

    // Is everything that has been published in its place?
    [[nodiscard]] bool has_work() {
        bool has_any = false;
        pool_.list(list_, [&](channel const& c) {
            has_any = has_any || c.shared().write.load(std::memory_order_acquire) !=
                                     c.shared().read.load(std::memory_order_relaxed);
        });
        return has_any;
    }

  private:
    static constexpr std::uint64_t little = 16 * 1024;

    // What this pass has before it.
    [[nodiscard]] std::uint64_t count_bytes() const noexcept {
        std::uint64_t sum = 0;
        for (channel const* c : heap_) sum += c->end - c->cursor;
        return sum;
    }

    [[nodiscard]] static bool is_later(channel const* a, channel const* b) noexcept {
        return a->next_ticks() > b->next_ticks();
    }

    void gather() {
        heap_.clear();
        pool_.list(list_, [](channel& c) { c.end = c.shared().write.load(std::memory_order_acquire); });
        for (channel* c : list_.channels)
            if (c->cursor != c->end) heap_.push_back(c);
        std::make_heap(heap_.begin(), heap_.end(), is_later);
    }

    [[nodiscard]] std::uint64_t count_losses() noexcept {
        std::uint64_t lost = pool_.losses() - reported_losses_;
        reported_losses_ += lost;
        pool_.losses_are_told(reported_losses_);
        for (channel* c : list_.channels) {
            const std::uint64_t dropped = c->shared().dropped.load(std::memory_order_relaxed);
            lost += dropped - c->reported_drops;
            c->reported_drops = dropped;
            c->shared().reported_drops.store(dropped, std::memory_order_relaxed);
        }
        return lost;
    }

    // Ring space is freed here and nowhere else. The order of the steps is what makes it exactly once
    // (docs/durability.md): states, read intents, the place of the batch, the batch, the read positions.
    [[nodiscard]] bool commit() {
        batch_note note{log_, 0};
        if (log_ != nullptr) {
            note.number = ++batches_;
            for (channel* c : list_.channels) note_reading(*c, note.number);
            log_->note_rings(list_.channels);
            reached(step::note_reading);
        }
        if (!consumer_.commit(note)) return false;
        reached(step::write);
        for (channel* c : list_.channels) {
            if (c->shared().read.load(std::memory_order_relaxed) == c->cursor) continue;
            c->shared().read.store(c->cursor, std::memory_order_release);
            reached(step::advance);
        }
        if (log_ != nullptr) log_->note_done(list_.channels);
        progress_at_.store(clock_ns(CLOCK_MONOTONIC), std::memory_order_relaxed);
        return true;
    }

    static void note_reading(channel& c, std::uint64_t number) {
        if (c.shared().read.load(std::memory_order_relaxed) == c.cursor) return;
        c.note_state();
        read_intent& intent = c.shared().intents[number & 1];
        intent.number.store(0, std::memory_order_release);
        intent.position = c.cursor;
        intent.number.store(number, std::memory_order_release);
    }

    // Without memory for what a frame brings, it stays where it is, and all is as it was.
    void take_frame(channel& c) {
        const std::uint64_t before = c.cursor;
        const std::size_t parts_before = c.parts.size();
        try {
            take_next(c);
        } catch (...) {
            c.cursor = before;
            if (c.parts.size() > parts_before) c.parts.resize(parts_before);
            throw;
        }
    }

    void take_next(channel& c) {
        std::byte const* at = c.next();
        const auto header = load<frame_header>(at);
        c.cursor += header.size;
        const bool is_last = header.site == last_part_frame;
        if (header.site == first_part_frame) {
            c.parts.clear();
            c.has_first_part = true;
        }
        if (header.site == first_part_frame || header.site == part_frame || is_last) {
            // Without its beginning it is what a dead process was still waiting to hand over: not accepted.
            if (!c.has_first_part) return;
            const auto length = load<std::uint32_t>(at + sizeof header);
            c.parts.append(reinterpret_cast<const char*>(at + sizeof header + 4), length);
            if (!is_last) return;
            at = reinterpret_cast<std::byte const*>(c.parts.data());
        }
        take_whole(c, at);
        if (!is_last) return;
        c.has_first_part = false;
        c.parts.clear();
        c.parts.shrink_to_fit();
    }

    void take_whole(channel& c, std::byte const* frame) {
        const auto header = load<frame_header>(frame);
        std::byte const* payload = frame + sizeof header;
        if (header.site < first_site) [[unlikely]]
            return take_control(c, header.site, payload);
        const bool is_bound = (header.site & bound_bit) != 0;
        c.last_ticks = header.ticks;
        site const& origin = sites_[header.site & ~bound_bit];
        if (origin.is_span_end) {
            c.is_state_noted = false;
            c.context.has_ended = true;
        }
        consumer_.take({&origin, payload, header.size - sizeof header, header.ticks, &c.context,
                        is_bound ? &c.binding : nullptr, &c, header.site & ~bound_bit});
    }

    // A frame that is no record, but says what the next records are under.
    void take_control(channel& c, std::uint32_t what, std::byte const* payload) {
        if (what == lost_frame) return;
        c.is_state_noted = false;
        if (what == context_frame) {
            c.context.assign(payload);
            consumer_.take_context(c);
        } else if (what == span_over_frame) {
            c.context.has_ended = c.context.has_ended || c.context.header.span_id == load<std::uint64_t>(payload);
            consumer_.take_span_end(load<std::uint64_t>(payload));
        } else if (what == binding_frame)
            c.binding.assign(payload);
        else
            c.name_thread({reinterpret_cast<const char*>(payload + 4), load<std::uint32_t>(payload)});
    }

    channel_pool& pool_;
    site_table const& sites_;
    record_consumer& consumer_;
    channel_list list_{};
    std::vector<channel*> heap_{};
    std::uint64_t reported_losses_ = 0;
    commit_log* log_ = nullptr;
    std::uint64_t batches_ = 0;
    std::atomic<std::uint64_t> progress_at_{0};
};

}  // namespace logkit::detail
