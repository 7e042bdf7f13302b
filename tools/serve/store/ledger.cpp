// SPDX-License-Identifier: MIT
#include "store/ledger.hpp"

#include <algorithm>

namespace serve {
namespace {

// About what an answer takes in memory.
[[nodiscard]] std::size_t size_of(intent::request const& r) {
    constexpr std::size_t of_places = 200;
    return 2 * r.key.size() + r.answer.size() + of_places;
}

}  // namespace

decision decide(batch const& b, stream_state const* known) {
    decision made;
    if (!b.stream.has_value()) {
        made.is_new = true;
        made.result.accepted = b.records.size();
        return made;
    }
    stream_range const& range = *b.stream;
    const auto store_from = [&](std::size_t skip) {
        made.is_new = true;
        made.skip = skip;
        made.result.accepted = b.records.size() - skip;
        made.result.position = range.end;
        made.result.hash = range.after;
        return made;
    };
    if (known == nullptr) return store_from(0);
    made.result.position = known->position;
    made.result.hash = known->hash;
    const auto refuse = [&](outcome::kind why) {
        made.result.what = why;
        return made;
    };
    if (!b.service.empty() && !known->service.empty() && b.service != known->service) {
        made.result = {};
        return refuse(outcome::kind::of_others);
    }
    if (range.end <= known->position) return made;
    if (range.position > known->position) return range.gap.empty() ? refuse(outcome::kind::gap) : store_from(0);
    if (range.position == known->position) {
        const bool is_other = !range.before.empty() && !known->hash.empty() && range.before != known->hash;
        return is_other ? refuse(outcome::kind::forked) : store_from(0);
    }
    if (range.has_end) return refuse(outcome::kind::overlap);
    if (!std::binary_search(range.line_positions.begin(), range.line_positions.end(), known->position))
        return refuse(outcome::kind::forked);
    const auto first_new = std::partition_point(b.records.begin(), b.records.end(),
                                                [&](record_place const& r) { return r.position < known->position; });
    return store_from(static_cast<std::size_t>(first_new - b.records.begin()));
}

stream_state const* ledger::find_stream(std::string const& name) const {
    const auto found = streams_.find(name);
    return found == streams_.end() ? nullptr : &found->second;
}

intent::request const* ledger::find_request(std::string const& asker, std::string const& key,
                                            std::int64_t now_ns) const {
    const auto of_scope = scopes_.find(asker);
    if (of_scope == scopes_.end()) return nullptr;
    const auto found = of_scope->second.by_key.find(key);
    if (found == of_scope->second.by_key.end() || now_ns - found->second.arrival_ns > request_age_ns) return nullptr;
    return &found->second.request;
}

void ledger::apply(intent const& committed) {
    const std::int64_t arrival_ns = committed.arrival_ns;
    if (committed.filled.has_value()) {
        intent::stream const& filled = *committed.filled;
        stream_state& state = streams_[filled.name];
        if (!filled.gap.empty() && filled.position > filled.from) {
            ++gaps_;
            state.gaps.push_back({filled.from, filled.position, filled.gap});
            if (state.gaps.size() > most_named) state.gaps.erase(state.gaps.begin());
        }
        for (refused_line const& line : filled.refused)
            if (state.refused.size() < most_named) state.refused.push_back(line);
        state.refused_count += filled.refused_count;
        state.position = filled.end;
        state.hash = filled.after;
        state.last_arrival_ns = arrival_ns;
        if (!committed.service.empty()) state.service = committed.service;
    }
    if (!committed.answered.has_value()) return;
    intent::request const& request = *committed.answered;
    scope& of_scope = scopes_[request.scope];
    answered& place = of_scope.by_key[request.key];
    if (place.arrival_ns != 0) of_scope.bytes -= size_of(place.request);  // it was answered before, over a day ago
    place = {request, arrival_ns};
    of_scope.bytes += size_of(request);
    of_scope.oldest_first.emplace_back(arrival_ns, request.key);
    forget_oldest(of_scope, arrival_ns);
}

// Whose day is over, and the oldest where there are too many.
void ledger::forget_oldest(scope& of, std::int64_t now_ns) {
    while (!of.oldest_first.empty()) {
        auto const& [when, key] = of.oldest_first.front();
        const bool is_old = now_ns - when > request_age_ns;
        if (!is_old && of.oldest_first.size() <= most_requests && of.bytes <= most_request_bytes) break;
        const auto old = of.by_key.find(key);
        if (old != of.by_key.end() && old->second.arrival_ns == when) {
            of.bytes -= size_of(old->second.request);
            of.by_key.erase(old);
            if (!is_old) ++forgotten_;
        }
        of.oldest_first.pop_front();
    }
}

void ledger::forget_before(std::int64_t streams_ns, std::int64_t now_ns) {
    std::erase_if(streams_, [&](auto const& one) { return one.second.last_arrival_ns < streams_ns; });
    for (auto& [name, of_scope] : scopes_) forget_oldest(of_scope, now_ns);
    std::erase_if(scopes_, [](auto const& one) { return one.second.oldest_first.empty(); });
}

std::vector<intent> ledger::intents() const {
    std::vector<intent> made;
    for (auto const& [name, state] : streams_) {
        const auto add = [&]() -> intent::stream& {
            intent& one = made.emplace_back();
            one.arrival_ns = state.last_arrival_ns;
            one.service = state.service;
            one.filled.emplace().name = name;
            return *one.filled;
        };
        for (stream_gap const& gap : state.gaps) {
            intent::stream& told = add();
            told.from = gap.from;
            told.position = told.end = gap.to;
            told.gap = gap.reason;
        }
        intent::stream& told = add();
        told.from = told.position = told.end = state.position;
        told.after = state.hash;
        told.refused = state.refused;
        told.refused_count = state.refused_count;
    }
    for (auto const& [name, of_scope] : scopes_)
        for (auto const& [when, key] : of_scope.oldest_first) {
            const auto found = of_scope.by_key.find(key);
            if (found == of_scope.by_key.end() || found->second.arrival_ns != when) continue;
            intent& one = made.emplace_back();
            one.arrival_ns = when;
            one.answered = found->second.request;
        }
    return made;
}

decision ledger_draft::take(batch const& b) {
    if (b.request.has_value()) {
        intent::request const* said = ahead_.find_request(b.request->scope, b.request->key, arrival_ns_);
        if (said == nullptr) said = committed_.find_request(b.request->scope, b.request->key, arrival_ns_);
        if (said != nullptr) {
            decision made;
            const bool is_same = said->body_hash == b.request->body_hash;
            made.result.what = is_same ? outcome::kind::repeated : outcome::kind::reused;
            if (is_same) made.result.answer = said->answer;
            return made;
        }
    }
    stream_state const* known = nullptr;
    if (b.stream.has_value()) {
        known = ahead_.find_stream(b.stream->stream);
        if (known == nullptr) known = committed_.find_stream(b.stream->stream);
    }
    decision made = decide(b, known);
    const bool is_good = made.result.what == outcome::kind::stored;
    if (!is_good || (!made.is_new && !b.request.has_value())) return made;

    intent promised;
    promised.arrival_ns = arrival_ns_;
    promised.service = b.service;
    if (!made.is_new) {
        made.skip = b.records.size();  // nothing but the answer is new
    } else {
        if (b.stream.has_value()) {
            stream_range const& range = *b.stream;
            std::vector<refused_line> refused = range.refused;
            std::erase_if(refused,
                          [&](refused_line const& l) { return known != nullptr && l.position < known->position; });
            const std::uint64_t known_before = range.refused.size() - refused.size();
            promised.filled = {range.stream,       known != nullptr ? known->position : range.position,
                               range.position,     range.end,
                               range.after,        range.gap,
                               std::move(refused), range.refused_count - known_before};
        }
    }
    if (b.request.has_value())
        promised.answered = {b.request->scope, b.request->key, b.request->body_hash, b.request->answer(made.result)};
    made.is_new = true;
    ahead_.apply(promised);
    intents_.push_back(std::move(promised));
    return made;
}

}  // namespace serve
