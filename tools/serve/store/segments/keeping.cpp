// SPDX-License-Identifier: MIT
// tend: what is kept, and for how long.
//
// Whole segments go, the oldest first. What they promised stays: how far streams had come and which requests were
// answered is written into past-NUMBER.zst, a frame without records, before their files are removed; NUMBER is that of
// the last record which is gone. So whoever dies in between finds a past that says which segments to remove.
#include "store/moment.hpp"
#include "store/segments/segment_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::int64_t position_age_ns = 400 * std::int64_t{86'400'000'000'000};

[[nodiscard]] std::string past_file(std::uint64_t number) {
    char name[40];
    std::snprintf(name, sizeof name, "past-%016llu.zst", static_cast<unsigned long long>(number));
    return name;
}

}  // namespace

bool segment_store::tend(retention const& kept, std::int64_t now_ns) {
    if (settings_.reserve != nullptr) {
        settings_.reserve->watch();
        if (is_full() != std::exchange(has_said_full_, is_full()))
            settings_.say(is_full() ? "the disk is full: no records are taken until there is room again"
                                    : "there is room again: records are taken");
    }
    constexpr std::int64_t hour_ns = 3'600'000'000'000;
    if (now_ns - forgot_ns_ > hour_ns) {
        forgot_ns_ = now_ns;
        const std::lock_guard appending(appending_);
        const std::lock_guard lock(mutex_);
        ledger_.forget_before(now_ns - position_age_ns, now_ns);
    }
    close_active(kept, now_ns);
    if (drop_old(kept, now_ns)) return true;
    if (is_full()) return false;
    const segment_list inputs = choose_for_sealing();
    return !inputs.empty() && seal(inputs, now_ns);
}

// A segment that takes nothing more can be sealed, and dropped.
void segment_store::close_active(retention const& kept, std::int64_t now_ns) {
    const std::lock_guard appending(appending_);
    if (active_ == nullptr || active_->frames.empty()) return;
    const bool is_old = kept.age_ns != 0 && active_->newest_arrival_ns < now_ns - kept.age_ns;
    const bool is_too_much = kept.bytes != 0 && counters().bytes_stored > kept.bytes;
    const bool is_of_today = day_of(active_->name) == day_text(now_ns);
    if (is_of_today && !is_old && !is_too_much && active_->frames.size() < settings_.most_commits) return;
    if (must_cut_ && active_->file->cut(good_size_) != 0) return;
    must_cut_ = false;
    const std::lock_guard lock(mutex_);
    active_.reset();
}

bool segment_store::drop_old(retention const& kept, std::int64_t now_ns) {
    segment_list dropped;
    {
        const std::lock_guard lock(mutex_);
        std::uint64_t left = counters_.bytes_stored;
        for (std::shared_ptr<segment> const& s : segments_) {
            const bool is_old = kept.age_ns != 0 && s->newest_arrival_ns < now_ns - kept.age_ns;
            if (s == active_ || !(is_old || (kept.bytes != 0 && left > kept.bytes))) break;
            dropped.push_back(s);
            left -= s->size;
        }
    }
    if (dropped.empty()) return false;
    ledger past;
    std::uint64_t last = past_number_;
    std::unique_ptr<disk_file> file;
    bool is_known = past_.empty() || (disk_->open(past_, file) == 0 && apply_intents(*file, 0, file->size(), past));
    for (std::shared_ptr<segment> const& s : dropped) {
        is_known = is_known && apply_intents_of(*s, past);
        last = std::max(last, s->last_number);  // one without commits may have the number of another day's
    }
    past.forget_before(now_ns - position_age_ns, now_ns);
    // Rather too much is kept than a position forgotten.
    if (const int error = is_known ? write_past(past, last) : EIO; error != 0) {
        if (!std::exchange(has_said_not_dropped_, true))
            settings_.say(std::string("what is too old cannot be dropped: ") + std::strerror(error));
        return false;
    }
    has_said_not_dropped_ = false;
    std::uint64_t gone = 0;
    std::string old_past;
    {
        const std::lock_guard appending(appending_);
        const std::lock_guard lock(mutex_);
        for (std::shared_ptr<segment> const& s : dropped) {
            std::erase(segments_, s);
            count(*s, false);
            for (stored_frame const& f : s->frames) gone += f.records;
        }
        counters_.dropped_records += gone;
        old_past = std::exchange(past_, past_file(last));
        past_number_ = last;
    }
    for (std::shared_ptr<segment> const& s : dropped) (void)disk_->remove(s->name);
    if (!old_past.empty() && old_past != past_) (void)disk_->remove(old_past);
    settings_.say(std::to_string(dropped.size()) + " segments with " + std::to_string(gone) +
                  " records were dropped: they are older, or more, than what is kept");
    return true;
}

// Of the footer at the end of these bytes; false: it cannot be read.
bool segment_store::apply_intents(disk_file const& of, std::uint64_t offset, std::uint64_t size, ledger& to) {
    std::string bytes;
    if (of.read(offset, size, bytes) != 0) return false;
    const std::optional<found_footer> found = footer_at_end(bytes);
    if (!found.has_value()) return false;
    for (intent const& i : found->footer.intents) to.apply(i);
    return true;
}
bool segment_store::apply_intents_of(segment const& of, ledger& to) {
    return std::all_of(of.frames.begin(), of.frames.end(),
                       [&](stored_frame const& f) {
                           return apply_intents(*of.file, f.offset + f.packed_size, f.footer_size, to);
                       }) &&
           (!of.is_sealed || apply_intents(*of.file, of.seal_at, of.seal_size, to));
}

std::uint64_t segment_store::repair() {
    std::uint64_t mended = 0;
    std::string packed;
    std::vector<char> lines;
    for (std::shared_ptr<segment> const& of : segments_) {
        // What is whole, as it is; of frames whose lines are damaged, what they promised, in their place: of two
        // positions of a stream the last one counts.
        struct piece {
            std::uint64_t offset = 0, size = 0;
            std::string promise{};
        };
        std::vector<piece> pieces;
        std::size_t whole_frames = 0;
        bool is_whole = !of->has_damage;
        for (std::size_t i = 0; i < of->frames.size(); ++i) {
            stored_frame const& f = of->frames[i];
            frame_footer footer;
            if (read_frame({of, i, f}, packed, lines, footer)) {
                pieces.push_back({f.offset, f.packed_size + f.footer_size});
                ++whole_frames;
                continue;
            }
            is_whole = false;
            if (of->file->read(f.offset + f.packed_size, f.footer_size, packed) != 0) continue;
            if (const std::optional<found_footer> found = footer_at_end(packed)) {
                frame_footer kept_promises;
                kept_promises.intents = found->footer.intents;
                for (const std::uint64_t number : {f.first_number, f.last_number})
                    kept_promises.runs.push_back({number, 0, of->newest_arrival_ns, {}});
                pieces.push_back({0, 0, std::string(packer_.pack({}, kept_promises))});
            }
        }
        if (is_whole) continue;
        const std::string fresh = of->name + ".new", aside = of->name + ".damaged";
        (void)disk_->remove(fresh);
        (void)disk_->remove(aside);
        std::unique_ptr<disk_file> made, kept;
        int error = disk_->create(fresh, made);
        if (error == 0) error = disk_->create(aside, kept);
        const auto copy = [&](disk_file& to, std::uint64_t from, std::uint64_t size) {
            constexpr std::uint64_t step = 1U << 20;
            for (std::uint64_t done = 0; done < size && error == 0; done += packed.size()) {
                error = of->file->read(from + done, std::min(step, size - done), packed);
                if (error == 0 && packed.empty()) error = EIO;
                if (error == 0) error = to.append(packed);
            }
        };
        if (error == 0) copy(*kept, 0, of->file->size());
        for (piece const& one : pieces) {
            copy(*made, one.offset, one.size);
            if (error == 0 && !one.promise.empty()) error = made->append(one.promise);
        }
        if (error == 0 && of->is_sealed) copy(*made, of->seal_at, of->seal_size);
        if (error == 0) error = kept->sync();
        if (error == 0) error = made->sync();
        if (error == 0) error = disk_->rename(fresh, of->name);
        if (error != 0) throw std::runtime_error("segment " + of->name + " cannot be mended: " + std::strerror(error));
        settings_.say("segment " + of->name + " was mended: " + std::to_string(whole_frames) + " frames are whole");
        ++mended;
    }
    return mended;
}

int segment_store::write_past(ledger const& past, std::uint64_t last_number) {
    const std::string name = past_file(last_number), fresh = name + ".new";
    frame_packer packer;
    frame_footer footer;
    footer.seals = {1, last_number};
    footer.intents = past.intents();
    const std::string_view bytes = packer.pack({}, footer);
    if (bytes.size() > largest_footer) return EFBIG;
    (void)disk_->remove(fresh);
    std::unique_ptr<disk_file> file;
    int error = disk_->create(fresh, file);
    if (error == 0) error = file->append(bytes);
    if (error == 0) error = file->sync();
    if (error == 0) error = disk_->rename(fresh, name);
    if (error != 0) (void)disk_->remove(fresh);
    return error;
}

}  // namespace serve
