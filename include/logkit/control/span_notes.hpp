// SPDX-License-Identifier: MIT
#pragma once

// The open spans of coroutines, as far as rings were told of them. A thread's are known by its ring; a coroutine leaves
// its thread, and its context with it, so these are noted in the journal, for recovery to end. Stage: control; with the
// drain held.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <logkit/pipe/dead_journal.hpp>
#include <logkit/pipe/held_frame.hpp>

namespace logkit::detail {

class span_notes {
  public:
    span_notes() = default;
    span_notes(span_notes const&) = delete;
    span_notes& operator=(span_notes const&) = delete;

    struct open_span {
        note_handle note{};
        std::uint64_t place = 0;     // of the dead process's note; 0: it has none
        context_in_force context{};  // in recovery, as all that follows
        outer_span span{};
        std::string name{}, thread{};
    };

    // From here on; null: nowhere. What was noted elsewhere is not known any more.
    void note_in(journal* told) {
        notes_ = told == nullptr ? nullptr : std::make_unique<journal_notes>(*told);
        open_.clear();
        ending_.clear();
    }
    // Instead, they are kept: this is recovery from that journal, which is told when a span that it has noted ends.
    void keep(dead_journal& from) noexcept { from_ = &from; }

    // A ring is under that context from here on.
    void begin(context_in_force const& context, std::string_view thread) {
        context_header const& header = context.header;
        if ((header.flags & context_is_coroutine) == 0 || header.span_id == 0 ||
            (notes_ == nullptr && from_ == nullptr))
            return;
        if (!context.has_ended)
            add(context, {header.span_id, header.parent_span_id, header.span_started, 0, 0}, {}, thread);
        checked_bytes outer(context.outer_spans());
        outer_span span{};
        std::string_view name;
        while (outer.take(span) && outer.take(name, span.name_size)) add(context, span, name, thread);
    }
    void add(context_in_force const& context, outer_span const& span, std::string_view name, std::string_view thread,
             std::uint64_t place = 0) {
        const auto [at, is_new] = open_.try_emplace(span.span_id);
        if (!is_new) return;
        if (from_ != nullptr)
            at->second = {{}, place, context, span, std::string(name), std::string(thread)};
        else
            at->second.note = note_open_span(*notes_, context, span, name, thread);
    }

    // With the batch that comes next.
    void end(std::uint64_t span_id) noexcept {
        if (open_.empty()) return;
        const auto at = open_.find(span_id);
        if (at == open_.end()) return;
        try {
            if (at->second.place != 0) ending_places_.push_back(at->second.place);
            ending_.push_back(at->second.note);
        } catch (...) {  // no memory: recovery may end it once more
        }
        open_.erase(at);
    }

    void end_with(std::uint64_t batch) noexcept {
        for (note_handle const& note : ending_) journal_notes::end_with(note, batch);
        for (const std::uint64_t place : ending_places_) from_->end_note(place, batch);
    }
    void batch_is_written() noexcept {
        if (notes_ != nullptr)
            for (note_handle const& note : ending_) notes_->drop(note);
        for (const std::uint64_t place : ending_places_) from_->end_note(place, void_note);
        ending_places_.clear();
        ending_.clear();
    }

    [[nodiscard]] std::unordered_map<std::uint64_t, open_span> const& open() const noexcept { return open_; }

  private:
    std::unique_ptr<journal_notes> notes_{};
    std::unordered_map<std::uint64_t, open_span> open_{};
    std::vector<note_handle> ending_{};
    std::vector<std::uint64_t> ending_places_{};
    dead_journal* from_ = nullptr;
};

}  // namespace logkit::detail
