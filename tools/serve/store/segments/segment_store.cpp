// SPDX-License-Identifier: MIT
// append, and what is known.
#include "store/segments/segment_store.hpp"

#include "store/moment.hpp"

#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace serve {

segment_store::segment_store(std::unique_ptr<disk> where, segment_settings s)
    : settings_(std::move(s)), disk_(std::move(where)) {
    recover();
}
segment_store::~segment_store() = default;

std::vector<outcome> segment_store::append(std::span<batch const> group, std::int64_t arrival_ns) {
    const std::lock_guard appending(appending_);
    std::vector<outcome> outcomes;
    outcomes.reserve(group.size());
    ledger_draft draft(ledger_, arrival_ns);  // nobody else changes the ledger
    maker_.clear();
    std::vector<bool> is_new;
    std::uint64_t number = next_number_;
    for (batch const& b : group) {
        decision made = draft.take(b);
        is_new.push_back(made.is_new);
        if (made.is_new && made.skip < b.records.size()) {
            for (std::size_t i = made.skip; i < b.records.size(); ++i) {
                record_place const& r = b.records[i];
                maker_.add(std::string_view(b.text).substr(r.offset, r.size), r,
                           r.service == 0 ? b.service : b.services[r.service], number++, arrival_ns, b.service);
            }
            maker_.add_values(b.values);
        }
        outcomes.push_back(std::move(made.result));
    }
    if (draft.intents().empty()) return outcomes;
    if (number == next_number_) maker_.pass_number(number, arrival_ns);
    frame_footer& footer = maker_.finish();
    footer.intents = draft.intents();

    if (maker_.lines().size() > largest_frame) throw std::length_error("a commit is at most a GiB");
    const std::string_view bytes = packer_.pack(maker_.lines(), footer);
    const int error = is_full() ? ENOSPC : write(bytes, arrival_ns);
    if (error != 0) {
        const std::lock_guard lock(mutex_);
        ++counters_.failed_commits;
        trouble_ = std::strerror(error);
        failed_at_ = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (!is_new[i]) continue;
            outcomes[i] = {};
            outcomes[i].what = outcome::kind::unavailable;
            outcomes[i].reason = trouble_;
        }
        return outcomes;
    }
    publish(footer, bytes.size());
    return outcomes;
}

// It is on disk: what is known here must become so, too. Without the memory for that the process ends, and its next
// start reads what is on disk.
void segment_store::publish(frame_footer const& footer, std::size_t size) noexcept {
    next_number_ = footer.last_number() + 1;
    const std::lock_guard lock(mutex_);
    trouble_.clear();
    for (intent const& i : footer.intents) ledger_.apply(i);
    index_frame(*active_, good_size_, footer, size - footer.packed_size);
    good_size_ += size;
    counters_.records += footer.records();
    counters_.bytes_raw += footer.raw_size;
    counters_.bytes_stored += size;
    ++counters_.commits;
    counters_.gaps = ledger_.gaps();
    counters_.forgotten_requests = ledger_.forgotten();
}

// Appends and syncs behind what is acknowledged. On an error nothing is, and what may be there is cut off, now or
// before the next commit.
int segment_store::write(std::string_view bytes, std::int64_t arrival_ns) {
    if (active_ != nullptr && must_cut_) {
        if (const int error = active_->file->cut(good_size_); error != 0) return error;
        must_cut_ = false;
        const std::lock_guard lock(mutex_);
        active_.reset();
    }
    const bool is_of_today = active_ != nullptr && active_->name.starts_with(day_text(arrival_ns));
    if (!is_of_today || good_size_ + bytes.size() > settings_.largest_segment ||
        active_->frames.size() >= settings_.most_commits)
        if (const int error = begin_segment(arrival_ns); error != 0) return error;
    const int not_appended = active_->file->append(bytes);
    const int error = not_appended == 0 && settings_.syncs ? active_->file->sync() : not_appended;
    if (error == 0) return 0;
    must_cut_ = active_->file->cut(good_size_) != 0;
    // A disk that is full has done no harm; what a failed sync has done, nobody knows.
    if (!must_cut_ && not_appended != ENOSPC) {
        const std::lock_guard lock(mutex_);
        active_.reset();
    }
    return error;
}

int segment_store::begin_segment(std::int64_t arrival_ns) {
    auto fresh = std::make_shared<segment>();
    fresh->name = segment_name(arrival_ns, next_number_);
    int error = disk_->create(fresh->name, fresh->file);
    if (error == EEXIST) {  // begun before, and no commit of it was acknowledged
        error = disk_->open(fresh->name, fresh->file);
        if (error == 0) error = fresh->file->cut(0);
    }
    if (error != 0) return error;
    good_size_ = 0;
    const std::lock_guard lock(mutex_);
    active_ = fresh;
    // Others that were begun with this number, on another day, and never had a commit.
    std::erase_if(segments_, [&](std::shared_ptr<segment> const& s) {
        const bool is_idle = s->frames.empty() && number_of(s->name) == next_number_;
        if (is_idle && s->name != fresh->name) (void)disk_->remove(s->name);
        return is_idle;
    });
    segments_.push_back(std::move(fresh));
    return 0;
}

std::uint64_t segment_store::verify() {
    const question everything;
    std::uint64_t damaged = counters().damaged;  // by recovery
    std::string packed;
    std::vector<char> lines;
    frame_footer footer;
    for (frame_ref const& ref : frames_for(everything, frames_of::lines))
        if (!read_frame(ref, packed, lines, footer)) ++damaged;
    return damaged;
}

std::vector<std::pair<std::string, stream_state>> segment_store::streams() const {
    const std::lock_guard lock(mutex_);
    return {ledger_.streams().begin(), ledger_.streams().end()};
}
store_counters segment_store::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}
std::string segment_store::trouble() const {
    // Whoever asks whether it is ready sends nothing before it is: after a while the next one may try.
    constexpr std::chrono::seconds patience{5};
    const std::lock_guard lock(mutex_);
    if (is_full()) return "the disk is full; records are taken again when there is room";
    return std::chrono::steady_clock::now() - failed_at_ < patience ? trouble_ : std::string{};
}
}  // namespace serve
