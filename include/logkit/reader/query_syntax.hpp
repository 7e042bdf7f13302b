// SPDX-License-Identifier: MIT
#pragma once

// The filter language: one grammar for a string, and for the words of a command line (docs/filters.md). Reader.
//
//   either   = all { "or" all }
//   all      = one { ["and"] one }
//   one      = "not" one | "(" either ")" | term
//   term     = key sign value | key "in" "(" value { "," value } ")" | key "?" | text
//   sign     = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>
#include <logkit/reader/query_term.hpp>

namespace logkit::detail {

// Terms, of which all or any must hold. "not" is inside of the terms.
struct query_tree {
    enum class kind : std::uint8_t { term, all, any };
    kind what = kind::term;
    std::optional<query_term> term;
    std::vector<query_tree> inner;

    void negate() {
        if (what == kind::term) return term->negate();
        what = what == kind::all ? kind::any : kind::all;
        for (query_tree& one : inner) one.negate();
    }
    [[nodiscard]] bool holds(entry const& e) const {
        const auto inside = [&](query_tree const& t) { return t.holds(e); };
        return what == kind::term  ? term->holds(e)
               : what == kind::all ? std::all_of(inner.begin(), inner.end(), inside)
                                   : std::any_of(inner.begin(), inner.end(), inside);
    }
    // Of a line, or of many records (record_summary).
    template <class Seen>
    [[nodiscard]] bool may_hold(Seen const& seen) const {
        const auto inside = [&](query_tree const& t) { return t.may_hold(seen); };
        return what == kind::term  ? term->may_hold(seen)
               : what == kind::all ? std::all_of(inner.begin(), inner.end(), inside)
                                   : std::any_of(inner.begin(), inner.end(), inside);
    }
};

// A word without its quotes, or a parenthesis. From the byte `quoted_at` on it is meant as it is.
struct query_token {
    enum class kind : std::uint8_t { word, open, close };
    kind what = kind::word;
    std::string text;
    std::size_t quoted_at = std::string::npos, position = 0;

    [[nodiscard]] bool is_plain(std::string_view word) const noexcept {
        return what == kind::word && quoted_at == std::string::npos && text == word;
    }
    [[nodiscard]] bool is_in() const noexcept { return is_plain("in") || is_plain("IN"); }
};

// "filter 'a=1 or', character 7: …"; `position` in bytes.
[[nodiscard]] inline query_error error_at(std::string const& expression, std::size_t position,
                                          std::string const& what) {
    const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    const auto characters = std::count_if(
        expression.begin(), expression.begin() + static_cast<std::ptrdiff_t>(std::min(position, expression.size())),
        is_first_byte);
    return {"filter '" + expression + "', character " + std::to_string(characters + 1) + ": " + what, expression,
            position};
}

class query_tokens {
  public:
    // An expression. Throws query_error.
    [[nodiscard]] static query_tokens of_string(std::string_view text) {
        query_tokens made;
        made.expression_ = text;
        made.take(text, 0);
        return made;
    }
    // The words of a command line, whose quotes the shell has taken: each is one word, blanks and all, but for those
    // which begin with "(" or are `key in (…)`: these are expressions. Throws query_error.
    [[nodiscard]] static query_tokens of_words(std::span<const std::string> words) {
        query_tokens made;
        for (std::string const& word : words) {
            if (!made.expression_.empty()) made.expression_ += ' ';
            const std::size_t position = made.expression_.size();
            made.expression_ += word;
            if (is_expression(word))
                made.take(word, position);
            else if (word == ")")
                made.all_.push_back({query_token::kind::close, ")", std::string::npos, position});
            else
                made.all_.push_back({query_token::kind::word, word, std::string::npos, position});
        }
        return made;
    }
    [[nodiscard]] std::span<const query_token> all() const noexcept { return all_; }
    [[nodiscard]] std::string const& expression() const noexcept { return expression_; }

  private:
    [[nodiscard]] static bool is_expression(std::string_view word) noexcept {
        if (word.starts_with('(')) return true;
        const std::size_t in = std::min(word.find(" in ("), word.find(" in("));
        std::string_view key = word.substr(0, in);
        if (key.ends_with(" not")) key.remove_suffix(4);
        return in != word.npos && key.find_first_of(" \"'=<>~!") == word.npos && word.ends_with(')');
    }
    // Quotes make one word of several, a backslash takes what follows as it is. A parenthesis that was opened within a
    // word belongs to it. Behind "in (" commas part words, too.
    void take(std::string_view text, std::size_t position) {
        std::size_t depth = 0, quote_at = 0;
        bool is_inside = false, is_list = false;
        char quote = '\0';
        const auto add_as_it_is = [&](char c) {
            query_token& word = all_.back();
            word.quoted_at = std::min(word.quoted_at, word.text.size());
            word.text += c;
        };
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
            if (quote != '\0') {
                if (c == quote)
                    quote = '\0';
                else
                    add_as_it_is(c == '\\' && i + 1 < text.size() ? text[++i] : c);
                continue;
            }
            if (is_blank || (is_list && c == ',')) {
                is_inside = false;
                continue;
            }
            if (is_inside && c == '(' && all_.back().is_in()) is_inside = false;
            if (!is_inside && (c == '(' || c == ')')) {
                is_list = c == '(' && !all_.empty() && all_.back().is_in();
                all_.push_back({c == '(' ? query_token::kind::open : query_token::kind::close, std::string(1, c),
                                std::string::npos, position + i});
                continue;
            }
            if (is_inside && c == ')' && depth == 0) {
                is_inside = false;
                --i;
                continue;
            }
            if (!is_inside) {
                all_.push_back({query_token::kind::word, {}, std::string::npos, position + i});
                is_inside = true;
                depth = 0;
            }
            if (c == '"' || c == '\'') {
                quote = c;
                quote_at = i;
                all_.back().quoted_at = std::min(all_.back().quoted_at, all_.back().text.size());
            } else if (c == '\\' && i + 1 < text.size()) {
                add_as_it_is(text[++i]);
            } else {
                if (c == '(') ++depth;
                if (c == ')') --depth;
                all_.back().text += c;
            }
        }
        if (quote != '\0') throw error_at(expression_, position + quote_at, "the quote has no end");
    }

    std::string expression_;
    std::vector<query_token> all_;
};

class query_parser {
  public:
    explicit query_parser(query_tokens const& tokens) : tokens_(tokens.all()), expression_(tokens.expression()) {}

    // Nothing: all records. Throws query_error.
    [[nodiscard]] query_tree parse() {
        query_tree tree;
        tree.what = query_tree::kind::all;
        if (tokens_.empty()) return tree;
        tree = either();
        if (at_ != tokens_.size()) fail("')' closes nothing", here());
        return tree;
    }

  private:
    [[noreturn]] void fail(std::string const& what, std::size_t position) const {
        throw error_at(expression_, position, what);
    }
    [[nodiscard]] std::size_t here() const noexcept {
        return at_ < tokens_.size() ? tokens_[at_].position : expression_.size();
    }
    [[nodiscard]] bool is_at(query_token::kind what) const noexcept {
        return at_ < tokens_.size() && tokens_[at_].what == what;
    }
    // An operator, in small letters or capitals, or as other languages write it.
    struct operator_word {
        std::string_view lower, upper, symbol;
    };
    static constexpr operator_word and_word{"and", "AND", "&&"}, or_word{"or", "OR", "||"},
        not_word{"not", "NOT", "not"};
    [[nodiscard]] bool is_at(operator_word const& word) const noexcept {
        return at_ < tokens_.size() && (tokens_[at_].is_plain(word.lower) || tokens_[at_].is_plain(word.upper) ||
                                        tokens_[at_].is_plain(word.symbol));
    }

    [[nodiscard]] query_tree either() { return several(query_tree::kind::any); }
    [[nodiscard]] query_tree all() { return several(query_tree::kind::all); }
    // One, or a tree of them.
    [[nodiscard]] query_tree several(query_tree::kind what) {
        const bool is_any = what == query_tree::kind::any;
        query_tree tree;
        tree.what = what;
        do tree.inner.push_back(is_any ? all() : one());
        while (is_any ? take(or_word) : goes_on());
        if (tree.inner.size() > 1) return tree;
        query_tree only = std::move(tree.inner.front());
        return only;
    }
    [[nodiscard]] bool take(operator_word const& word) {
        if (!is_at(word)) return false;
        ++at_;
        return true;
    }
    [[nodiscard]] bool goes_on() {
        if (take(and_word)) return true;
        return at_ < tokens_.size() && !is_at(query_token::kind::close) && !is_at(or_word);
    }
    [[nodiscard]] query_tree one() {
        if (++depth_ > most_depth) fail("this nests deeper than 100 levels", here());
        query_tree tree = one_inside();
        --depth_;
        return tree;
    }
    [[nodiscard]] query_tree one_inside() {
        if (take(not_word)) {
            query_tree tree = one();
            tree.negate();
            return tree;
        }
        if (is_at(query_token::kind::open)) {
            const std::size_t opened = here();
            ++at_;
            query_tree tree = either();
            if (!is_at(query_token::kind::close)) fail("the '(' is not closed", opened);
            ++at_;
            return tree;
        }
        if (!is_at(query_token::kind::word) || is_at(or_word) || is_at(and_word))
            fail(std::string("a filter is expected") + (at_ == 0 ? "" : " behind '" + tokens_[at_ - 1].text + "'"),
                 here());
        query_tree tree;
        tree.term = term();
        return tree;
    }

    struct sign {
        std::string_view text;
        relation how;
        bool is_negated;
    };
    static constexpr std::array<sign, 10> signs{{{"!=", relation::equals, true},
                                                 {"==", relation::equals, false},
                                                 {"=~", relation::matches, false},
                                                 {"!~", relation::matches, true},
                                                 {">=", relation::at_least, false},
                                                 {"<=", relation::at_most, false},
                                                 {"=", relation::equals, false},
                                                 {"~", relation::matches, false},
                                                 {">", relation::more, false},
                                                 {"<", relation::less, false}}};
    [[nodiscard]] static bool is_key(std::string_view text) noexcept {
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (c == '[' && text.substr(i).starts_with("[]"))
                ++i;
            else if (static_cast<unsigned char>(c) < 0x80 && fold_case(c) == c && !(c >= 'a' && c <= 'z') &&
                     !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.' && c != '@' && c != '/')
                return false;
        }
        return !text.empty() && text.front() != '[';
    }

    [[nodiscard]] query_term term() {
        query_token const& word = tokens_[at_++];
        // `key >= value`, apart
        if (word.quoted_at == std::string::npos && is_key(word.text) && is_at(query_token::kind::word)) {
            query_token const& next = tokens_[at_];
            const auto alone =
                std::find_if(signs.begin(), signs.end(), [&](sign const& s) { return next.is_plain(s.text); });
            if (alone != signs.end()) {
                ++at_;
                if (!is_at(query_token::kind::word)) fail("a value is expected behind '" + next.text + "'", here());
                query_token const& value = tokens_[at_++];
                return compare(word.text, *alone, value.text, value.position);
            }
            const bool is_negated = is_at(not_word);
            const std::size_t in = at_ + (is_negated ? 1 : 0);
            if (in + 1 < tokens_.size() && tokens_[in].is_in() && tokens_[in + 1].what == query_token::kind::open) {
                at_ = in;
                query_term made = one_of(word);
                if (is_negated) made.negate();
                return made;
            }
        }
        const std::string_view plain = std::string_view(word.text).substr(0, word.quoted_at);
        const std::size_t at = plain.find_first_of("=!~<>");
        if (at != plain.npos && is_key(plain.substr(0, at)))
            for (sign const& s : signs)
                if (plain.substr(at).starts_with(s.text)) {
                    const std::size_t value_at = at + s.text.size();
                    const std::string_view rest = plain.substr(value_at);
                    if (s.text == "=" && (rest.starts_with('>') || rest.starts_with('<')))
                        fail("'=" + std::string(1, rest.front()) + "' is no sign; '" + rest.front() + "=' is",
                             word.position + at);
                    return compare(plain.substr(0, at), s, word.text.substr(value_at), word.position + value_at);
                }
        for (sign const& s : signs)
            if (at == 0 && plain.starts_with(s.text) &&
                (plain == s.text || json_view(plain.substr(s.text.size())).number()))
                fail("a key is expected before '" + word.text + "'", word.position);
        if (plain.size() == word.text.size() && plain.ends_with('?') && is_key(plain.substr(0, plain.size() - 1)))
            return query_term::of_key(plain.substr(0, plain.size() - 1), relation::exists, {""});
        return query_term::of_text(word.text);
    }
    [[nodiscard]] query_term compare(std::string_view key, sign const& s, std::string value,
                                     std::size_t position) const {
        try {
            query_term made = query_term::of_key(key, s.how, {std::move(value)});
            if (s.is_negated) made.negate();
            return made;
        } catch (query_error const&) {
            throw;
        } catch (std::invalid_argument const& error) {
            fail(error.what(), position);
        }
    }
    // Behind the key: in ( value, value )
    [[nodiscard]] query_term one_of(query_token const& key) {
        const std::size_t opened = tokens_[at_ + 1].position;
        std::vector<std::string> values;
        for (at_ += 2; is_at(query_token::kind::word); ++at_) values.push_back(tokens_[at_].text);
        if (!is_at(query_token::kind::close)) fail("the '(' is not closed", opened);
        if (values.empty()) fail("a value is expected", here());
        ++at_;
        return query_term::of_key(key.text, relation::equals, std::move(values));
    }

    static constexpr int most_depth = 100;
    std::span<const query_token> tokens_;
    std::string const& expression_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace logkit::detail
