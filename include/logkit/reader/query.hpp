// SPDX-License-Identifier: MIT
#pragma once

// Which records are wanted. Reader.
//
// A filter is `key=value`, `key!=value`, `key>1`, `key>=1`, `key<1`, `key<=1`, `key~regex`, `key!~regex` (RE2 syntax,
// found anywhere in the value), `key in (a,b)`, `key?` (it is there), or a text that the line contains (in lower case:
// of any case), combined by `or`, `not` and parentheses (reader/query_syntax.hpp has the grammar, docs/filters.md the
// meaning). A key that a record lacks equals nothing and matches no regex.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>
#include <logkit/base/level.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/find_text.hpp>
#include <logkit/reader/otlp.hpp>
#include <logkit/reader/own_line.hpp>
#include <logkit/reader/query_syntax.hpp>
#include <logkit/reader/query_term.hpp>
#include <logkit/reader/record_summary.hpp>

namespace logkit {

// Is a record without a time in every span of time, or in none?
enum class without_time : std::uint8_t { is_out, is_in };

class query {
  public:
    // "warning": that level; "warning+": and those above. Throws query_error.
    void require_level(std::string_view text) {
        const bool is_floor = text.ends_with('+');
        const auto named = level_from_name(text.substr(0, text.size() - (is_floor ? 1 : 0)));
        if (!named || *named == level::off)
            throw query_error(
                "level '" + std::string(text) +
                "': it is one of trace, debug, info, warning, error, critical; with + behind it, also those above");
        lowest_ = *named;
        highest_ = is_floor ? level::critical : *named;
    }
    // From the one to the other, both included; nanoseconds since 1970.
    void require_time(std::optional<std::int64_t> since, std::optional<std::int64_t> until,
                      without_time how = without_time::is_out) noexcept {
        takes_timeless_ = how == without_time::is_in;
        has_time_ = since || until;
        since_ = since.value_or(std::numeric_limits<std::int64_t>::min());
        until_ = until.value_or(std::numeric_limits<std::int64_t>::max());
    }
    // The trace whose id begins like this; of several calls, one of these traces.
    void require_trace(std::string_view prefix) {
        std::string& folded = traces_.emplace_back(prefix);
        std::transform(folded.begin(), folded.end(), folded.begin(), detail::fold_case);
    }
    // One of these traces, by their whole ids.
    void require_one_of_traces(std::vector<std::string> ids) {
        for (std::string& id : ids) std::transform(id.begin(), id.end(), id.begin(), detail::fold_case);
        std::sort(ids.begin(), ids.end());
        trace_ids_ = std::make_shared<const std::vector<std::string>>(std::move(ids));
    }
    // A filter as one text, as docs/filters.md has it. Of several calls, all must hold. Throws query_error.
    void require(std::string_view expression) { add(detail::query_tokens::of_string(expression)); }
    // The words of a command line: each is one word of the filter, blanks and all. Throws query_error.
    void require(std::span<const std::string> words) { add(detail::query_tokens::of_words(words)); }
    // Only failures: entry::is_failure.
    void require_failure() noexcept { wants_failure_ = true; }

    [[nodiscard]] bool matches(entry const& e) const {
        if (lowest_ != level::trace || highest_ != level::critical)
            if (const level severity = e.level(); severity < lowest_ || severity > highest_) return false;
        if (wants_failure_ && !e.is_failure()) return false;
        if (!traces_.empty() && !is_of_wanted_trace(e.trace_id())) return false;
        if (trace_ids_ != nullptr && !is_one_of_traces(e.trace_id())) return false;
        if (has_time_) {
            const auto time = e.unix_ns();
            if (time ? *time < since_ || *time > until_ : !takes_timeless_) return false;
        }
        return wanted_.holds(e);
    }

    // False: no record of this line matches, whatever it says. A cheap look, made before a line is parsed. It relies on
    // letters and digits standing for themselves in a line, as every logger writes them.
    [[nodiscard]] bool may_match(std::string_view line) const {
        if (detail::is_otlp_line(line)) return true;  // what it holds is not written as it will be read
        if (!needle_.empty() && detail::find_text(line, needle_) == std::string_view::npos) return holds_another(line);
        const detail::seen_line seen(line);
        return is_likely(seen) || (!seen.is_flat && holds_another(line));
    }

    // The value that a key must have, where the query says so of one and demands it; empty: it does not.
    [[nodiscard]] std::optional<std::string> required_value(std::string_view key) const {
        for (detail::query_tree const& one : wanted_.inner)
            if (one.term)
                if (const auto value = one.term->required_value(key)) return value;
        return std::nullopt;
    }
    // False: none of these records matches.
    [[nodiscard]] bool may_match(record_summary const& records) const {
        if (!records.may_have_level(lowest_, highest_)) return false;
        if (wants_failure_ && !records.may_have_failure()) return false;
        constexpr std::size_t whole_id = 32;
        const auto may_be_there = [&](std::string const& id) { return records.may_have_trace(id); };
        if (!traces_.empty() && std::all_of(traces_.begin(), traces_.end(), [&](std::string const& id) {
                return id.size() == whole_id && !may_be_there(id);
            }))
            return false;
        if (trace_ids_ != nullptr && std::none_of(trace_ids_->begin(), trace_ids_->end(), may_be_there)) return false;
        return wanted_.may_hold(records);
    }

  private:
    // A torn line with a record behind it: what was looked at may be the torn part.
    [[nodiscard]] static bool holds_another(std::string_view line) noexcept {
        // Few lines have a second brace, and memchr is the fastest search there is.
        while (line.size() > 1) {
            const auto* const brace = static_cast<const char*>(std::memchr(line.data() + 1, '{', line.size() - 1));
            if (brace == nullptr) return false;
            line.remove_prefix(static_cast<std::size_t>(brace - line.data()));
            if (line.starts_with(detail::own_beginning)) return true;
        }
        return false;
    }
    [[nodiscard]] bool is_likely(detail::seen_line const& seen) const {
        const std::string_view line = seen.text;
        if (seen.is_own && !may_have_trace(line)) return false;
        if (!wanted_.may_hold(seen)) return false;
        if ((lowest_ == level::trace && highest_ == level::critical && !wants_failure_) || !seen.is_own) return true;
        const level severity = detail::own_level(line);
        if (severity < lowest_ || severity > highest_) return false;
        return !wants_failure_ || severity >= level::error || may_have_failed(line);
    }

    void add(detail::query_tokens const& tokens) {
        detail::query_tree tree = detail::query_parser(tokens).parse();
        if (tree.what != detail::query_tree::kind::all) {
            wanted_.inner.push_back(std::move(tree));
        } else {
            std::move(tree.inner.begin(), tree.inner.end(), std::back_inserter(wanted_.inner));
        }
        for (detail::query_tree const& one : wanted_.inner)
            if (one.term && one.term->needle().size() > needle_.size()) needle_ = one.term->needle();
    }
    // There is a status, and it is not success.
    [[nodiscard]] static bool may_have_failed(std::string_view line) noexcept {
        while (detail::skip_behind(line, R"("status":")"))
            if (!line.starts_with(R"(success")")) return true;
        return false;
    }
    // There is an id of a wanted trace, of the record or of something nested in it.
    [[nodiscard]] bool may_have_trace(std::string_view line) const {
        if (traces_.empty() && trace_ids_ == nullptr) return true;
        while (detail::skip_behind(line, R"("trace_id":")")) {
            if (!traces_.empty() && is_of_wanted_trace(line)) return true;
            if (trace_ids_ != nullptr && is_one_of_traces(line.substr(0, line.find('"')))) return true;
        }
        return false;
    }
    [[nodiscard]] bool is_one_of_traces(std::string_view id) const {
        std::string folded(id);
        std::transform(id.begin(), id.end(), folded.begin(), detail::fold_case);
        return std::binary_search(trace_ids_->begin(), trace_ids_->end(), folded);
    }
    // `id`: or what begins with it.
    [[nodiscard]] bool is_of_wanted_trace(std::string_view id) const noexcept {
        return std::any_of(traces_.begin(), traces_.end(), [&](std::string const& prefix) {
            return id.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), id.begin(),
                                                            [](char a, char b) { return a == detail::fold_case(b); });
        });
    }
    level lowest_ = level::trace, highest_ = level::critical;
    bool takes_timeless_ = false, has_time_ = false, wants_failure_ = false;
    std::int64_t since_ = 0, until_ = 0;
    std::vector<std::string> traces_;                            // how their ids begin
    std::shared_ptr<const std::vector<std::string>> trace_ids_;  // whole ones, sorted
    detail::query_tree wanted_{detail::query_tree::kind::all, {}, {}};
    std::string needle_;  // every wanted line contains it
};

}  // namespace logkit
