// SPDX-License-Identifier: MIT
#pragma once

// Which records are wanted. Reader.
//
// A term is `key=value`, `key!=value`, `key>1`, `key>=1`, `key<1`, `key<=1`, `key~regex`, `key!~regex` (RE2 syntax,
// found anywhere in the value), or a text that the line contains (in lower case: of any case). All terms must hold. A
// key that a record lacks equals nothing and matches no regex.

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>
#include <logkit/base/level.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/find_text.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/otlp.hpp>
#include <logkit/reader/own_line.hpp>

namespace logkit {

// A filter cannot be understood; the message says which, and what would be right.
class query_error : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

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
    // A term, as above. Throws query_error.
    void require(std::string_view text) {
        term t = parse(text);
        if (t.how == relation::equals && t.text.size() >= 3 && is_written_as_it_is(t.text) && !t.number &&
            t.key != "level")
            add_needle(t.text);
        if (t.how == relation::contains && !t.ignores_case && is_written_as_it_is(t.text)) add_needle(t.text);
        terms_.push_back(std::move(t));
    }
    // Only failures: entry::is_failure.
    void require_failure() noexcept { wants_failure_ = true; }

    [[nodiscard]] bool matches(entry const& e) const {
        if (lowest_ != level::trace || highest_ != level::critical)
            if (const level severity = e.level(); severity < lowest_ || severity > highest_) return false;
        if (wants_failure_ && !e.is_failure()) return false;
        if (!traces_.empty() && !is_of_wanted_trace(e.trace_id())) return false;
        if (has_time_) {
            const auto time = e.unix_ns();
            if (time ? *time < since_ || *time > until_ : !takes_timeless_) return false;
        }
        return std::all_of(terms_.begin(), terms_.end(), [&](term const& t) { return holds(t, e); });
    }

    // False: no record of this line matches, whatever it says. A cheap look, made before a line is parsed. It relies on
    // letters and digits standing for themselves in a line, as every logger writes them.
    [[nodiscard]] bool may_match(std::string_view line) const {
        if (detail::is_otlp_line(line)) return true;  // what it holds is not written as it will be read
        return is_likely(line) || holds_another(line);
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
    [[nodiscard]] bool is_likely(std::string_view line) const {
        if (!needle_.empty() && detail::find_text(line, needle_) == std::string_view::npos) return false;
        const bool is_own = detail::is_own_line(line);
        if (is_own && !traces_.empty() && !may_have_trace(line)) return false;
        for (term const& t : terms_) {
            if (t.how == relation::contains && !contains(line, t) && !may_hold_escaped(line, t)) return false;
            if (is_own && !t.quoted_key.empty() && !value_may_hold(line, t)) return false;
        }
        if ((lowest_ == level::trace && highest_ == level::critical && !wants_failure_) || !is_own) return true;
        const level severity = detail::own_level(line);
        if (severity < lowest_ || severity > highest_) return false;
        return !wants_failure_ || severity >= level::error || may_have_failed(line);
    }

    enum class relation : std::uint8_t { equals, differs, matches, no_match, less, at_most, more, at_least, contains };
    struct term {
        std::string key;
        relation how = relation::contains;
        std::string text;
        std::optional<double> number;
        std::shared_ptr<const RE2> regex;
        bool ignores_case = false;
        std::string quoted_key;  // "key": as a line of ours has it, where it can be looked for
    };

    // There is a status, and it is not success.
    [[nodiscard]] static bool may_have_failed(std::string_view line) noexcept {
        while (skip_behind(line, R"("status":")"))
            if (!line.starts_with(R"(success")")) return true;
        return false;
    }
    // There is an id of a wanted trace, of the record or of something nested in it.
    [[nodiscard]] bool may_have_trace(std::string_view line) const noexcept {
        while (skip_behind(line, R"("trace_id":")"))
            if (is_of_wanted_trace(line)) return true;
        return false;
    }
    // `id`: or what begins with it.
    [[nodiscard]] bool is_of_wanted_trace(std::string_view id) const noexcept {
        return std::any_of(traces_.begin(), traces_.end(), [&](std::string const& prefix) {
            return id.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), id.begin(),
                                                            [](char a, char b) { return a == detail::fold_case(b); });
        });
    }
    // Takes the line's beginning off, up to the end of the next such text; false: there is none.
    [[nodiscard]] static bool skip_behind(std::string_view& line, std::string_view text) noexcept {
        const std::size_t at = detail::find_text(line, text);
        if (at == std::string_view::npos) return false;
        line.remove_prefix(at + text.size());
        return true;
    }
    [[nodiscard]] static bool is_written_as_it_is(std::string_view text) noexcept {
        return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                   c == ' ' || c == '.' || c == ':';
        });
    }
    void add_needle(std::string_view text) {
        if (text.size() > needle_.size()) needle_ = text;
    }

    [[nodiscard]] static bool is_key(std::string_view text) noexcept {
        return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
            return static_cast<unsigned char>(c) >= 0x80 || detail::fold_case(c) != c || (c >= 'a' && c <= 'z') ||
                   (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '@' || c == '/';
        });
    }
    [[nodiscard]] static term parse(std::string_view text) {
        struct sign {
            std::string_view text;
            relation how;
        };
        constexpr sign signs[] = {{"!=", relation::differs}, {"!~", relation::no_match}, {">=", relation::at_least},
                                  {"<=", relation::at_most}, {"=", relation::equals},    {"~", relation::matches},
                                  {">", relation::more},     {"<", relation::less}};
        const std::size_t at = text.find_first_of("=!~<>");
        if (at != std::string_view::npos && is_key(text.substr(0, at)))
            for (sign const& s : signs)
                if (text.substr(at).starts_with(s.text))
                    return parse(text, text.substr(0, at), s.how, text.substr(at + s.text.size()));
        term t;
        t.text = std::string(text);
        t.ignores_case = std::none_of(text.begin(), text.end(), [](char c) { return detail::fold_case(c) != c; });
        if (t.ignores_case && !text.empty()) {
            RE2::Options options(RE2::Quiet);
            options.set_literal(true);
            options.set_case_sensitive(false);
            t.regex = std::make_shared<const RE2>(t.text, options);
        }
        return t;
    }
    [[nodiscard]] static term parse(std::string_view whole, std::string_view key, relation how,
                                    std::string_view value) {
        term t;
        t.key = std::string(key);
        t.how = how;
        t.text = std::string(value);
        t.number = json_view(value).number();
        if (how != relation::differs && how != relation::no_match && how != relation::matches && t.key != "level" &&
            is_written_as_it_is(key) && key.find('.') == std::string_view::npos)
            t.quoted_key = '"' + t.key + "\":";
        const bool compares =
            how == relation::less || how == relation::at_most || how == relation::more || how == relation::at_least;
        if (compares && !t.number)
            throw query_error("filter '" + std::string(whole) + "': '" + t.text +
                              "' is not a number; texts are compared with =, != and ~");
        if (how == relation::matches || how == relation::no_match) {
            RE2::Options options(RE2::Quiet);
            t.regex = std::make_shared<const RE2>(t.text, options);
            if (!t.regex->ok()) throw query_error("filter '" + std::string(whole) + "': " + t.regex->error());
        }
        return t;
    }

    [[nodiscard]] static bool holds(term const& t, entry const& e) {
        if (t.how == relation::contains)
            return contains(e.line(), t) ||
                   (may_hold_escaped(e.line(), t) && contains(detail::unescape_json(e.line()), t));
        if (t.key == "level") return level_holds(t, e);
        return holds(t, e.find(t.key));
    }
    [[nodiscard]] static bool holds(term const& t, json_view value) {
        switch (t.how) {
            case relation::equals:
                return value.exists() && is_equal(t, value);
            case relation::differs:
                return !value.exists() || !is_equal(t, value);
            case relation::matches:
                return value.exists() && RE2::PartialMatch(value.text(), *t.regex);
            case relation::no_match:
                return !value.exists() || !RE2::PartialMatch(value.text(), *t.regex);
            default:
                break;
        }
        const auto number = value.number();
        return number && is_ordered(t, *number);
    }
    // A line of ours: some value of this key makes the term hold. As quotes inside of texts are escaped, what is found
    // is a key, of the record or of something nested in it.
    [[nodiscard]] static bool value_may_hold(std::string_view line, term const& t) {
        while (skip_behind(line, t.quoted_key)) {
            if (line.empty() || line.front() == '{' || line.front() == '[') return true;
            const bool is_text = line.front() == '"';
            const std::size_t end = is_text ? line.find('"', 1) : std::min(line.find_first_of(",}"), line.size());
            if (end == std::string_view::npos) return true;
            const json_view value(line.substr(0, end + (is_text ? 1 : 0)));
            if (value.has_escapes() || holds(t, value)) return true;
        }
        return false;
    }
    [[nodiscard]] static bool is_equal(term const& t, json_view value) {
        if (value == t.text) return true;
        return value.is_number() && t.number && value.number() == t.number && !value.integer();
    }
    [[nodiscard]] static bool is_ordered(term const& t, double number) noexcept {
        switch (t.how) {
            case relation::less:
                return number < *t.number;
            case relation::at_most:
                return number <= *t.number;
            case relation::more:
                return number > *t.number;
            default:
                return number >= *t.number;
        }
    }
    // By its meaning, so that level=error finds pino's 50; by its text where that is no level's name.
    [[nodiscard]] static bool level_holds(term const& t, entry const& e) {
        const auto named = level_from_name(t.text);
        if (t.how == relation::equals && named) return e.level() == *named;
        if (t.how == relation::differs && named) return e.level() != *named;
        const json_view value = e.find("level");
        if (t.regex != nullptr) return RE2::PartialMatch(value.text(), *t.regex) == (t.how == relation::matches);
        if (t.how == relation::equals || t.how == relation::differs)
            return (value == t.text) == (t.how == relation::equals);
        const auto number = value.number();
        return number && is_ordered(t, *number);
    }
    // The text may stand there, but not as it is given: "\u00dcnal", "\/orders".
    [[nodiscard]] static bool may_hold_escaped(std::string_view line, term const& t) {
        return !is_written_as_it_is(t.text) && line.find('\\') != std::string_view::npos;
    }
    [[nodiscard]] static bool contains(std::string_view line, term const& t) {
        if (!t.ignores_case) return detail::find_text(line, t.text) != std::string_view::npos;
        return t.regex == nullptr || RE2::PartialMatch(line, *t.regex);
    }

    level lowest_ = level::trace, highest_ = level::critical;
    bool takes_timeless_ = false, has_time_ = false, wants_failure_ = false;
    std::int64_t since_ = 0, until_ = 0;
    std::vector<std::string> traces_;  // how their ids begin
    std::vector<term> terms_;
    std::string needle_;  // every wanted line contains it
};

}  // namespace logkit
