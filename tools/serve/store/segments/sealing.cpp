// SPDX-License-Identifier: MIT
// Sealing: segments that take nothing more become one, of frames of about a MiB that each tell of one hour, with the
// numbers of their records and the intents of their commits.
//
//   frames, in their order ─┬─ of one hour, and large ──────────────────────────────► as they are ─┐
//                           └─ unpack ─► by hour ─► frame_maker, until it has a MiB ─► pack ───────┼─► NAME.new
//   intents ─► those of a stream that follow one another are one ─────────────────► seal ──────────┘     │ sync, rename
//                                                                                                      NAME
//
// NAME is that of the first of them, so the rename replaces it; the others are removed behind it. Whoever dies in
// between finds a sealed segment which says of which numbers it has all records, and removes the others then.
#include "store/record_time.hpp"
#include "store/segments/segment_store.hpp"

#include <logkit/base/text_parts.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

namespace serve {
namespace {

constexpr std::int64_t hour_ns = 3'600'000'000'000;

// Intents one after the other, those of a stream that only go on as one.
class intent_folder {
  public:
    explicit intent_folder(std::int64_t now_ns) noexcept : now_ns_(now_ns) {}
    void add(intent one) {
        if (one.answered.has_value() && now_ns_ - one.arrival_ns > ledger::request_age_ns) one.answered.reset();
        if (one.filled.has_value() && !one.answered.has_value() && one.filled->gap.empty()) {
            const auto known = last_of_.find(one.filled->name);
            if (known != last_of_.end() && goes_on(folded_[known->second], one)) {
                intent& before = folded_[known->second];
                before.arrival_ns = one.arrival_ns;
                before.filled->end = one.filled->end;
                before.filled->after = std::move(one.filled->after);
                before.filled->refused_count += one.filled->refused_count;
                for (refused_line& line : one.filled->refused)
                    if (before.filled->refused.size() < ledger::most_named)
                        before.filled->refused.push_back(std::move(line));
                return;
            }
        }
        if (!one.filled.has_value() && !one.answered.has_value()) return;
        if (one.filled.has_value()) last_of_[one.filled->name] = folded_.size();
        folded_.push_back(std::move(one));
    }
    [[nodiscard]] std::vector<intent> finish() { return std::move(folded_); }

  private:
    [[nodiscard]] static bool goes_on(intent const& before, intent const& one) {
        return !before.answered.has_value() && before.service == one.service;
    }

    std::int64_t now_ns_;
    std::vector<intent> folded_;
    std::map<std::string, std::size_t> last_of_;
};

// The new segment while it is written.
class segment_writer {
  public:
    segment_writer(disk& where, std::string name, std::uint64_t frame_size)
        : made_(std::make_shared<segment>()), frame_size_(frame_size) {
        made_->name = std::move(name);
        (void)where.remove(made_->name + ".new");
        error_ = where.create(made_->name + ".new", made_->file);
    }
    void add(std::string_view line, logkit::entry const& e, std::uint64_t number, frame_run const& run) {
        record_facts facts = facts_of(e);
        record_place place;
        place.time_ns = record_time(e);
        place.severity = facts.severity;
        place.has_failed = facts.has_failed;
        place.is_weighted = facts.is_weighted;
        const std::int64_t time = place.time_ns.value_or(run.arrival_ns);
        // Records of very many hours would become as many small frames: those of most hours share one.
        const std::int64_t hour = time / hour_ns - (time % hour_ns < 0 ? 1 : 0);
        const bool has_place = makers_.size() < most_hours || makers_.contains(hour);
        frame_maker& maker = makers_[has_place ? hour : shared_hour];
        maker.add({line.data(), line.size() + 1}, place, facts.service.empty() ? run.service : facts.service, number,
                  run.arrival_ns, run.service);
        collect_values(e, line, maker.values());
        buffered_ += line.size() + 1;
        if (maker.lines().size() >= frame_size_) flush(maker);
        constexpr std::uint64_t most_buffered = std::uint64_t{24} << 20;
        while (buffered_ > most_buffered)
            flush(std::max_element(makers_.begin(), makers_.end(), [](auto const& a, auto const& b) {
                      return a.second.lines().size() < b.second.lines().size();
                  })->second);
    }
    void put(std::string_view packed, frame_footer& footer) {
        traces_.insert(traces_.end(), footer.traces.begin(), footer.traces.end());
        write(packer_.put(packed, footer), footer);
    }
    void finish(number_range const& range, std::vector<intent> intents) {
        flush_all();
        frame_footer seal;
        seal.seals = range;
        seal.intents = std::move(intents);
        sort_traces(traces_);
        seal.traces = std::move(traces_);
        write(packer_.pack({}, seal), seal);
        if (error_ == 0) error_ = made_->file->sync();
    }
    [[nodiscard]] int error() const noexcept { return error_; }
    [[nodiscard]] std::shared_ptr<segment> made() const { return made_; }

  private:
    static constexpr std::size_t most_hours = 32;
    static constexpr std::int64_t shared_hour = std::numeric_limits<std::int64_t>::max();

    void flush(frame_maker& maker) {
        if (maker.is_empty()) return;
        buffered_ -= maker.lines().size();
        frame_footer& footer = maker.finish();
        traces_.insert(traces_.end(), footer.traces.begin(), footer.traces.end());
        write(packer_.pack(maker.lines(), footer), footer);
        maker.clear();
    }
    void flush_all() {
        for (auto& [hour, maker] : makers_) flush(maker);
        makers_.clear();
    }
    void write(std::string_view bytes, frame_footer const& footer) {
        if (error_ == 0) error_ = made_->file->append(bytes);
        if (error_ == 0) index_frame(*made_, made_->size, footer, bytes.size() - footer.packed_size);
        // So much is many times the same traces.
        constexpr std::size_t most_traces = 1U << 20;
        if (traces_.size() > 2 * sorted_traces_ + most_traces) {
            sort_traces(traces_);
            sorted_traces_ = traces_.size();
        }
    }

    std::shared_ptr<segment> made_;
    std::uint64_t frame_size_, buffered_ = 0;
    std::size_t sorted_traces_ = 0;
    int error_ = 0;
    frame_packer packer_;
    std::map<std::int64_t, frame_maker> makers_;  // by hour
    std::vector<std::uint32_t> traces_;
};

[[nodiscard]] bool is_of_one_hour(stored_frame const& f) noexcept {
    return f.newest_ns - f.oldest_ns <= hour_ns || f.newest_ns < f.oldest_ns;
}

}  // namespace

// The first segment that is closed and not sealed, with those behind it that are so, too; and before it those that are
// sealed and not larger than all that is taken: so a record is written again as often as the whole doubles.
segment_store::segment_list segment_store::choose_for_sealing() const {
    const std::lock_guard lock(mutex_);
    const auto can_be = [&](std::shared_ptr<segment> const& s) {
        return s != active_ && !s->has_damage && !s->frames.empty();
    };
    const auto first = std::find_if(segments_.begin(), segments_.end(),
                                    [&](std::shared_ptr<segment> const& s) { return !s->is_sealed && can_be(s); });
    if (first == segments_.end()) return {};
    const std::string_view day = day_of((*first)->name);
    std::uint64_t sum = (*first)->size;
    const auto fits = [&](std::shared_ptr<segment> const& s) {
        return can_be(s) && day_of(s->name) == day && sum + s->size <= settings_.largest_segment;
    };
    auto begin = first, end = first + 1;
    for (; end != segments_.end() && !(*end)->is_sealed && fits(*end); ++end) sum += (*end)->size;
    for (; begin != segments_.begin() && (*(begin - 1))->is_sealed && (*(begin - 1))->size <= sum && fits(*(begin - 1));
         --begin)
        sum += (*(begin - 1))->size;
    return {begin, end};
}

bool segment_store::seal(segment_list const& inputs, std::int64_t now_ns) {
    segment_writer writer(*disk_, inputs.front()->name, settings_.sealed_frame);
    intent_folder intents(now_ns);
    number_range range{number_of(inputs.front()->name), 0};
    std::string packed;
    std::vector<char> lines;
    frame_footer footer;
    logkit::detail::line_parser parser;
    bool is_whole = true;
    for (std::shared_ptr<segment> const& in : inputs) {
        range.last = std::max(range.last, in->last_number);
        std::vector<stored_frame> frames;
        {
            const std::lock_guard lock(mutex_);
            frames = in->frames;
        }
        for (std::size_t i = 0; i < frames.size() && is_whole && writer.error() == 0; ++i) {
            if (settings_.is_ending()) {
                (void)disk_->remove(inputs.front()->name + ".new");
                return false;
            }
            stored_frame const& f = frames[i];
            is_whole = read_frame({in, i, f}, packed, lines, footer);
            if (!is_whole) break;
            for (intent& one : footer.intents) intents.add(std::move(one));
            footer.intents.clear();
            const bool is_large = f.raw_size >= settings_.sealed_frame / 4 && f.raw_size <= settings_.sealed_frame * 2;
            if (is_large && !f.is_old && is_of_one_hour(f)) {
                writer.put(std::string_view(packed).substr(0, f.packed_size), footer);
                continue;
            }
            std::string_view rest(lines.data(), f.raw_size);
            for (frame_run const& run : footer.runs)
                for (std::uint32_t n = 0; n < run.records && !rest.empty(); ++n) {
                    const std::string_view line = logkit::detail::take_until(rest, '\n');
                    is_whole = is_whole && parser.parse(line) != logkit::detail::line_state::unreadable;
                    if (is_whole) writer.add(line, parser.entry(), run.first_number + n, run);
                }
        }
        if (!is_whole) {
            note_damage(*in);
            break;
        }
        if (in->is_sealed) {
            std::optional<found_footer> said;
            if (in->file->read(in->seal_at, in->seal_size, packed) == 0) said = footer_at_end(packed);
            if (!said.has_value()) {
                note_damage(*in);
                is_whole = false;
                break;
            }
            for (intent& one : said->footer.intents) intents.add(std::move(one));
        }
    }
    int error = writer.error();
    if (is_whole && error == 0) {
        writer.finish(range, intents.finish());
        error = writer.error();
    }
    const std::string name = inputs.front()->name;
    if (is_whole && error == 0) error = disk_->rename(name + ".new", name);
    if (!is_whole || error != 0) {
        (void)disk_->remove(name + ".new");
        if (error != 0) settings_.say("segments cannot be sealed: " + std::string(std::strerror(error)));
        return false;
    }
    replace(inputs, writer.made());
    return true;
}

void segment_store::note_damage(segment& of) {
    const std::lock_guard lock(mutex_);
    of.has_damage = true;
}

void segment_store::replace(segment_list const& inputs, std::shared_ptr<segment> made) {
    {
        const std::lock_guard lock(mutex_);
        const auto place = std::find(segments_.begin(), segments_.end(), inputs.front());
        *place = made;
        for (std::shared_ptr<segment> const& in : inputs) {
            count(*in, false);
            std::erase(segments_, in);
        }
        count(*made, true);
        counters_.sealed += 1;
    }
    for (std::size_t i = 1; i < inputs.size(); ++i) (void)disk_->remove(inputs[i]->name);
}

}  // namespace serve
