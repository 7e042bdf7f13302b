// SPDX-License-Identifier: MIT
#pragma once

// Notes in a journal of what is not in the rings any more and yet not over: records that LOG_TAIL holds back, and open
// spans of coroutines. Stage: pipe. The backend writes them, recovery reads them.
//
//   segment := u64 used, entries
//   entry   := u32 size (of all, a multiple of 8), u32 kind, u64 ended, u64 ring, u64 position, bytes
//
// `ended` says until when a note holds: 0, it is open; `void_note`, it is over; else it ends with the batch of that
// number, and holds if that batch is not in the file. `ring` (offset of its segment; 0: none) and `position` say which
// frame a held record came from: as long as that ring has not been read beyond it, the frame is there, and the note is
// void. A segment whose notes are all over begins anew.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <string_view>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/pipe/journal.hpp>
#include <logkit/pipe/journal_layout.hpp>

namespace logkit::detail {

enum class note_kind : std::uint32_t { held_record = 1, open_span = 2 };

struct note_entry {
    std::uint32_t size;
    note_kind kind;
    std::atomic<std::uint64_t> ended;
    std::uint64_t ring, position;
};
inline constexpr std::uint64_t void_note = UINT64_MAX;
inline constexpr std::size_t first_note = 8;  // behind `used`

// A note that was made; empty where there was no room, which harms nothing but recovery.
class note_handle {
  public:
    note_handle() noexcept = default;
    note_handle(note_entry* entry, std::size_t segment) noexcept : entry_(entry), segment_(segment) {}
    [[nodiscard]] note_entry* entry() const noexcept { return entry_; }
    [[nodiscard]] std::size_t segment() const noexcept { return segment_; }

  private:
    note_entry* entry_ = nullptr;
    std::size_t segment_ = 0;
};

class journal_notes {
  public:
    explicit journal_notes(journal& into) noexcept : into_(into) {}
    journal_notes(journal_notes const&) = delete;
    journal_notes& operator=(journal_notes const&) = delete;
    ~journal_notes() {
        for (segment const& s : segments_) ::munmap(s.memory, notes_segment_size);
    }

    // The pieces one after the other.
    [[nodiscard]] note_handle add(note_kind kind, std::uint64_t ring, std::uint64_t position,
                                  std::initializer_list<std::string_view> pieces) {
        std::size_t size = sizeof(note_entry);
        for (const std::string_view piece : pieces) size += piece.size();
        size = align_up(size, 8);
        segment* const s = segment_for(size);
        if (s == nullptr) return {};
        std::byte* const at = s->memory + s->used;
        auto* const entry = new (at) note_entry{static_cast<std::uint32_t>(size), kind, {0}, ring, position};
        std::byte* to = at + sizeof(note_entry);
        for (const std::string_view piece : pieces) {
            if (!piece.empty()) std::memcpy(to, piece.data(), piece.size());
            to += piece.size();
        }
        s->used += size;
        ++s->open;
        publish_used(*s);
        return {entry, static_cast<std::size_t>(s - segments_.data())};
    }

    // Over with that batch, which has not been written yet.
    static void end_with(note_handle note, std::uint64_t batch) noexcept {
        if (note.entry() != nullptr) note.entry()->ended.store(batch, std::memory_order_release);
    }
    // Over, for whatever reason.
    void drop(note_handle note) noexcept {
        if (note.entry() == nullptr) return;
        note.entry()->ended.store(void_note, std::memory_order_release);
        segment& s = segments_[note.segment()];
        if (--s.open != 0) return;
        s.used = first_note;
        publish_used(s);
    }

  private:
    static constexpr std::size_t most_segments = 64;  // 16 MiB, as much as LOG_TAIL holds

    struct segment {
        std::byte* memory;
        std::size_t used = first_note;
        std::size_t open = 0;
    };

    static void publish_used(segment const& s) noexcept {
        reinterpret_cast<std::atomic<std::uint64_t>*>(s.memory)->store(s.used, std::memory_order_release);
    }
    [[nodiscard]] segment* segment_for(std::size_t size) {
        if (size > notes_segment_size - first_note) return nullptr;
        for (std::size_t i = 0; i < segments_.size(); ++i, last_ = (last_ + 1) % segments_.size())
            if (notes_segment_size - segments_[last_].used >= size) return &segments_[last_];
        if (segments_.size() == most_segments) return nullptr;
        segments_.reserve(most_segments);
        std::byte* memory = into_.add_notes();
        if (memory == nullptr) return nullptr;
        last_ = segments_.size();
        segments_.push_back({memory});
        publish_used(segments_.back());
        return &segments_.back();
    }

    journal& into_;
    std::vector<segment> segments_{};
    std::size_t last_ = 0;
};

}  // namespace logkit::detail
