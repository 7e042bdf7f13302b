// SPDX-License-Identifier: MIT
#pragma once

// The journal of a process that is gone: read with every number checked, and taken over as the dead process
// would have gone on, so that recovery may itself be killed at any moment. Stage: pipe.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/pipe/channel_pool.hpp>
#include <logkit/pipe/frame_check.hpp>
#include <logkit/pipe/journal_notes.hpp>
#include <logkit/pipe/journal_place.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

class dead_journal final : public commit_log {
  public:
    // The file is locked and its owner gone (open_dead_journal).
    explicit dead_journal(descriptor file) : file_(std::move(file)) {}

    // Is it a journal of another version of this library?
    [[nodiscard]] bool is_foreign() const {
        constexpr std::uint64_t name = UINT64_MAX >> 8;  // all but the last character
        std::uint64_t magic = 0;
        return read_at(offsetof(journal_header, magic), magic) && magic != journal_magic &&
               (magic & name) == (journal_magic & name);
    }

    // Is it one of this version? Without looking further.
    [[nodiscard]] bool is_journal() const {
        std::uint64_t magic = 0;
        return read_at(offsetof(journal_header, magic), magic) && magic == journal_magic;
    }

    // Finds the segments. False: this is no journal.
    [[nodiscard]] bool open() {
        struct stat status {};
        if (::fstat(file_.get(), &status) != 0) return false;
        size_ = static_cast<std::uint64_t>(status.st_size);
        std::uint64_t count = 0;
        if (!is_journal() || !read_at(offsetof(journal_header, segment_count), count) ||
            count > journal_header::most_segments)
            return false;
        segments_.resize(count);
        std::uint64_t total = journal_header_size;
        for (std::uint64_t i = 0; i < count; ++i) {
            journal_segment& s = segments_[i];
            if (!read_at(offsetof(journal_header, segments) + i * sizeof s, s)) return false;
            total += s.size;
            if (s.offset > size_ || s.size > size_ - s.offset || total > size_ || s.size > largest_segment)
                return false;
        }
        return true;
    }

    // The batch noted last.
    struct noted_batch {
        std::uint64_t number = 0;
        file_place place{};
    };
    [[nodiscard]] noted_batch last_batch() const {
        noted_batch last;
        for (unsigned i = 0; i < 2; ++i) {
            const std::uint64_t at = intent_offset(i);
            noted_batch noted;
            if (read_at(at, noted.place) && read_at(at + offsetof(write_intent, number), noted.number) &&
                noted.number > last.number)
                last = noted;
        }
        return last;
    }

    // If the batch is in the file, its records have been read, and the notes that end with it are over. After the last
    // batch of all there is no more to do.
    void settle(std::uint64_t number, bool is_in_file) {
        settle_notes(number, is_in_file);
        for (journal_segment const& s : segments_)
            if (s.kind == segment_kind::ring && is_in_file)
                write_at(s.offset + offsetof(ring_head, read), read_position(s, number, is_in_file));
        if (!is_in_file || (number & final_batch) == 0) forget_batches();
    }
    void forget_batches() {
        for (unsigned i = 0; i < 2; ++i) write_at(intent_offset(i) + offsetof(write_intent, number), std::uint64_t{0});
    }
    // Set in the number of the batch that ends a recovery.
    static constexpr std::uint64_t final_batch = std::uint64_t{1} << 62;
    // Numbers of batches that recovery makes of notes.
    static constexpr std::uint64_t first_replay_batch = std::uint64_t{1} << 60;

    [[nodiscard]] std::optional<clock_reading> clock() const {
        std::optional<clock_reading> newest;
        std::uint64_t newest_number = 0;
        for (unsigned i = 0; i < 2; ++i) {
            const std::uint64_t at = offsetof(journal_header, clocks) + i * sizeof(clock_note);
            clock_reading reading{};
            std::uint64_t number = 0;
            if (!read_at(at, reading) || !read_at(at + offsetof(clock_note, number), number)) continue;
            if (number <= newest_number || !(reading.ns_per_tick > 1e-6 && reading.ns_per_tick < 1e6)) continue;
            newest_number = number;
            newest = reading;
        }
        return newest;
    }

    // A note that still holds, and where its `ended` is in the file.
    struct open_note {
        std::uint64_t place;
        note_kind kind;
        std::string bytes;
    };
    [[nodiscard]] std::vector<open_note> open_notes() const {
        std::vector<open_note> found;
        for_each_note([&](note_entry const& note, std::uint64_t place, std::string_view bytes) {
            if (note.ended.load(std::memory_order_relaxed) == 0)
                found.push_back({place, note.kind, std::string(bytes)});
        });
        return found;
    }
    // The note is over with that batch, which is about to be written.
    void end_note(std::uint64_t place, std::uint64_t batch) const noexcept { write_at(place, batch); }

    // Fills the tables with what is left to be read. Returns what could not be made sense of, or "".
    [[nodiscard]] std::string load_into(site_table& sites, channel_pool& pool, std::string& globals) {
        std::string problem;
        for (journal_segment const& s : segments_)
            if (s.kind == segment_kind::sites) read_sites(s, sites, problem);
        for (journal_segment const& s : segments_) {
            if (s.kind == segment_kind::globals) read_globals(s, globals);
            if (s.kind == segment_kind::ring) read_ring(s, sites, pool, problem);
        }
        return problem;
    }

    void note_rings(std::vector<channel*> const&) noexcept override { write_rings(true); }
    void note_done(std::vector<channel*> const&) noexcept override { write_rings(false); }
    void note_place(std::uint64_t number, file_place const& place) noexcept override {
        const std::uint64_t at = intent_offset(number);
        write_at(at + offsetof(write_intent, number), std::uint64_t{0});
        write_at(at, place);
        write_at(at + offsetof(write_intent, number), number);
    }

  private:
    static constexpr std::uint64_t largest_segment = ring_segment_size(std::size_t{1} << 30);

    struct ring {
        channel* in_memory;
        std::uint64_t offset;
    };

    // Where batch `number` is noted: in one of two places, in turn.
    [[nodiscard]] static constexpr std::uint64_t intent_offset(std::uint64_t number) noexcept {
        return offsetof(journal_header, intents) + (number & 1) * sizeof(write_intent);
    }

    template <class T>
    [[nodiscard]] bool read_at(std::uint64_t offset, T& value) const {
        return ::pread(file_.get(), &value, sizeof value, static_cast<off_t>(offset)) ==
               static_cast<ssize_t>(sizeof value);
    }
    template <class T>
    void write_at(std::uint64_t offset, T const& value) const noexcept {
        write_bytes(offset, &value, sizeof value);
    }
    void write_bytes(std::uint64_t offset, void const* bytes, std::size_t size) const noexcept {
        while (::pwrite(file_.get(), bytes, size, static_cast<off_t>(offset)) < 0 && errno == EINTR) {
        }
    }

    [[nodiscard]] std::string bytes_of(journal_segment const& s) const {
        std::string bytes(s.size, '\0');
        const ssize_t n = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(s.offset));
        bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        return bytes;
    }

    // How far the ring has been read, if batch `number` is, or is not, in the file.
    [[nodiscard]] std::uint64_t read_position(journal_segment const& s, std::uint64_t number, bool is_in_file) const {
        const std::uint64_t at = s.offset + offsetof(ring_head, intents) + (number & 1) * sizeof(read_intent);
        std::uint64_t position = 0, noted = 0, read = 0;
        if (!read_at(s.offset + offsetof(ring_head, read), read)) return 0;
        const bool counts = is_in_file && read_at(at, position) && read_at(at + offsetof(read_intent, number), noted) &&
                            noted == number && position > read;
        return counts ? position : read;
    }

    template <class Fn>
    void for_each_note(Fn&& fn) const {
        for (journal_segment const& s : segments_) {
            if (s.kind != segment_kind::notes) continue;
            const std::string bytes = bytes_of(s);
            std::uint64_t used = 0;
            if (!checked_bytes(bytes).take(used) || used > bytes.size()) continue;
            for (std::size_t at = first_note; at + sizeof(note_entry) <= used;) {
                const auto size = load<std::uint32_t>(bytes.data() + at);
                if (size < sizeof(note_entry) || size % 8 != 0 || size > used - at) break;
                const note_entry note{size,
                                      load<note_kind>(bytes.data() + at + offsetof(note_entry, kind)),
                                      {load<std::uint64_t>(bytes.data() + at + offsetof(note_entry, ended))},
                                      load<std::uint64_t>(bytes.data() + at + offsetof(note_entry, ring)),
                                      load<std::uint64_t>(bytes.data() + at + offsetof(note_entry, position))};
                fn(note, s.offset + at + offsetof(note_entry, ended),
                   std::string_view{bytes}.substr(at + sizeof(note_entry), size - sizeof(note_entry)));
                at += size;
            }
        }
    }

    // Each note is open or over from here on, as it was when the process died: before recovery moves anything that it
    // was judged by.
    void settle_notes(std::uint64_t number, bool is_in_file) {
        for_each_note([&](note_entry const& note, std::uint64_t place, std::string_view) {
            const std::uint64_t ended = note.ended.load(std::memory_order_relaxed);
            if (ended == void_note) return;
            bool is_over = ended != 0 && (ended < number || (ended == number && is_in_file));
            for (journal_segment const& s : segments_)
                if (s.kind == segment_kind::ring && note.ring == s.offset && note.kind == note_kind::held_record)
                    is_over = is_over || read_position(s, number, is_in_file) <= note.position;
            if (is_over || ended != 0) write_at(place, is_over ? void_note : std::uint64_t{0});
        });
    }

    void read_globals(journal_segment const& s, std::string& globals) {
        const std::string bytes = bytes_of(s);
        checked_bytes in(bytes);
        std::uint64_t number = 0, used = 0;
        std::string_view block;
        if (!in.take(number) || !in.take(used) || number <= globals_number_ || used > bytes.size() ||
            !in.take(block, used) || !is_field_block(block))
            return;
        globals_number_ = number;
        globals = block;
    }

    void read_sites(journal_segment const& s, site_table& sites, std::string& problem) const {
        const std::string bytes = bytes_of(s);
        std::uint64_t used = 0;
        if (!checked_bytes(bytes).take(used) || used < sizeof used || used > bytes.size()) {
            problem = "a table of sites has no sensible size";
            return;
        }
        std::string_view entries = std::string_view{bytes}.substr(sizeof used, used - sizeof used);
        while (!entries.empty()) {
            decoded_site entry;
            if (!decode_site(entries, entry)) {
                problem = "a site is not readable";
                return;
            }
            sites.restore(entry.site.number, site(entry.description(), entry.site.redacted));
        }
    }

    void read_ring(journal_segment const& s, site_table const& sites, channel_pool& pool, std::string& problem) {
        const std::string bytes = bytes_of(s);
        std::size_t capacity = journal_page;
        while (ring_segment_size(capacity) < s.size) capacity *= 2;
        if (bytes.size() != s.size || ring_segment_size(capacity) != s.size) {
            problem = "a ring has no sensible size";
            return;
        }
        channel& c = pool.adopt(ring_mapping(capacity));
        rings_.push_back({&c, s.offset});
        std::memcpy(c.bytes, bytes.data() + ring_bytes_offset(capacity), capacity);
        const auto number = [&](std::size_t at) { return load<std::uint64_t>(bytes.data() + at); };
        ring_head& head = c.shared();
        std::uint64_t read = number(offsetof(ring_head, read)), write = number(offsetof(ring_head, write));
        if (read > write || write - read > capacity || read % frame_alignment != 0) {
            problem = "a ring's positions make no sense";
            read = write = 0;
        }
        read_state(c, bytes, read);
        c.cursor = read;
        std::uint64_t lost = 0;
        const std::uint64_t end = checked_end(c, sites, read, write, lost);
        if (end != write) problem = "a frame is not readable";
        head.read.store(read);
        head.write.store(end);
        head.dropped.store(number(offsetof(ring_head, dropped)) + lost);
        c.reported_drops = number(offsetof(ring_head, reported_drops));
        head.reported_drops.store(c.reported_drops);
        head.is_left.store(number(offsetof(ring_head, is_left)));
    }

    // How far frames make sense.
    [[nodiscard]] static std::uint64_t checked_end(channel const& c, site_table const& sites, std::uint64_t read,
                                                   std::uint64_t write, std::uint64_t& lost) {
        std::string parts;
        bool has_first_part = false;
        std::uint64_t begin_of_parts = read;
        std::uint64_t at = read;
        while (at < write) {
            const auto* bytes = reinterpret_cast<const char*>(c.bytes + (at & c.mask));
            const auto header = load<frame_header>(bytes);
            if (write - at < sizeof header || header.size < sizeof header || header.size % frame_alignment != 0 ||
                header.size > write - at)
                return parts.empty() ? at : begin_of_parts;
            const std::string_view frame(bytes, header.size);
            if (header.site == first_part_frame || header.site == part_frame || header.site == last_part_frame) {
                std::uint32_t length = 0;
                std::string_view part;
                checked_bytes in(frame.substr(sizeof header));
                if (!in.take(length) || !in.take(part, length)) return parts.empty() ? at : begin_of_parts;
                if (header.site == first_part_frame) {
                    parts.clear();
                    has_first_part = true;
                    begin_of_parts = at;
                }
                if (has_first_part) parts += part;
                if (has_first_part && header.site == last_part_frame) {
                    if (!is_frame(sites, parts)) return begin_of_parts;
                    parts.clear();
                    has_first_part = false;
                }
            } else if ((header.site & ~bound_bit) >= first_site && !sites.has_restored(header.site & ~bound_bit)) {
                store(c.bytes + (at & c.mask) + offsetof(frame_header, site), std::uint32_t{lost_frame});
                ++lost;
            } else if (!is_frame(sites, frame)) {
                return at;
            }
            at += header.size;
        }
        return at;
    }

    // What was in force at the read position.
    static void read_state(channel& c, std::string const& ring_bytes, std::uint64_t read) {
        std::uint64_t best = 0;
        int chosen = -1;
        for (int i = 0; i < 2; ++i) {
            const std::size_t at = offsetof(ring_head, states) + static_cast<std::size_t>(i) * sizeof(ring_state);
            const auto position = load<std::uint64_t>(ring_bytes.data() + at + offsetof(ring_state, position));
            if (position > read || (chosen >= 0 && position < best)) continue;
            best = position;
            chosen = i;
        }
        if (chosen < 0) return;
        c.state_index = static_cast<unsigned>(chosen);
        const std::size_t at = offsetof(ring_head, states) + c.state_index * sizeof(ring_state);
        const auto size = load<std::uint32_t>(ring_bytes.data() + at + offsetof(ring_state, size));
        const std::size_t room = c.mapping.state_size();
        if (size > room) return;
        checked_bytes in(std::string_view{ring_bytes}.substr(ring_states_offset + c.state_index * room, size));
        std::string_view ended, context, name, fields, thread;
        for (std::string_view* part : {&ended, &context, &name, &fields, &thread}) {
            std::uint32_t length = 0;
            if (!in.take(length) || !in.take(*part, length)) return;
        }
        if (!is_context(context) || !is_field_block(fields)) return;
        c.context.assign(reinterpret_cast<std::byte const*>(context.data()));
        c.context.has_ended = !ended.empty();
        c.binding.name = name;
        c.binding.fields = fields;
        c.thread = thread;
        std::memcpy(c.mapping.state(c.state_index), ring_bytes.data() + ring_states_offset + c.state_index * room,
                    room);
        ring_state& state = c.shared().states[c.state_index];
        state.size = size;
        state.position.store(best);
    }

    // States first: the head refers to them.
    void write_rings(bool with_states) const noexcept {
        for (ring const& r : rings_) {
            if (with_states)
                write_bytes(r.offset + ring_states_offset, r.in_memory->mapping.state(0),
                            2 * r.in_memory->mapping.state_size());
            write_bytes(r.offset, &r.in_memory->shared(), sizeof(ring_head));
        }
    }

    descriptor file_;
    std::uint64_t size_ = 0;
    std::vector<journal_segment> segments_{};
    std::vector<ring> rings_{};
    std::uint64_t globals_number_ = 0;  // of those that were read
};

}  // namespace logkit::detail
