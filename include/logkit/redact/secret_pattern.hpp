// SPDX-License-Identifier: MIT
#pragma once

// What a kind of secret looks like: "ghp_[A-Za-z0-9]{36,}". Stage: redact.
//
//   pattern := element+       element := (character | \character | \d | \w | [set]) [ {n} | {m,n} | {m,} | + ]
//
// A repetition takes all that it can and gives nothing back, so a match is decided in one walk; and where a run
// ends is kept (byte_runs), so that all the matches begun in one text read each byte once for each repetition.
// Four characters in a row, at a fixed distance from the beginning, must say what it is (trigger_scan.hpp looks for
// them). There is no alternation and no "any character": who needs them takes a regular expression (adapter/re2.hpp).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/redact/byte_set.hpp>
#include <logkit/redact/text_span.hpp>
#include <logkit/redact/trigger_scan.hpp>

namespace logkit::detail {

// Where runs of a repeated set end in one text: one place for each repetition of each pattern.
class byte_runs {
  public:
    explicit byte_runs(std::size_t repetitions) : runs_(repetitions) {}

    void begin_text() noexcept { ++text_; }
    // The end of the run of such bytes at `from`.
    [[nodiscard]] std::size_t end_of(std::size_t repetition, byte_set const& set, std::string_view text,
                                     std::size_t from) noexcept {
        run& known = runs_[repetition];
        if (known.text == text_ && from >= known.begin && from < known.end) return known.end;
        std::size_t end = from;
        while (end < text.size() && set.has(text[end])) ++end;
        known = {text_, from, end};
        return end;
    }

  private:
    struct run {
        std::uint64_t text = 0;
        std::size_t begin = 0, end = 0;
    };
    std::uint64_t text_ = 0;
    std::vector<run> runs_;
};

class secret_pattern {
  public:
    static constexpr std::size_t window_size = trigger_scan::size;
    using window_sets = trigger_scan::sets;

    // `repetitions` counts those of all patterns. Throws std::invalid_argument, which says what is wrong and where.
    secret_pattern(std::string_view text, std::size_t& repetitions) : text_(text) {
        while (at_ < text_.size()) add_element(repetitions);
        choose_window();
        begins_a_word_ = is_word_only(elements_.front().set);
        is_short_ = literal_size() < 4;
        text_ = {};
    }

    // What stands `window_offset()` bytes behind the beginning of a match.
    [[nodiscard]] window_sets const& window() const noexcept { return window_; }
    [[nodiscard]] std::size_t window_offset() const noexcept { return window_offset_; }
    // May a match begin there? Not in the midst of a word; a short beginning ("sk-") not behind '_' or '-' either,
    // which are in Base64 for URLs.
    [[nodiscard]] bool may_begin(std::string_view text, std::size_t at) const noexcept {
        if (!begins_a_word_) return true;
        const bool is_behind_joint = is_short_ && at != 0 && (text[at - 1] == '_' || text[at - 1] == '-');
        return !is_behind_joint && is_word_begin(text, at);
    }

    // The end of the match that begins at `from`; npos: there is none. What goes on behind its most is no match.
    [[nodiscard]] std::size_t match(std::string_view text, std::size_t from, byte_runs& runs) const noexcept {
        std::size_t at = from;
        for (element const& e : elements_) {
            if (e.most == 1) {
                if (at == text.size() || !e.set.has(text[at])) return npos;
                ++at;
                continue;
            }
            const std::size_t there = runs.end_of(e.repetition, e.set, text, at) - at;
            if (there < e.least) return npos;
            if (there > e.most && &e == &elements_.back()) return npos;
            at += std::min(there, e.most);
        }
        return at;
    }

    static constexpr std::size_t npos = std::string_view::npos;

  private:
    static constexpr std::size_t longest_lead = 64;     // within which the window must be
    static constexpr std::size_t widest_window = 4096;  // how many texts may be in it
    static constexpr std::size_t most_repeats = 4096;

    struct element {
        byte_set set{};
        std::size_t least = 1, most = 1;
        std::size_t repetition = 0;
    };

    [[noreturn]] void refuse(std::string const& why) const {
        throw std::invalid_argument("the pattern \"" + std::string(text_) + "\" " + why);
    }
    [[noreturn]] void refuse_here(const char* why) const {
        refuse("at character " + std::to_string(at_ + 1) + ": " + why);
    }

    [[nodiscard]] char take() {
        if (at_ == text_.size()) refuse_here("ends in the middle");
        return text_[at_++];
    }

    void add_element(std::size_t& repetitions) {
        element added{take_set()};
        take_repetition(added);
        if (added.most != 1) added.repetition = repetitions++;
        elements_.push_back(added);
    }

    [[nodiscard]] byte_set take_set() {
        byte_set set;
        const char c = take();
        if (c == '[')
            take_members(set);
        else if (c == '\\')
            add_escaped(set);
        else if (std::string_view(".*?+{}()|^$]").find(c) != std::string_view::npos)
            refuse_here("an operator that there is not; put \\ in front of a character that is meant itself");
        else
            set.add(c);
        return set;
    }
    void add_escaped(byte_set& set) {
        const char c = take();
        if (c == 'd')
            set.add(byte_set("0-9"));
        else if (c == 'w')
            set.add(byte_set("0-9A-Za-z_"));
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            refuse_here("an escape that there is not; there are \\d and \\w");
        else
            set.add(c);
    }
    void take_members(byte_set& set) {
        for (char c = take(); c != ']'; c = take()) {
            if (c == '\\') {
                add_escaped(set);
                continue;
            }
            const bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
            if (is_range) ++at_;
            const char last = is_range ? take() : c;
            if (static_cast<unsigned char>(last) < static_cast<unsigned char>(c))
                refuse_here("a range that ends before it begins");
            set.add_range(c, last);
        }
        if (set.size() == 0) refuse_here("a set without members");
    }

    void take_repetition(element& e) {
        if (at_ == text_.size()) return;
        if (text_[at_] == '+') {
            ++at_;
            e.most = npos;
        } else if (text_[at_] == '{') {
            ++at_;
            e.least = e.most = take_number();
            if (char c = take(); c == ',') {
                e.most = at_ < text_.size() && text_[at_] == '}' ? npos : take_number();
                if (take() != '}') refuse_here("\"}\" is missing");
            } else if (c != '}') {
                refuse_here("\"}\" is missing");
            }
            if (e.most < e.least || e.most == 0) refuse_here("a repetition of which nothing can be true");
        }
    }
    [[nodiscard]] std::size_t take_number() {
        std::size_t n = 0;
        const std::size_t begin = at_;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            n = n * 10 + static_cast<std::size_t>(text_[at_] - '0');
            if (n > most_repeats) refuse_here("more repetitions than 4096");
        }
        if (at_ == begin) refuse_here("a number is missing");
        return n;
    }

    // The rarest three in a row, as far as their place is fixed.
    void choose_window() {
        struct single {
            byte_set const* bytes;
            double share;
            std::size_t ways;
        };
        std::vector<single> lead;
        for (element const& e : elements_) {
            const single one{&e.set, trigger_scan::share_of(e.set), e.set.size()};
            for (std::size_t i = 0; i < e.least && lead.size() < longest_lead; ++i) lead.push_back(one);
            if (e.least != e.most) break;
        }
        double best = 1;
        for (std::size_t i = 0; i + window_size <= lead.size(); ++i) {
            double share = 1;
            std::size_t ways = 1;
            for (std::size_t k = 0; k < window_size; ++k) {
                share *= lead[i + k].share;
                ways *= lead[i + k].ways;
            }
            if (share >= best || ways > widest_window) continue;
            best = share;
            window_offset_ = i;
            for (std::size_t k = 0; k < window_size; ++k) window_[k] = *lead[i + k].bytes;
        }
        if (window_[0].size() == 0) refuse("has no four characters in a row, near its beginning, that tell what it is");
    }
    [[nodiscard]] std::size_t literal_size() const noexcept {
        std::size_t n = 0;
        for (element const& e : elements_) {
            if (e.most != 1 || e.set.size() > 8) break;
            ++n;
        }
        return n;
    }
    [[nodiscard]] static bool is_word_only(byte_set const& first) noexcept {
        bool is_word = true;
        first.for_each([&](unsigned char c) { is_word = is_word && byte_set("0-9A-Za-z").has(static_cast<char>(c)); });
        return is_word;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<element> elements_{};
    window_sets window_{};
    std::size_t window_offset_ = 0;
    bool begins_a_word_ = false, is_short_ = false;
};

}  // namespace logkit::detail
