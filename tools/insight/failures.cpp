// SPDX-License-Identifier: MIT
#include "insight/failures.hpp"

#include "insight/frames.hpp"
#include "insight/symbols.hpp"
#include "insight/text.hpp"

#include <logkit/base/hash.hpp>

#include <algorithm>

namespace insight {
namespace {

namespace lk = logkit::detail;

// An exception in a trace.
[[nodiscard]] std::uint64_t passage_of(std::string const& trace_id, std::string const& type,
                                       std::string const& message) {
    return lk::hash_text(trace_id + '\n' + type + '\n' + message);
}
void add_causes(failure& f, logkit::exception_story const& cause) {
    f.causes.push_back(passage_of(f.trace_id, cause.type, cause.what));
    for (logkit::exception_story const& deeper : cause.nested) add_causes(f, deeper);
}

}  // namespace

void distinct_count::add(std::uint64_t hash) {
    if (smallest_.size() == size && hash >= *smallest_.rbegin()) return;
    smallest_.insert(hash);
    if (smallest_.size() > size) smallest_.erase(std::prev(smallest_.end()));
}
std::uint64_t distinct_count::estimate() const noexcept {
    if (smallest_.size() < size) return smallest_.size();
    return static_cast<std::uint64_t>(
        static_cast<double>(size - 1) * (0x1p64 / static_cast<double>(*smallest_.rbegin())) + 0.5);
}

failure describe_failure(logkit::entry const& e, place at) {
    using logkit::slot;
    failure f;
    f.at = at;
    f.unix_ns = e.unix_ns();
    f.severity = e.level();
    f.src = e.get(slot::src).text();
    f.span = e.get(slot::span).text();
    f.trace_id = std::string(e.trace_id());
    f.weight = e.weight();
    f.line = std::string(e.line());
    const logkit::exception_story exception = named_exception_of(e);
    f.has_exception = !exception.type.empty() || !exception.what.empty();
    if (f.has_exception) {
        f.type = exception.type;
        f.message = exception.what;
        f.frame = own_frame(exception.stack);
        for (logkit::exception_story const& cause : exception.nested) add_causes(f, cause);
        f.has_type = !f.type.empty();
        if (!f.has_type) f.type = e.is_span_end() ? "" : template_of(e.event());
    } else {
        f.message = e.event();
        // An access that failed: "handled request" says too little to tell two apart.
        const std::string path = e.get(slot::http_path).text();
        if (e.get(slot::http_status).exists() && !path.empty() && f.message.find(path) == std::string::npos)
            f.message += ": " + e.get(slot::http_method).text() + ' ' + path + ' ' + e.get(slot::http_status).text();
        f.is_span = e.is_span_end();
        if (f.is_span) f.message = "END " + f.span + " (" + e.get(slot::status).text() + ")";
    }
    return f;
}

std::string failure::message_template() const {
    return is_span ? message : template_of(message);
}

std::string failure_group::title() const {
    const std::string message = example.message_template();
    if (!example.has_exception || example.type.empty()) return message;
    return message.empty() ? example.type : example.type + ": " + message;
}
std::string failure_group::where() const {
    std::string text;
    for (std::string const& part : {example.frame, example.span, example.src})
        if (!part.empty()) text += (text.empty() ? "" : " · ") + part;
    return text;
}

// The group of this exception, or of one nested in it, where the trace has told of it before.
std::optional<std::size_t> failure_groups::recall(failure const& f, std::uint64_t passage) const {
    if (const auto known = passages_.find(passage); known != passages_.end()) return known->second;
    for (const std::uint64_t cause : f.causes)
        if (const auto known = passages_.find(cause); known != passages_.end()) return known->second;
    return std::nullopt;
}
void failure_groups::remember(std::uint64_t passage, std::size_t group) {
    if (!passages_.emplace(passage, group).second) return;
    remembered_.push_back(passage);
    if (remembered_.size() <= most_remembered) return;
    passages_.erase(remembered_.front());
    remembered_.pop_front();
}

void failure_groups::add(failure f) {
    ++records_;
    const std::uint64_t passage = passage_of(f.trace_id, f.type, f.message);
    const bool may_pass = f.has_exception && !f.trace_id.empty();
    std::size_t index = groups_.size();
    bool is_new_failure = true;
    if (const auto known = may_pass ? recall(f, passage) : std::nullopt) {
        index = *known;
        is_new_failure = false;
        remember(passage, index);
    } else {
        const std::string what = f.has_exception && !f.type.empty() ? f.type : f.message_template();
        // Where neither a type nor a frame tells two apart, what was said does.
        const bool is_vague = f.has_exception && f.frame.empty() && (!f.has_type || f.src.empty());
        const std::string fingerprint = short_hash(what + '\n' + (f.frame.empty() ? f.src : f.frame) +
                                                   (is_vague ? '\n' + f.message_template() : ""));
        const auto [at, is_new_group] = by_fingerprint_.emplace(fingerprint, index);
        index = at->second;
        if (is_new_group) {
            groups_.emplace_back().fingerprint = fingerprint;
            groups_.back().example = f;
        }
        if (may_pass) remember(passage, index);
    }
    failure_group& group = groups_[index];
    ++group.records;
    if (is_new_failure) {
        ++group.count;
        ++count_;
    }
    if (f.unix_ns && (!group.first || *f.unix_ns < *group.first)) group.first = f.unix_ns;
    if (f.unix_ns && (!group.last || *f.unix_ns >= *group.last)) group.last = f.unix_ns;
    if (!f.trace_id.empty()) {
        group.last_trace_id = f.trace_id;
        group.traces.add(lk::hash_text(f.trace_id));
    }
}

std::vector<failure_group const*> failure_groups::sorted() const {
    std::vector<failure_group const*> all;
    for (failure_group const& group : groups_) all.push_back(&group);
    std::stable_sort(all.begin(), all.end(),
                     [](failure_group const* a, failure_group const* b) { return a->count > b->count; });
    return all;
}

failure_groups gather_failures(source const& from, scan_report& scanned) {
    logkit::query wanted = from.wanted;
    wanted.require_failure();
    failure_groups groups;
    using found = std::vector<failure>;
    scanned = gather<found>(
        from.with(std::move(wanted)), direction::forward,
        [](unsigned, found& all, logkit::entry const& e, place at) { all.push_back(describe_failure(e, at)); },
        [&](found all) {
            for (failure& f : all) groups.add(std::move(f));
            return true;
        });
    return groups;
}

}  // namespace insight
