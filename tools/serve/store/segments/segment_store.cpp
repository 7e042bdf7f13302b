// SPDX-License-Identifier: MIT
#include "store/segments/segment_store.hpp"

#include "store/moment.hpp"
#include "store/page_maker.hpp"

#include <logkit/base/text_parts.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::string_view suffix = ".zst";
constexpr std::size_t day_size = 10, number_size = 16;

[[nodiscard]] std::string segment_name(std::int64_t arrival_ns, std::uint64_t number) {
    char digits[number_size + 1];
    std::snprintf(digits, sizeof digits, "%016llu", static_cast<unsigned long long>(number));
    return day_text(arrival_ns) + '-' + digits + std::string(suffix);
}
// Of its first record; 0: that is no segment.
[[nodiscard]] std::uint64_t number_of(std::string_view name) noexcept {
    if (name.size() != day_size + 1 + number_size + suffix.size() || !name.ends_with(suffix)) return 0;
    std::uint64_t number = 0;
    const char* const digits = name.data() + day_size + 1;
    return std::from_chars(digits, digits + number_size, number).ptr == digits + number_size ? number : 0;
}

}  // namespace

struct segment_store::frame {
    std::uint64_t offset = 0, raw_size = 0, packed_size = 0, first_number = 0;
    std::int64_t arrival_ns = 0, oldest_ns = 0, newest_ns = 0;
    std::uint32_t records = 0;
    bool is_damaged = false;                                      // and it was said
    std::vector<std::pair<std::uint32_t, std::string>> services;  // from that record on
};
struct segment_store::segment {
    std::string name;
    std::unique_ptr<disk_file> file;
    std::vector<frame> frames;
};
// Frames never go away while somebody reads them.
struct segment_store::frame_ref {
    std::shared_ptr<segment> in;
    std::size_t index = 0;
    frame what;
};

segment_store::segment_store(std::unique_ptr<disk> where, segment_settings s)
    : settings_(std::move(s)), disk_(std::move(where)) {
    recover();
}
segment_store::~segment_store() = default;

// ── recovery: as docs/segments.md numbers it ──

void segment_store::recover() {
    std::vector<std::string> names;
    if (const int error = disk_->list(names); error != 0)
        throw std::runtime_error(std::string("the store's folder cannot be read: ") + std::strerror(error));
    std::erase_if(names, [](std::string const& name) { return number_of(name) == 0; });
    std::sort(names.begin(), names.end(),
              [](std::string const& a, std::string const& b) { return number_of(a) < number_of(b); });
    for (std::size_t i = 0; i < names.size(); ++i) {
        next_number_ = std::max(next_number_, number_of(names[i]));
        recover_segment(names[i], i + 1 == names.size());
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
        frame_footer footer;
    };
    std::vector<placed> frames;
    const std::uint64_t size = found->file->size();
    std::uint64_t end = size, good_end = 0, damaged = 0;
    std::string block, bytes;
    const auto footer_before = [&](std::uint64_t at) -> std::optional<found_footer> {
        if (at < footer_tail || found->file->read(at - footer_tail, footer_tail, block) != 0) return std::nullopt;
        const std::uint32_t wanted = footer_size(block);
        if (wanted == 0 || wanted > at || found->file->read(at - wanted, wanted, bytes) != 0) return std::nullopt;
        return footer_at_end(bytes);
    };
    while (end > 0) {
        if (std::optional<found_footer> here = footer_before(end);
            here.has_value() && here->footer.packed_size + here->size <= end) {
            const std::uint64_t offset = end - here->size - here->footer.packed_size;
            // The last commit may have come to the disk in parts.
            const bool may_be_torn = is_last && frames.empty() && damaged == size - end;
            if (may_be_torn && (found->file->read(offset, here->footer.packed_size, bytes) != 0 ||
                                !unpack_frame(bytes, here->footer.raw_size).has_value())) {
                damaged += end - offset;
            } else {
                if (good_end == 0) good_end = end;
                frames.push_back({offset, std::move(here->footer)});
            }
            end = offset;
            continue;
        }
        // The nearest mark before here.
        constexpr std::uint64_t step = 1U << 20;
        const std::uint64_t from = end > step ? end - step : 0;
        if (found->file->read(from, end - from, block) != 0) block.clear();
        std::size_t at = block.size() < footer_mark.size() ? block.npos : block.rfind(footer_mark);
        std::uint64_t next_end = at == block.npos ? from : from + at + footer_mark.size();
        if (next_end == end) {  // the mark is there, and its footer damaged
            at = at == 0 ? block.npos : block.rfind(footer_mark, at - 1);
            next_end = at == block.npos ? from : from + at + footer_mark.size();
        }
        if (at == block.npos && from != 0) next_end += footer_mark.size() - 1;  // one may stand across the edge
        damaged += end - next_end;
        end = next_end;
    }
    std::reverse(frames.begin(), frames.end());
    const std::uint64_t torn = size - good_end;
    if (is_last && torn != 0 && settings_.is_growing) {
        damaged -= std::min(damaged, torn);
    } else if (is_last && torn != 0) {
        settings_.say("segment " + name + ": its last " + std::to_string(torn) +
                      " bytes are no whole commit, and were cut off: nothing of them was acknowledged, unless the disk "
                      "has lost what it had synced");
        damaged -= std::min(damaged, torn);
        if (settings_.is_read_only) {
            ++counters_.damaged;
        } else {
            put_aside(*found, good_end, torn);
            must_cut_ = found->file->cut(good_end) != 0;
        }
    }
    if (damaged != 0) {
        ++counters_.damaged;
        settings_.say("segment " + name + ": " + std::to_string(damaged) + " bytes are damaged and left out");
    }
    // A server that was killed between append and sync left a whole commit, which the disk need not have. A client who
    // sends it again is told that it is stored: then it must be.
    if (settings_.syncs && !settings_.is_read_only)
        if (const int error = found->file->sync(); error != 0)
            throw std::runtime_error("segment " + name + " cannot be synced: " + std::strerror(error));
    for (placed const& one : frames) {
        for (intent const& i : one.footer.intents) ledger_.apply(i, one.footer.arrival_ns);
        next_number_ = std::max(next_number_, one.footer.first_number + std::max<std::uint64_t>(1, one.footer.records));
        index_frame(*found, one.offset, one.footer);
    }
    segments_.push_back(found);
    if (is_last) {
        active_ = found;
        good_size_ = good_end;
    }
}

// What is cut off is kept beside the segment, once and as far as there is room, for a person to look at.
void segment_store::put_aside(segment& of, std::uint64_t from, std::uint64_t size) {
    constexpr std::uint64_t most = std::uint64_t{64} << 20;
    std::string bytes;
    std::unique_ptr<disk_file> aside;
    if (size > most || of.file->read(from, size, bytes) != 0 || disk_->create(of.name + ".torn", aside) != 0) return;
    (void)aside->append(bytes);
}

void segment_store::index_frame(segment& of, std::uint64_t offset, frame_footer const& footer) {
    frame f{offset,
            footer.raw_size,
            footer.packed_size,
            footer.first_number,
            footer.arrival_ns,
            footer.oldest_ns,
            footer.newest_ns,
            footer.records,
            false,
            {}};
    std::uint32_t first = 0;
    for (intent const& i : footer.intents) {
        if (f.services.empty() ? !i.service.empty() : f.services.back().second != i.service)
            f.services.emplace_back(first, i.service);
        first += i.records;
    }
    of.frames.push_back(std::move(f));
    counters_.records += footer.records;
    counters_.bytes_raw += footer.raw_size;
    counters_.bytes_stored += footer.packed_size;
    ++counters_.commits;
    counters_.gaps = ledger_.gaps();
    counters_.forgotten_requests = ledger_.forgotten();
}

// ── append ──

std::vector<outcome> segment_store::append(std::span<batch const> group, std::int64_t arrival_ns) {
    std::vector<outcome> outcomes;
    outcomes.reserve(group.size());
    ledger_draft draft(ledger_, arrival_ns);  // nobody else changes the ledger
    frame_footer footer;
    footer.first_number = next_number_;
    footer.arrival_ns = arrival_ns;
    footer.oldest_ns = std::numeric_limits<std::int64_t>::max();
    footer.newest_ns = std::numeric_limits<std::int64_t>::min();
    lines_.clear();
    std::vector<bool> is_new;
    for (batch const& b : group) {
        decision made = draft.take(b);
        is_new.push_back(made.is_new);
        if (made.is_new && made.skip < b.records.size()) {
            lines_.append(b.text, b.records[made.skip].offset);
            for (std::size_t i = made.skip; i < b.records.size(); ++i) {
                const std::int64_t time = b.records[i].time_ns.value_or(arrival_ns);
                footer.oldest_ns = std::min(footer.oldest_ns, time);
                footer.newest_ns = std::max(footer.newest_ns, time);
            }
            footer.records += static_cast<std::uint32_t>(b.records.size() - made.skip);
        }
        outcomes.push_back(std::move(made.result));
    }
    footer.intents = draft.intents();
    if (footer.intents.empty()) return outcomes;

    if (lines_.size() > largest_frame) throw std::length_error("a commit is at most a GiB");
    const std::string_view bytes = packer_.pack(lines_, footer);
    if (const int error = write(bytes, arrival_ns); error != 0) {
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
    next_number_ += std::max<std::uint64_t>(1, footer.records);  // also where it says nothing but a position
    const std::lock_guard lock(mutex_);
    trouble_.clear();
    for (intent const& i : footer.intents) ledger_.apply(i, footer.arrival_ns);
    index_frame(*active_, good_size_, footer);
    good_size_ += size;
}

// Appends and syncs behind what is acknowledged. On an error nothing is, and what may be there is cut off, now or
// before the next commit.
int segment_store::write(std::string_view bytes, std::int64_t arrival_ns) {
    if (active_ != nullptr && must_cut_) {
        if (const int error = active_->file->cut(good_size_); error != 0) return error;
        must_cut_ = false;
        active_.reset();
    }
    const bool is_of_today = active_ != nullptr && active_->name.starts_with(day_text(arrival_ns));
    if (!is_of_today || good_size_ + bytes.size() > settings_.largest_segment)
        if (const int error = begin_segment(arrival_ns); error != 0) return error;
    const int not_appended = active_->file->append(bytes);
    const int error = not_appended == 0 && settings_.syncs ? active_->file->sync() : not_appended;
    if (error == 0) return 0;
    must_cut_ = active_->file->cut(good_size_) != 0;
    // A disk that is full has done no harm; what a failed sync has done, nobody knows.
    if (!must_cut_ && not_appended != ENOSPC) active_.reset();
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
    active_ = fresh;
    good_size_ = 0;
    const std::lock_guard lock(mutex_);
    std::erase_if(segments_, [&](std::shared_ptr<segment> const& s) { return s->name == fresh->name; });
    segments_.push_back(std::move(fresh));
    return 0;
}

// ── find ──

std::vector<segment_store::frame_ref> segment_store::frames_for(question const& asked) const {
    std::vector<frame_ref> wanted;
    {
        const std::lock_guard lock(mutex_);
        for (std::shared_ptr<segment> const& s : segments_)
            for (std::size_t i = 0; i < s->frames.size(); ++i) {
                frame const& f = s->frames[i];
                if (f.records == 0 || f.newest_ns < asked.since_ns || f.oldest_ns > asked.until_ns) continue;
                if (asked.behind.has_value() &&
                    (asked.is_ascending ? f.newest_ns < asked.behind->time_ns : f.oldest_ns > asked.behind->time_ns))
                    continue;
                wanted.push_back({s, i, f});
            }
    }
    std::sort(wanted.begin(), wanted.end(), [&](frame_ref const& a, frame_ref const& b) {
        return asked.is_ascending ? a.what.oldest_ns < b.what.oldest_ns : a.what.newest_ns > b.what.newest_ns;
    });
    return wanted;
}

page segment_store::find(question const& asked) {
    page_maker maker(asked);
    std::string lines;
    std::optional<place_in_time> start = asked.behind;
    for (frame_ref const& ref : frames_for(asked)) {
        frame const& f = ref.what;
        const std::int64_t frontier = asked.is_ascending ? f.oldest_ns : f.newest_ns;
        // Its best record may be as good as that; only a full page can do without it, and without all behind it.
        std::int64_t best = std::clamp(frontier, asked.since_ns, asked.until_ns);
        if (asked.behind.has_value())
            best = asked.is_ascending ? std::max(best, asked.behind->time_ns) : std::min(best, asked.behind->time_ns);
        if (!maker.wants(best)) {
            maker.pass_over();
            break;
        }
        if (!start.has_value()) start = maker.place_before(best);
        const bool is_late = std::chrono::steady_clock::now() >= asked.deadline;
        if (is_late && maker.is_before(*start, maker.place_before(frontier))) return maker.finish_early(frontier);
        if (!read_frame(ref, lines)) continue;  // it was said
        std::string_view rest(lines.data(), lines.size() - logkit::detail::line_padding);
        auto service = f.services.begin();
        std::string_view service_now;
        for (std::uint32_t i = 0; i < f.records && !rest.empty(); ++i) {
            constexpr std::uint32_t look_every = 4096;
            if (i % look_every == 0 && asked.is_given_up && asked.is_given_up()) return page{};  // nobody reads it
            for (; service != f.services.end() && service->first <= i; ++service) service_now = service->second;
            maker.offer(logkit::detail::take_until(rest, '\n'), f.first_number + i, f.arrival_ns, service_now);
        }
    }
    return maker.finish();
}

bool segment_store::read_frame(frame_ref const& ref, std::string& lines) {
    std::string packed;
    if (ref.in->file->read(ref.what.offset, ref.what.packed_size, packed) == 0)
        if (std::optional<std::string> unpacked = unpack_frame(packed, ref.what.raw_size)) {
            lines = std::move(*unpacked);
            return true;
        }
    const std::lock_guard lock(mutex_);
    frame& known = ref.in->frames[ref.index];
    if (!std::exchange(known.is_damaged, true)) {
        ++counters_.damaged;
        settings_.say("segment " + ref.in->name + ": the commit at byte " + std::to_string(ref.what.offset) +
                      " is damaged; its " + std::to_string(ref.what.records) + " records are left out");
    }
    return false;
}

std::uint64_t segment_store::verify() {
    question everything;
    std::uint64_t damaged = counters().damaged;  // by recovery
    std::string lines;
    for (frame_ref const& ref : frames_for(everything))
        if (!read_frame(ref, lines)) ++damaged;
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
    return std::chrono::steady_clock::now() - failed_at_ < patience ? trouble_ : std::string{};
}

}  // namespace serve
