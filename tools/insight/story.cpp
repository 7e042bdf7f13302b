// SPDX-License-Identifier: MIT
#include "insight/story.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace insight {

trace_record record_of(logkit::entry const& e, place at) {
    return {at, e.unix_ns().value_or(no_time), std::string(e.line()), std::string(e.span_id()), e.is_span_end()};
}

std::vector<trace_record> gather_trace(source const& from, std::string const& id, scan_report& scanned) {
    logkit::query wanted;
    wanted.require_trace(id);
    std::vector<trace_record> all;
    std::string whole_id, another;  // an id that is given whole wins over those that only begin so
    using found = std::vector<std::pair<std::string, trace_record>>;
    scanned = gather<found>(
        from.with(std::move(wanted)), direction::forward,
        [](unsigned, found& some, logkit::entry const& e, place at) {
            some.emplace_back(e.trace_id(), record_of(e, at));
        },
        [&](found some) {
            for (auto& [trace, record] : some) {
                if (whole_id.empty() ||
                    (trace.size() == id.size() && trace != whole_id && whole_id.size() != id.size())) {
                    if (!whole_id.empty()) another = whole_id;
                    whole_id = trace;
                    all.clear();
                }
                if (trace == whole_id)
                    all.push_back(std::move(record));
                else
                    another = trace;
            }
            return true;
        });
    if (!another.empty() && whole_id.size() != id.size())
        throw question_error("trace '" + id + "': several begin so, " + whole_id + " and " + another +
                             "; give more digits");
    return all;
}

std::vector<std::string> trace_ids_of(source const& from) {
    constexpr std::size_t most_traces = 100'000;
    struct traces {
        std::unordered_set<std::string> ids;
        void see(logkit::entry const& e, place) {
            if (!e.trace_id().empty()) ids.emplace(e.trace_id());
            if (ids.size() > most_traces)
                throw question_error("more than 100,000 traces have such a record; choose fewer by a narrower filter");
        }
        void merge(traces&& other) { ids.merge(other.ids); }
    };
    scan_report scanned;
    traces found = gather_all<traces>(from, scanned);
    return {found.ids.begin(), found.ids.end()};
}

std::string last_failed_trace(source const& from) {
    logkit::query wanted = from.wanted;
    wanted.require_failure();
    std::string id;
    using ids = std::vector<std::string>;
    gather<ids>(
        from.with(std::move(wanted)), direction::backward,
        [](unsigned, ids& some, logkit::entry const& e, place) {
            if (some.empty() && !e.trace_id().empty()) some.emplace_back(e.trace_id());
        },
        [&](ids some) {
            if (!some.empty()) id = some.front();
            return id.empty();
        });
    return id;
}

std::string slowest_trace(source const& from) {
    struct slowest {
        double dur_ms = -1;
        place at;
        std::string id;
        void see(logkit::entry const& e, place where) {
            if (!e.is_span_end() || e.trace_id().empty()) return;
            take({e.get(logkit::slot::dur_ms).number().value_or(-1), where, ""}, e.trace_id());
        }
        void merge(slowest&& other) { take(other, other.id); }
        void take(slowest const& other, std::string_view trace) {
            if (other.dur_ms < dur_ms || (other.dur_ms == dur_ms && other.at > at) || trace.empty()) return;
            dur_ms = other.dur_ms;
            at = other.at;
            id = trace;
        }
    };
    scan_report scanned;
    return gather_all<slowest>(from, scanned).id;
}

std::map<std::string, std::vector<trace_record>> gather_traces(source const& from,
                                                               std::vector<std::string> const& traces) {
    std::map<std::string, std::vector<trace_record>> stories;
    if (traces.empty()) return stories;
    logkit::query wanted;
    for (std::string const& trace : traces) stories[trace];
    wanted.require_one_of_traces(traces);
    using found = std::vector<std::pair<std::string, trace_record>>;
    gather<found>(
        from.with(std::move(wanted)), direction::forward,
        [&](unsigned, found& some, logkit::entry const& e, place at) {
            std::string trace(e.trace_id());
            if (stories.contains(trace)) some.emplace_back(std::move(trace), record_of(e, at));
        },
        [&](found some) {
            for (auto& [trace, record] : some) stories[trace].push_back(std::move(record));
            return true;
        });
    return stories;
}

field_list common_fields(std::vector<trace_record> const& records) {
    field_list common;
    if (records.size() < 2) return common;
    with_entry(records.front().line, [&](logkit::entry const& e) {
        for (auto const& m : e.members())
            if (m.meaning == logkit::slot::none) common.emplace_back(m.key, m.value.json());
    });
    for (trace_record const& record : records)
        with_entry(record.line, [&](logkit::entry const& e) {
            std::erase_if(common, [&](auto const& field) { return e.find(field.first).json() != field.second; });
        });
    return common;
}

story::story(std::vector<trace_record> records) : records_(std::move(records)) {
    fill_times();
    std::stable_sort(records_.begin(), records_.end(),
                     [](trace_record const& a, trace_record const& b) { return a.unix_ns < b.unix_ns; });
    read_ends();
    link();
    measure();
}

void story::fill_times() {
    const auto known = std::find_if(records_.begin(), records_.end(),
                                    [](trace_record const& record) { return record.unix_ns != no_time; });
    has_times_ = known != records_.end();
    std::int64_t last = has_times_ ? known->unix_ns : 0;
    for (trace_record& record : records_) last = record.unix_ns = record.unix_ns == no_time ? last : record.unix_ns;
}

void story::read_ends() {
    std::unordered_map<std::string, std::size_t> by_id;
    const auto find = [&](std::string const& id, std::int64_t unix_ns) {
        const auto [at, is_new] = by_id.emplace(id, spans_.size());
        if (is_new) {
            span_node& fresh = spans_.emplace_back();
            fresh.id = id;
            fresh.start_ns = fresh.end_ns = unix_ns;
        }
        return at->second;
    };
    for (std::size_t i = 0; i < records_.size(); ++i) {
        trace_record const& record = records_[i];
        if (record.span_id.empty()) {
            loose_.push_back(i);
            with_entry(record.line, [&](logkit::entry const& e) { has_failure_ |= e.is_failure(); });
            continue;
        }
        const std::size_t index = find(record.span_id, record.unix_ns);
        with_entry(record.line, [&](logkit::entry const& e) {
            span_node& span = spans_[index];
            if (span.name.empty()) span.name = e.get(logkit::slot::span).text();
            if (span.parent_id.empty()) span.parent_id = std::string(e.parent_span_id());
            span.end_ns = std::max(span.end_ns, record.unix_ns);
            if (!record.is_end || span.end) {
                span.records.push_back(i);
                span.has_failed |= !span.end && e.is_failure();
                return;
            }
            span.end = i;
            span.status = e.get(logkit::slot::status).text();
            span.has_failed = e.is_failure();
            span.dur_ms = std::max(0.0, e.get(logkit::slot::dur_ms).number().value_or(0));
            span.start_ns =
                std::min(span.start_ns, record.unix_ns - static_cast<std::int64_t>(std::min(span.dur_ms, 1e12) * 1e6));
        });
    }
}

void story::link() {
    std::unordered_map<std::string_view, std::size_t> by_id;
    for (std::size_t i = 0; i < spans_.size(); ++i) by_id.emplace(spans_[i].id, i);
    // A parent that is its own descendant would make a circle; such a span becomes a root.
    std::vector<std::size_t> parents(spans_.size(), spans_.size());
    for (std::size_t i = 0; i < spans_.size(); ++i) {
        const auto parent = by_id.find(spans_[i].parent_id);
        if (parent == by_id.end()) continue;
        std::size_t up = parent->second;
        while (up != spans_.size() && up != i) up = parents[up];
        if (up != i) parents[i] = parent->second;
    }
    for (std::size_t i = 0; i < spans_.size(); ++i)
        (parents[i] == spans_.size() ? roots_ : spans_[parents[i]].children).push_back(i);
    const auto by_start = [&](std::size_t a, std::size_t b) { return spans_[a].start_ns < spans_[b].start_ns; };
    std::stable_sort(roots_.begin(), roots_.end(), by_start);
    for (span_node& span : spans_) std::stable_sort(span.children.begin(), span.children.end(), by_start);
}

void story::measure() {
    if (!records_.empty()) {
        start_ns_ = records_.front().unix_ns;
        end_ns_ = records_.back().unix_ns;
    }
    for (span_node& span : spans_) {
        start_ns_ = std::min(start_ns_, span.start_ns);
        end_ns_ = std::max(end_ns_, span.end_ns);
        if (!span.end) span.dur_ms = static_cast<double>(span.end_ns - span.start_ns) / 1e6;
        // Children may overlap: what is covered by any of them is not its own.
        std::int64_t covered = 0, until = span.start_ns;
        for (const std::size_t child : span.children) {
            const std::int64_t from = std::max(until, spans_[child].start_ns),
                               to = std::min(span.end_ns, spans_[child].end_ns);
            if (to > from) covered += to - from;
            until = std::max(until, to);
        }
        span.self_ms = std::max(0.0, span.dur_ms - static_cast<double>(covered) / 1e6);
    }
}

bool story::has_failed() const noexcept {
    return has_failure_ || std::any_of(spans_.begin(), spans_.end(), [](span_node const& s) { return s.has_failed; });
}
bool story::is_open() const noexcept {
    return std::any_of(spans_.begin(), spans_.end(), [](span_node const& s) { return !s.end; });
}

std::optional<std::size_t> story::failed_span() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
        if (!spans_[i].has_failed) continue;
        const bool has_failed_child = std::any_of(spans_[i].children.begin(), spans_[i].children.end(),
                                                  [&](std::size_t child) { return spans_[child].has_failed; });
        if (!has_failed_child && (!found || spans_[i].end_ns < spans_[*found].end_ns)) found = i;
    }
    return found;
}

}  // namespace insight
