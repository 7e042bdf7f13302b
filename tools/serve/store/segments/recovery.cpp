// SPDX-License-Identifier: MIT
// Recovery: as docs/segments.md numbers it.
#include "store/segments/segment_store.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::string_view past_name = "past-", new_suffix = ".new";

// Where the nearest mark before `end` ends, other than there; somewhere before `end`, where none is near.
[[nodiscard]] std::uint64_t mark_before(disk_file const& file, std::uint64_t end) {
    constexpr std::uint64_t step = 1U << 20;
    const std::uint64_t from = end > step ? end - step : 0;
    std::string bytes;
    if (file.read(from, end - from, bytes) != 0) bytes.clear();
    for (std::size_t at = bytes.rfind(footer_mark); at != bytes.npos; at = bytes.rfind(footer_mark, at - 1)) {
        if (from + at + mark_size < end && at + mark_size <= bytes.size()) return from + at + mark_size;
        if (at == 0) break;
    }
    return from == 0 ? 0 : from + mark_size - 1;  // one may stand across the edge
}

}  // namespace

void segment_store::recover() {
    std::vector<std::string> names;
    if (const int error = disk_->list(names); error != 0)
        throw std::runtime_error(std::string("the store's folder cannot be read: ") + std::strerror(error));
    if (!settings_.is_read_only)
        for (std::string const& name : names)
            if (name.ends_with(new_suffix)) (void)disk_->remove(name);  // not finished, and nothing of it is needed
    recover_past(names);
    std::erase_if(names, [](std::string const& name) { return number_of(name) == 0; });
    std::sort(names.begin(), names.end(),
              [](auto const& a, auto const& b) { return std::pair(number_of(a), a) < std::pair(number_of(b), b); });
    // What was dropped, or sealed with others into one, and could not be removed any more.
    std::uint64_t gone = past_number_;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (number_of(names[i]) <= gone && is_gone(names[i], gone)) {
            if (!settings_.is_read_only) (void)disk_->remove(names[i]);
            continue;
        }
        next_number_ = std::max(next_number_, number_of(names[i]));
        recover_segment(names[i], i + 1 == names.size());
        if (!segments_.empty() && segments_.back()->is_sealed) gone = std::max(gone, segments_.back()->last_number);
        next_number_ = std::max(next_number_, gone + 1);
    }
}

// Has the segment nothing but what is gone? One of another day may have begun with the same number.
bool segment_store::is_gone(std::string const& name, std::uint64_t last_number) {
    std::unique_ptr<disk_file> file;
    if (disk_->open(name, file) != 0) return false;
    const std::optional<found_footer> last = footer_before(*file, file->size());
    return !last.has_value() || last->footer.last_number() <= last_number;
}

// The newest one that can be read.
void segment_store::recover_past(std::vector<std::string> const& names) {
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
        if (!name->starts_with(past_name) || name->ends_with(new_suffix)) continue;
        std::unique_ptr<disk_file> file;
        std::optional<found_footer> found;
        if (past_.empty() && disk_->open(*name, file) == 0) found = footer_before(*file, file->size());
        if (found.has_value() && found->footer.seals) {
            for (intent const& i : found->footer.intents) ledger_.apply(i);
            past_ = *name;
            past_number_ = found->footer.seals->last;
            next_number_ = past_number_ + 1;
        } else if (!past_.empty()) {
            if (!settings_.is_read_only) (void)disk_->remove(*name);
        } else {
            ++counters_.damaged;
            settings_.say(*name + " is damaged: how far streams had come whose records are gone is not known");
        }
    }
}

void segment_store::recover_segment(std::string const& name, bool is_last) {
    auto found = std::make_shared<segment>();
    found->name = name;
    if (const int error = disk_->open(name, found->file); error != 0)
        throw std::runtime_error("segment " + name + " cannot be opened: " + std::strerror(error));
    // From the end to the front, footer by footer; what no footer stands behind is damaged.
    struct placed {
        std::uint64_t offset;
        std::size_t size;
        frame_footer footer;
    };
    std::vector<placed> frames;
    const std::uint64_t size = found->file->size();
    std::uint64_t end = size, good_end = 0, damaged = 0;
    std::string packed;
    std::vector<char> lines;
    while (end > 0) {
        std::optional<found_footer> here = footer_before(*found->file, end);
        if (!here.has_value()) {
            const std::uint64_t next_end = mark_before(*found->file, end);
            damaged += end - next_end;
            end = next_end;
            continue;
        }
        frame_footer& footer = here->footer;
        const std::uint64_t offset = end - here->size - footer.packed_size;
        // The last commit may have come to the disk in parts.
        const bool may_be_torn = is_last && frames.empty() && damaged == size - end;
        const auto unpacks = [&] {
            if (footer.raw_size > largest_frame || found->file->read(offset, footer.packed_size, packed) != 0)
                return false;
            lines.resize(footer.raw_size);
            return unpack_frame(packed, footer.raw_size, lines.data());
        };
        if (may_be_torn && !footer.seals && !unpacks()) {
            damaged += end - offset;
        } else {
            if (good_end == 0) good_end = end;
            frames.push_back({offset, here->size, std::move(footer)});
        }
        end = offset;
    }
    std::reverse(frames.begin(), frames.end());
    const std::uint64_t torn = size - good_end;
    if (is_last && torn != 0) {
        damaged -= std::min(damaged, torn);
        if (!settings_.is_growing)
            settings_.say("segment " + name + ": its last " + std::to_string(torn) +
                          " bytes are no whole commit, and were cut off: nothing of them was acknowledged, unless the "
                          "disk has lost what it had synced");
        if (settings_.is_read_only) {
            if (!settings_.is_growing) ++counters_.damaged;
        } else {
            put_aside(*found, good_end, torn, ".torn");
            must_cut_ = found->file->cut(good_end) != 0;
        }
    }
    if (damaged != 0) {
        ++counters_.damaged;
        found->has_damage = true;
        settings_.say("segment " + name + ": " + std::to_string(damaged) + " bytes are damaged and left out");
    }
    // A server that was killed between append and sync left a whole commit, which the disk need not have. A client who
    // sends it again is told that it is stored: then it must be.
    if (settings_.syncs && !settings_.is_read_only)
        if (const int error = found->file->sync(); error != 0)
            throw std::runtime_error("segment " + name + " cannot be synced: " + std::strerror(error));
    for (placed const& one : frames) {
        for (intent const& i : one.footer.intents) ledger_.apply(i);
        next_number_ = std::max(next_number_, one.footer.last_number() + 1);
        index_frame(*found, one.offset, one.footer, one.size);
    }
    // One that was begun, and no commit came to be: the next one begins another.
    if (frames.empty() && damaged == 0 && torn == 0 && !settings_.is_read_only && disk_->remove(name) == 0) return;
    count(*found, true);
    counters_.gaps = ledger_.gaps();
    segments_.push_back(found);
    if (is_last && !found->is_sealed) {
        active_ = found;
        good_size_ = good_end;
    }
}

// What is cut off is kept beside the segment, once and as far as there is room, for a person to look at.
void segment_store::put_aside(segment& of, std::uint64_t from, std::uint64_t size, std::string const& suffix) {
    constexpr std::uint64_t most = std::uint64_t{64} << 20;
    std::string bytes;
    std::unique_ptr<disk_file> aside;
    if (size > most || of.file->read(from, size, bytes) != 0 || disk_->create(of.name + suffix, aside) != 0) return;
    (void)aside->append(bytes);
}

// The segment is among those that are kept from now on, or not any more.
void segment_store::count(segment const& of, bool is_new) noexcept {
    const auto add = [&](std::uint64_t& to, std::uint64_t n) { to = is_new ? to + n : to - n; };
    for (stored_frame const& f : of.frames) {
        add(counters_.records, f.records);
        add(counters_.bytes_raw, f.raw_size);
    }
    add(counters_.bytes_stored, of.size);
    add(counters_.commits, of.frames.size());
}

}  // namespace serve
