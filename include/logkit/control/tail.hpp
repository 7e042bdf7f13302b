// SPDX-License-Identifier: MIT
#pragma once

// Tail sampling (LOG_TAIL=1): the records of a trace that head sampling did not choose wait here until the
// trace's outermost span ends. If anything in it failed or was slow (an ERROR, or an END above INFO), all of
// it is written after all; otherwise it is forgotten. Stage: control (it holds frames, and replays them).

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <logkit/pipe/held_frame.hpp>

namespace logkit::detail {

class tail_buffer {
  public:
    // Is the record of a trace that head sampling did not choose?
    [[nodiscard]] static bool concerns(raw_record const& raw) noexcept {
        return (raw.context->header.flags & context_is_deferred) != 0;
    }
    // True if the record, which it concerns, is held back or forgotten. `release` gets, in order, what was held, when
    // the trace proves worth it; the present record then follows by itself.
    template <class Release>
    [[nodiscard]] bool holds_back(raw_record const& raw, Release&& release) {
        const trace_key key{raw.context->header.trace_high, raw.context->header.trace_low};
        trace& t = find_or_begin(key);
        const bool is_end = raw.origin->is_span_end;
        const bool is_outermost_end = is_end && (raw.context->header.flags & context_is_outermost) != 0;
        if (!t.is_interesting &&
            (raw.origin->severity >= level::error || (is_end && raw.origin->severity > level::info))) {
            t.is_interesting = true;
            for (auto& h : t.held) release(h->view());
            for (auto& h : t.held) ending_.push_back(std::exchange(h->note, {}));
            forget(t);
        }
        const bool is_released = t.is_interesting || raw.origin->severity > level::info;
        if (!is_released) hold(t, raw);
        if (is_outermost_end) {
            forget(t);
            traces_.erase(key);
        }
        return !is_released;
    }

    // What is held is noted there too, and so survives the process; null: nowhere.
    void note_in(journal* told) {
        notes_ = told == nullptr ? nullptr : std::make_unique<journal_notes>(*told);
        ending_.clear();
        for (auto& [key, t] : traces_)
            for (auto& h : t.held) h->note = {};
    }
    // What was released goes with that batch, which is about to be written; and then it is.
    void end_with(std::uint64_t batch) noexcept {
        for (note_handle const& note : ending_) journal_notes::end_with(note, batch);
    }
    void batch_is_written() noexcept {
        if (notes_ != nullptr)
            for (note_handle const& note : ending_) notes_->drop(note);
        ending_.clear();
    }

  private:
    struct trace_key {
        std::uint64_t high, low;
        friend bool operator==(trace_key const&, trace_key const&) = default;
    };
    struct key_hash {
        std::size_t operator()(trace_key const& k) const noexcept { return hash_mix(k.high, k.low); }
    };

    // A raw record with all that it points to.
    struct held_record {
        explicit held_record(raw_record const& from)
            : raw(from),
              payload(reinterpret_cast<const char*>(from.payload), from.payload_size),
              context(*from.context),
              binding(from.binding == nullptr ? binding_in_force{} : *from.binding) {}
        [[nodiscard]] raw_record view() {
            raw_record copy = raw;
            copy.payload = reinterpret_cast<std::byte const*>(payload.data());
            copy.context = &context;
            if (raw.binding != nullptr) copy.binding = &binding;
            return copy;
        }
        raw_record raw;
        note_handle note{};
        std::string payload;
        context_in_force context;
        binding_in_force binding;
    };
    struct trace {
        std::vector<std::unique_ptr<held_record>> held{};
        std::size_t bytes = 0;
        bool is_interesting = false;
    };

    // All that is held, at most; beyond it the oldest traces are forgotten, as if they had ended well.
    static constexpr std::size_t most_bytes = 16 * 1024 * 1024;
    static constexpr std::size_t most_traces = 65'536;

    void hold(trace& t, raw_record const& raw) {
        const std::size_t cost =
            sizeof(held_record) + raw.payload_size + raw.context->bytes.size() + raw.context->json.size();
        t.held.push_back(std::make_unique<held_record>(raw));
        if (notes_ != nullptr) try {
                t.held.back()->note = note_held_record(*notes_, raw);
            } catch (...) {  // no memory: it does not survive a kill
            }
        t.bytes += cost;
        bytes_ += cost;
    }

    // Makes room first: the oldest traces go when there are too many, or when they hold too much.
    [[nodiscard]] trace& find_or_begin(trace_key key) {
        while (!order_.empty() && (bytes_ > most_bytes || order_.size() > most_traces)) {
            const trace_key oldest = order_.front();
            order_.pop_front();
            if (const auto at = traces_.find(oldest); at != traces_.end()) {
                forget(at->second);
                traces_.erase(at);
            }
        }
        const auto [at, is_new] = traces_.try_emplace(key);
        if (is_new) order_.push_back(key);
        return at->second;
    }

    void forget(trace& t) {
        bytes_ -= t.bytes;
        t.bytes = 0;
        if (notes_ != nullptr)
            for (auto const& h : t.held) notes_->drop(h->note);
        t.held.clear();
    }

    std::unordered_map<trace_key, trace, key_hash> traces_{};
    std::list<trace_key> order_{};  // by first record; those that have ended are skipped
    std::size_t bytes_ = 0;
    std::unique_ptr<journal_notes> notes_{};
    std::vector<note_handle> ending_{};
};

}  // namespace logkit::detail
