// SPDX-License-Identifier: MIT
// find, scan and counts: which frames are looked at, and what is read of them.
#include "store/page_maker.hpp"
#include "store/segments/segment_store.hpp"

#include <logkit/base/text_parts.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <thread>

namespace serve {
namespace {

// What a frame's footer knows of its records. Filters are read where they are asked for.
class frame_summary final : public logkit::record_summary {
  public:
    // `service`: the one that is asked for, if it is one.
    frame_summary(frame_ref const& ref, std::optional<std::string> const& service) noexcept : ref_(ref), f_(ref.what) {
        if (f_.is_old || f_.has_many_services || !service.has_value()) return;
        const auto known =
            std::find_if(f_.services.begin(), f_.services.end(), [&](auto const& s) { return s.first == *service; });
        levels_ = known == f_.services.end() ? level_set{0} : known->second;
    }

    bool may_have_value(std::string_view value) const override { return may_have(value); }
    bool may_have_word(std::string_view word) const override { return may_have(word); }
    bool may_have_trace(std::string_view id) const override { return f_.is_old || f_.is_opaque || has_trace(id); }
    bool may_have_level(logkit::level lowest, logkit::level highest) const override {
        return f_.is_old || f_.is_opaque || (levels_ & levels_between(lowest, highest)) != 0;
    }
    bool may_have_failure() const override { return f_.is_opaque || f_.failures != 0; }

  private:
    [[nodiscard]] bool may_have(std::string_view text) const {
        const std::uint64_t hash = hash_value(text);
        if (hash == 0 || f_.is_old || f_.is_opaque || f_.word_blocks == 0) return true;
        std::string block;
        const std::uint64_t at = f_.offset + f_.packed_size + f_.words_at;
        if (ref_.in->file->read(at + word_filter::block_size * word_filter::block_of(hash, f_.word_blocks),
                                word_filter::block_size, block) != 0 ||
            block.size() != word_filter::block_size)
            return true;
        return word_filter::may_have(block, hash) || has_trace(text);
    }
    [[nodiscard]] bool has_trace(std::string_view id) const {
        std::string keys;
        const std::size_t size = f_.traces * sizeof(std::uint32_t);
        if (size == 0) return false;
        if (ref_.in->file->read(f_.offset + f_.packed_size + f_.traces_at, size, keys) != 0 || keys.size() != size)
            return true;
        return holds_key(keys, trace_key(hash_trace(id)));
    }
    [[nodiscard]] static bool holds_key(std::string const& keys, std::uint32_t wanted) {
        std::size_t low = 0, high = keys.size() / sizeof wanted;
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            const auto key = logkit::detail::load<std::uint32_t>(keys.data() + middle * sizeof wanted);
            if (key == wanted) return true;
            (key < wanted ? low : high) = key < wanted ? middle + 1 : middle;
        }
        return false;
    }

    frame_ref const& ref_;
    stored_frame const& f_;
    level_set levels_ = f_.levels;
};

// What a sealed segment knows: its traces.
class segment_summary final : public logkit::record_summary {
  public:
    explicit segment_summary(segment const& of) noexcept : of_(of) {}
    bool may_have_value(std::string_view) const override { return true; }
    bool may_have_word(std::string_view) const override { return true; }
    bool may_have_level(logkit::level, logkit::level) const override { return true; }
    bool may_have_failure() const override { return true; }
    bool may_have_trace(std::string_view id) const override {
        if (!of_.is_sealed) return true;
        for (stored_frame const& f : of_.frames)
            if (f.is_opaque) return true;
        const std::uint32_t wanted = trace_key(hash_trace(id));
        std::string bytes;
        std::uint64_t low = 0, high = of_.traces;
        while (low < high) {
            const std::uint64_t middle = (low + high) / 2;
            if (of_.file->read(of_.traces_at + middle * sizeof wanted, sizeof wanted, bytes) != 0 ||
                bytes.size() != sizeof wanted)
                return true;
            const auto key = logkit::detail::load<std::uint32_t>(bytes.data());
            if (key == wanted) return true;
            (key < wanted ? low : high) = key < wanted ? middle + 1 : middle;
        }
        return false;
    }

  private:
    segment const& of_;
};

// Text that `service=` asks for, and that is no number, which several texts spell.
[[nodiscard]] std::optional<std::string> asked_service(question const& asked) {
    std::optional<std::string> name =
        asked.service.has_value() ? asked.service : asked.wanted.required_value("service");
    if (name.has_value() && (name->empty() || logkit::json_view(*name).number().has_value())) name.reset();
    return name;
}

template <class Visit>
void for_each_line(std::vector<char> const& lines, frame_footer const& footer, Visit&& visit) {
    std::string_view rest(lines.data(), footer.raw_size);
    for (frame_run const& run : footer.runs)
        for (std::uint32_t i = 0; i < run.records && !rest.empty(); ++i)
            if (!visit(logkit::detail::take_until(rest, '\n'), run.first_number + i, run)) return;
}

constexpr std::uint32_t look_every = 4096;  // lines, whether anybody waits for the answer

}  // namespace

std::vector<frame_ref> segment_store::frames_for(question const& asked, frames_of how) const {
    std::vector<frame_ref> wanted;
    segment_list all;
    {
        const std::lock_guard lock(mutex_);
        all = segments_;
        for (std::shared_ptr<segment> const& s : segments_)
            for (std::size_t i = 0; i < s->frames.size(); ++i) {
                stored_frame const& f = s->frames[i];
                if (f.records == 0) continue;
                // What a line holds may be of another time than the line.
                const bool is_of_its_time = !f.is_opaque || how == frames_of::lines;
                if (is_of_its_time && (f.newest_ns < asked.since_ns || f.oldest_ns > asked.until_ns)) continue;
                if (asked.behind.has_value() &&
                    (asked.is_ascending ? f.newest_ns < asked.behind->time_ns : f.oldest_ns > asked.behind->time_ns))
                    continue;
                wanted.push_back({s, i, f});
            }
    }
    for (std::shared_ptr<segment> const& s : all)
        if (s->is_sealed && !asked.wanted.may_match(segment_summary(*s)))
            std::erase_if(wanted, [&](frame_ref const& ref) { return ref.in == s; });
    std::sort(wanted.begin(), wanted.end(), [&](frame_ref const& a, frame_ref const& b) {
        return asked.is_ascending ? a.what.oldest_ns < b.what.oldest_ns : a.what.newest_ns > b.what.newest_ns;
    });
    return wanted;
}

void segment_store::search_frame(frame_ref const& ref, question const& asked, page_maker& into) {
    thread_local std::string packed;
    thread_local std::vector<char> lines;
    frame_footer footer;
    if (!read_frame(ref, packed, lines, footer)) return;  // it was said
    std::uint32_t looked = 0;
    for_each_line(lines, footer, [&](std::string_view line, std::uint64_t number, frame_run const& run) {
        if (++looked % look_every == 0 && asked.is_given_up && asked.is_given_up()) return false;
        into.offer(line, number, run.arrival_ns, run.service, footer.has_timeless);
        return true;
    });
    constexpr std::size_t worth_keeping = std::size_t{4} << 20;
    if (lines.capacity() > worth_keeping) lines = {};
    if (packed.capacity() > worth_keeping) packed = {};
}

// Several threads take frames in their order; each has a page of its own, and what it found in a frame goes into the
// one page. A frame in whose place nothing could get in any more ends the search, as does the deadline.
page segment_store::find(question const& asked) {
    const std::vector<frame_ref> frames = frames_for(asked, frames_of::lines);
    const std::optional<std::string> service = asked_service(asked);
    page_maker maker(asked);
    std::optional<place_in_time> start = asked.behind;
    std::mutex taking;
    std::size_t next = 0;
    bool is_over = false, is_late = false, is_given_up = false;
    const auto take = [&]() -> frame_ref const* {
        const std::lock_guard lock(taking);
        if (is_over || next == frames.size()) return nullptr;
        stored_frame const& f = frames[next].what;
        const std::int64_t frontier = asked.is_ascending ? f.oldest_ns : f.newest_ns;
        // Its best record may be as good as that; only a full page can do without it, and without all behind it.
        std::int64_t best = std::clamp(frontier, asked.since_ns, asked.until_ns);
        if (asked.behind.has_value())
            best = asked.is_ascending ? std::max(best, asked.behind->time_ns) : std::min(best, asked.behind->time_ns);
        is_given_up = is_given_up || (asked.is_given_up && asked.is_given_up());
        if (!start.has_value()) start = maker.place_before(best);
        is_late =
            std::chrono::steady_clock::now() >= asked.deadline && maker.is_before(*start, maker.place_before(frontier));
        is_over = is_given_up || is_late;
        if (!maker.wants(best)) {
            if (std::any_of(frames.begin() + static_cast<std::ptrdiff_t>(next), frames.end(),
                            [&](frame_ref const& ref) { return asked.wanted.may_match(frame_summary(ref, service)); }))
                maker.pass_over();
            is_over = true;
            is_late = false;
        }
        return is_over ? nullptr : &frames[next++];
    };
    std::exception_ptr failure;  // no memory
    const auto work = [&] {
        try {
            while (frame_ref const* const ref = take()) {
                if (!asked.wanted.may_match(frame_summary(*ref, service))) continue;
                page_maker found(asked);
                search_frame(*ref, asked, found);
                const std::lock_guard lock(taking);
                maker.take(std::move(found));
            }
        } catch (...) {
            const std::lock_guard lock(taking);
            failure = std::current_exception();
            is_over = true;
        }
    };
    // Few questions need more than a frame or two.
    constexpr std::size_t worth_a_thread = 4;
    std::vector<std::jthread> helpers;
    if (frames.size() >= worth_a_thread && asked.limit < frames.size() * 1'000)
        for (unsigned i = 1; i < std::min(4U, std::thread::hardware_concurrency()); ++i) helpers.emplace_back(work);
    work();
    helpers.clear();
    if (failure != nullptr) std::rethrow_exception(failure);
    if (is_given_up) return page{};  // nobody reads it
    if (!is_late) return maker.finish();
    stored_frame const& f = frames[next].what;
    return maker.finish_early(asked.is_ascending ? f.oldest_ns : f.newest_ns);
}

bool segment_store::read_frame(frame_ref const& ref, std::string& packed, std::vector<char>& lines,
                               frame_footer& footer) {
    stored_frame const& f = ref.what;
    if (ref.in->file->read(f.offset, f.packed_size + f.footer_size, packed) == 0 && f.raw_size <= largest_frame)
        if (std::optional<found_footer> found = footer_at_end(packed); found.has_value()) {
            lines.resize(f.raw_size + logkit::detail::line_padding);
            if (unpack_frame(std::string_view(packed).substr(0, f.packed_size), f.raw_size, lines.data())) {
                std::fill(lines.end() - logkit::detail::line_padding, lines.end(), ' ');
                footer = std::move(found->footer);
                return true;
            }
        }
    const std::lock_guard lock(mutex_);
    ref.in->has_damage = true;
    stored_frame& known = ref.in->frames[ref.index];
    if (!std::exchange(known.is_damaged, true)) {
        ++counters_.damaged;
        settings_.say("segment " + ref.in->name + ": the commit at byte " + std::to_string(f.offset) +
                      " is damaged; its " + std::to_string(f.records) + " records are left out");
    }
    return false;
}

// ── scan ──

class segment_store::frame_records final : public log_store::records {
  public:
    frame_records(segment_store& store, question const& asked)
        : store_(store), asked_(asked), service_(asked_service(asked)) {
        asked_.is_ascending = true;
        asked_.behind.reset();
        frames_ = store.frames_for(asked_, frames_of::records);
    }
    bool next(logkit::block& into) override {
        for (; next_ != frames_.size(); ++next_) {
            if (asked_.is_given_up && asked_.is_given_up()) return false;
            if (std::chrono::steady_clock::now() >= asked_.deadline) {
                if (asked_.was_late) asked_.was_late();
                return false;
            }
            frame_ref const& ref = frames_[next_];
            if (!asked_.wanted.may_match(frame_summary(ref, service_))) {
                report_.passed_over += ref.what.records;
                continue;
            }
            if (!store_.read_frame(ref, packed_, into.bytes, footer_)) continue;
            ++next_;
            into.size = footer_.raw_size;
            complete(into);
            into.file = 0;
            into.offset = offset_;
            into.number = number_++;
            offset_ += into.size;
            report_.bytes += into.size;
            return true;
        }
        return false;
    }

  private:
    void complete(logkit::block& lines) {
        const bool has_service = std::any_of(footer_.runs.begin(), footer_.runs.end(),
                                             [](frame_run const& run) { return !run.service.empty(); });
        if (!has_service && !footer_.has_timeless && !asked_.service.has_value()) return;
        made_.clear();
        for_each_line(lines.bytes, footer_, [&](std::string_view line, std::uint64_t, frame_run const& run) {
            const std::string_view whole = completer_.complete(line, run.service, footer_.has_timeless, run.arrival_ns);
            if (!asked_.service.has_value() || is_of_service(whole, *asked_.service, parser_))
                made_.append(whole).append(1, '\n');
            return true;
        });
        lines.size = made_.size();
        lines.make_room(lines.size);
        std::copy(made_.begin(), made_.end(), lines.bytes.begin());
    }

    segment_store& store_;
    question asked_;
    std::optional<std::string> service_;
    std::vector<frame_ref> frames_;
    std::size_t next_ = 0;
    std::uint64_t offset_ = 0;
    std::string packed_, made_;
    frame_footer footer_;
    line_completer completer_;
    logkit::detail::line_parser parser_;
};

std::unique_ptr<log_store::records> segment_store::scan(question const& asked) {
    return std::make_unique<frame_records>(*this, asked);
}

std::int64_t segment_store::newest_part(question const& asked, std::uint64_t bytes) const {
    question newest = asked;
    newest.is_ascending = false;
    newest.behind.reset();
    const std::vector<frame_ref> frames = frames_for(newest, frames_of::records);
    const std::optional<std::string> service = asked_service(asked);
    std::uint64_t sum = 0;
    std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
    for (frame_ref const& ref : frames) {
        if (!asked.wanted.may_match(frame_summary(ref, service))) continue;
        sum += ref.what.raw_size;
        if (sum > bytes && oldest != std::numeric_limits<std::int64_t>::max()) {
            // What is newer than this frame; where all reach up to the same moment, down to where they begin.
            const std::int64_t behind = ref.what.newest_ns;
            const bool has_newer = behind < std::min(frames.front().what.newest_ns, asked.until_ns);
            return std::max(asked.since_ns, has_newer ? behind + 1 : oldest);
        }
        oldest = std::min(oldest, ref.what.oldest_ns);
    }
    return asked.since_ns;
}

bool segment_store::count_minutes(std::int64_t since_minute, std::int64_t until_minute,
                                  std::function<void(minute_count const&)> const& visit) const {
    constexpr std::int64_t minute_ns = 60'000'000'000, most = std::numeric_limits<std::int64_t>::max() / minute_ns;
    question asked;
    asked.since_ns = std::clamp(since_minute, -most, most) * minute_ns;
    asked.until_ns = std::clamp(until_minute, -most, most) * minute_ns - 1;
    std::string bytes;
    for (frame_ref const& ref : frames_for(asked, frames_of::lines)) {
        stored_frame const& f = ref.what;
        if (f.is_old || f.has_weights || f.is_opaque) return false;
        const std::size_t size = f.traces_at - sizeof(std::uint32_t) - f.counts_at;
        frame_footer footer;
        if (ref.in->file->read(f.offset + f.packed_size + f.counts_at, size, bytes) != 0 || !read_counts(bytes, footer))
            return false;
        for (frame_count const& one : footer.counts)
            if (one.minute >= since_minute && one.minute < until_minute && one.service < footer.services.size())
                visit({one.minute, footer.services[one.service], static_cast<logkit::level>(one.level), one.records});
    }
    return true;
}

}  // namespace serve
