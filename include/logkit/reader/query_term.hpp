// SPDX-License-Identifier: MIT
#pragma once

// One condition of a query, on a record and, more cheaply, on its line. Reader.

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
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
#include <logkit/reader/own_line.hpp>
#include <logkit/reader/record_summary.hpp>

namespace logkit {

// A filter cannot be understood. The message says what was expected and where; `expression` is the filter, and
// `position` the place in it, in bytes.
class query_error : public std::invalid_argument {
  public:
    query_error(std::string const& what, std::string expression = {}, std::size_t position = 0)
        : std::invalid_argument(what), expression_(std::move(expression)), position_(position) {}
    [[nodiscard]] std::string const& expression() const noexcept { return expression_; }
    [[nodiscard]] std::size_t position() const noexcept { return position_; }

  private:
    std::string expression_;
    std::size_t position_;
};

namespace detail {

enum class relation : std::uint8_t { equals, matches, less, at_most, more, at_least, exists, contains };

// A text that stands in a line as it is, whoever wrote it.
[[nodiscard]] inline bool is_written_as_it_is(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == ' ' || c == '.' || c == ':';
    });
}
// Takes the line's beginning off, up to the end of the next such text; false: there is none.
[[nodiscard]] inline bool skip_behind(std::string_view& line, std::string_view text) noexcept {
    const std::size_t at = find_text(line, text);
    if (at == std::string_view::npos) return false;
    line.remove_prefix(at + text.size());
    return true;
}

// A line, looked at before it is parsed.
struct seen_line {
    std::string_view text;
    bool is_own = false;   // is_own_line
    bool is_flat = false;  // one object, and no other begins in it, not even in a text

    explicit seen_line(std::string_view line) noexcept
        : text(line),
          is_own(is_own_line(line)),
          is_flat(line.size() > 1 && std::memchr(line.data() + 1, '{', line.size() - 1) == nullptr) {}
};

class query_term {
  public:
    // A text anywhere in the line; in lower case: of any case.
    [[nodiscard]] static query_term of_text(std::string_view text) {
        query_term t;
        t.how_ = relation::contains;
        t.texts_.emplace_back(text);
        t.ignores_case_ = std::none_of(text.begin(), text.end(), [](char c) { return fold_case(c) != c; });
        if (t.ignores_case_ && !text.empty()) {
            RE2::Options options(RE2::Quiet);
            options.set_literal(true);
            options.set_case_sensitive(false);
            t.regex_ = std::make_shared<const RE2>(t.texts_.front(), options);
        }
        return t;
    }
    // Several texts: one of them, which only `equals` has. Throws std::invalid_argument: what is wrong with the value.
    [[nodiscard]] static query_term of_key(std::string_view key, relation how, std::vector<std::string> texts) {
        query_term t;
        t.key_ = key;
        t.how_ = how;
        t.texts_ = std::move(texts);
        if (key == "level" && how != relation::exists && how != relation::matches) t.read_levels();
        if (t.is_order() && t.levels_.empty())
            t.read_bound();
        else
            for (std::string const& text : t.texts_) t.numbers_.push_back(json_view(text).number());
        if (how == relation::matches) {
            RE2::Options options(RE2::Quiet);
            t.regex_ = std::make_shared<const RE2>(t.texts_.front(), options);
            if (!t.regex_->ok())
                throw std::invalid_argument("'" + t.texts_.front() +
                                            "' is no regular expression: " + t.regex_->error());
        }
        // What a line of ours is searched for.
        const bool is_plain_key = is_written_as_it_is(key) && key.find('.') == std::string_view::npos;
        if (how != relation::matches && t.key_ != "level" && !t.is_of_time_ && is_plain_key)
            t.quoted_key_ = '"' + t.key_ + "\":";
        t.is_of_slot_ = own_slot(key) != slot::none;
        return t;
    }
    void negate() noexcept { is_negated_ = !is_negated_; }

    // What every line contains that has such a record; "" where that is not known.
    [[nodiscard]] std::string_view needle() const noexcept {
        if (is_negated_ || texts_.size() != 1 || !is_written_as_it_is(texts_.front())) return {};
        if (how_ == relation::contains) return ignores_case_ ? std::string_view{} : texts_.front();
        // What the record format names may be made of several values of a line.
        const bool is_text =
            how_ == relation::equals && !is_of_slot_ && texts_.front().size() >= 3 && !numbers_.front();
        return is_text ? std::string_view(texts_.front()) : std::string_view{};
    }
    // What the value of this key is, where the term is about nothing else.
    [[nodiscard]] std::optional<std::string> required_value(std::string_view key) const {
        const bool is_it = !is_negated_ && how_ == relation::equals && key_ == key && texts_.size() == 1;
        return is_it ? std::optional(texts_.front()) : std::nullopt;
    }
    [[nodiscard]] bool holds(entry const& e) const { return holds_plainly(e) != is_negated_; }

    // False: it holds for none of these records.
    [[nodiscard]] bool may_hold(record_summary const& records) const {
        if (is_negated_) return true;
        if (how_ == relation::contains) return may_contain(records);
        if (key_ == "level" && !levels_.empty()) {
            for (int i = 0; i <= static_cast<int>(logkit::level::critical); ++i) {
                const auto one = static_cast<logkit::level>(i);
                if (holds_of_level(one) && records.may_have_level(one, one)) return true;
            }
            return false;
        }
        if (how_ != relation::equals || key_ == "level" || key_ == "timestamp") return true;
        if (key_ == "trace_id")
            return std::any_of(texts_.begin(), texts_.end(), [&](std::string id) {
                std::transform(id.begin(), id.end(), id.begin(), fold_case);
                return records.may_have_trace(id);
            });
        return std::any_of(texts_.begin(), texts_.end(), [&](std::string const& text) {
            return text.empty() || text.front() == '{' || text.front() == '[' || records.may_have_value(text);
        });
    }
    // False: it holds for no record of the line.
    [[nodiscard]] bool may_hold(seen_line const& line) const {
        if (how_ == relation::contains) {
            const bool is_there = contains(line.text);
            return is_negated_ ? !is_there : is_there || may_hold_escaped(line.text);
        }
        if (line.is_own && !levels_.empty()) return holds_of_level(own_level(line.text)) != is_negated_;
        if (is_negated_ || !line.is_own) return true;
        return quoted_key_.empty() || value_may_hold(line);
    }

  private:
    [[nodiscard]] bool is_order() const noexcept { return how_ >= relation::less && how_ <= relation::at_least; }

    // None, unless all of them are levels.
    void read_levels() {
        for (std::string const& text : texts_) {
            const auto named = level_from_name(text);
            if (!named || *named == logkit::level::off) return levels_.clear();
            levels_.push_back(*named);
        }
    }
    // What it is compared with: a number, a duration, or a point in time.
    void read_bound() {
        std::string const& text = texts_.front();
        using namespace std::chrono;
        const std::int64_t now = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
        bound_ = json_view(text).number();
        whole_bound_ = json_view(text).integer();
        if (key_ != "timestamp") {
            if (bound_) return;
            duration_ns_ = parse_duration(std::string_view(text).substr(text.starts_with('-') ? 1 : 0));
            if (duration_ns_) {
                time_ns_ = now - *duration_ns_;  // of a time: one that is so old
                if (text.starts_with('-')) duration_ns_ = -*duration_ns_;
                return;
            }
        }
        time_ns_ = bound_ ? time_from_number(*bound_) : parse_moment(text, now);
        bound_.reset();
        is_of_time_ = time_ns_.has_value();
        if (!is_of_time_)
            throw std::invalid_argument("'" + text +
                                        "' is not a number, a duration (1.5s), a level or a time; texts are compared "
                                        "with =, != and ~");
    }

    [[nodiscard]] bool holds_plainly(entry const& e) const {
        if (how_ == relation::contains)
            return contains(e.line()) || (may_hold_escaped(e.line()) && contains(unescape_json(e.line())));
        if (key_ == "level") return level_holds(e);
        if (is_of_time_ && key_ == "timestamp") {
            const auto time = e.unix_ns();
            return time && is_ordered(*time, *time_ns_);
        }
        if (const std::size_t items = key_.find("[]"); items != std::string::npos)
            return any_item_holds(e.find(std::string_view(key_).substr(0, items)),
                                  std::string_view(key_).substr(items + 2));
        return holds_of(e.find(key_));
    }
    // `path`: what follows [], as "", ".name" or ".list[].name".
    [[nodiscard]] bool any_item_holds(json_view list, std::string_view path) const {
        if (!list.is_array()) return false;
        bool is_found = false;
        const std::size_t items = path.find("[]");
        const std::string_view inner =
            path.substr(path.starts_with('.') ? 1 : 0, items == path.npos ? items : items - 1);
        for_each_inside(list, [&](std::string_view, json_view item) {
            const json_view value = path.empty() ? item : find_inside(item, inner);
            is_found = items == path.npos ? holds_of(value) : any_item_holds(value, path.substr(items + 2));
            return !is_found;
        });
        return is_found;
    }
    [[nodiscard]] bool holds_of(json_view value) const {
        if (!value.exists()) return false;
        switch (how_) {
            case relation::exists:
                return true;
            case relation::equals:
                return is_one_of_them(value);
            case relation::matches:
                return RE2::PartialMatch(value.text(), *regex_);
            default:
                break;
        }
        if (bound_) {
            // Whole numbers beyond 2⁵³ are not what they are as doubles.
            const auto whole = whole_bound_ ? value.integer() : std::nullopt;
            if (whole) return is_ordered(*whole, *whole_bound_);
            const auto number = value.number();
            return number && is_ordered(*number, *bound_);
        }
        if (duration_ns_) {
            if (const auto duration = duration_of(value))
                return is_ordered(*duration, static_cast<double>(*duration_ns_));
            if (!value.is_text()) return false;
        }
        const auto time = time_ns_ ? parse_time(value) : std::nullopt;
        return time && is_ordered(*time, *time_ns_);
    }
    [[nodiscard]] bool is_one_of_them(json_view value) const {
        for (std::size_t i = 0; i < texts_.size(); ++i) {
            if (value == texts_[i]) return true;
            if (value.is_number() && numbers_[i] && value.number() == numbers_[i] && !value.integer()) return true;
        }
        return false;
    }
    // A number is of the unit that its key ends with.
    [[nodiscard]] std::optional<double> duration_of(json_view value) const {
        if (value.is_text()) {
            const auto ns = parse_duration(value.escaped());
            return ns ? std::optional(static_cast<double>(*ns)) : std::nullopt;
        }
        constexpr std::array<std::pair<std::string_view, double>, 6> units{
            {{"_ns", 1}, {"_us", 1e3}, {"_ms", 1e6}, {"_s", 1e9}, {"_sec", 1e9}, {"_seconds", 1e9}}};
        for (auto const& [end, ns] : units)
            if (std::string_view(key_).ends_with(end))
                if (const auto number = value.number()) return *number * ns;
        return std::nullopt;
    }
    template <class Value>
    [[nodiscard]] bool is_ordered(Value value, Value bound) const noexcept {
        switch (how_) {
            case relation::less:
                return value < bound;
            case relation::at_most:
                return value <= bound;
            case relation::more:
                return value > bound;
            default:
                return value >= bound;
        }
    }
    // By its meaning, so that level=error finds pino's 50; by its text where that is no level's name.
    [[nodiscard]] bool level_holds(entry const& e) const {
        if (!levels_.empty()) return holds_of_level(e.level());
        const json_view value = e.find("level");
        if (how_ != relation::equals) return holds_of(value);
        return std::any_of(texts_.begin(), texts_.end(), [&](std::string const& text) {
            const auto named = level_from_name(text);
            return named ? e.level() == *named : value == text;
        });
    }
    [[nodiscard]] bool holds_of_level(logkit::level severity) const noexcept {
        if (is_order()) return is_ordered(severity, levels_.front());
        return std::find(levels_.begin(), levels_.end(), severity) != levels_.end();
    }

    // A line of ours: some value of this key makes the term hold. As quotes inside of texts are escaped, what is found
    // is a key, of the record or of something nested in it. Of a key that a flat record has twice the first counts,
    // except of those that the record format names.
    [[nodiscard]] bool value_may_hold(seen_line const& seen) const {
        std::string_view line = seen.text;
        while (skip_behind(line, quoted_key_)) {
            if (line.empty() || line.front() == '{' || line.front() == '[' || line.front() == ' ') return true;
            const bool is_text = line.front() == '"';
            const std::size_t end = is_text ? line.find('"', 1) : std::min(line.find_first_of(",}"), line.size());
            if (end == std::string_view::npos) return true;
            const json_view value(line.substr(0, end + (is_text ? 1 : 0)));
            if (value.has_escapes() || holds_of(value)) return true;
            if (seen.is_flat && !is_of_slot_) return false;
        }
        return false;
    }
    // The text may stand there, but not as it is given: "\u00dcnal", "\/orders".
    [[nodiscard]] bool may_hold_escaped(std::string_view line) const {
        return !is_written_as_it_is(texts_.front()) && line.find('\\') != std::string_view::npos;
    }
    // What is searched for may begin and end within a word; only what stands between is known to be one. What follows a
    // backslash is another character than it seems, and beyond ASCII there are cases of which a summary knows nothing.
    [[nodiscard]] bool may_contain(record_summary const& records) const {
        const std::string_view text = texts_.front();
        for (std::size_t at = 0; at < text.size();) {
            std::size_t end = at;
            bool is_ascii = true;
            for (; end < text.size() && is_word_byte(text[end]); ++end)
                is_ascii = is_ascii && static_cast<unsigned char>(text[end]) < 0x80;
            const bool is_inside = at != 0 && end != text.size() && text[at - 1] != '\\' && text[end] != '\\';
            if (end != at && is_inside && is_ascii && !records.may_have_word(text.substr(at, end - at))) return false;
            at = end + 1;
        }
        return true;
    }
    [[nodiscard]] bool contains(std::string_view line) const {
        if (!ignores_case_) return find_text(line, texts_.front()) != std::string_view::npos;
        return regex_ == nullptr || RE2::PartialMatch(line, *regex_);
    }

    std::string key_;
    relation how_ = relation::contains;
    bool is_negated_ = false, ignores_case_ = false, is_of_time_ = false, is_of_slot_ = false;
    std::vector<std::string> texts_;
    std::vector<std::optional<double>> numbers_;  // of the texts, of a term that asks for equality
    std::optional<double> bound_;                 // one of these three, of a term of order
    std::optional<std::int64_t> whole_bound_, duration_ns_, time_ns_;
    std::vector<logkit::level> levels_;  // of `level`, where all texts are names of levels
    std::shared_ptr<const RE2> regex_;
    std::string quoted_key_;  // "key": as a line of ours has it, where it can be looked for
};

}  // namespace detail

}  // namespace logkit
