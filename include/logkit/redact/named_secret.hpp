// SPDX-License-Identifier: MIT
#pragma once

// A secret that its name tells: password=…, "token": "…", \"secret\":\"…\", Cookie: …, <pwd>…</pwd>, --api-key …,
// and the same percent-encoded. Stage: redact.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/hex.hpp>
#include <logkit/redact/telling_keys.hpp>
#include <logkit/redact/text_span.hpp>

namespace logkit::detail {

// Names of the program's own, beside those that all know.
class own_names {
  public:
    void add(std::string_view name) { names_.emplace_back(name); }
    [[nodiscard]] std::vector<std::string> const& all() const noexcept { return names_; }
    [[nodiscard]] bool has(std::string_view name) const noexcept {
        return std::any_of(names_.begin(), names_.end(), [name](std::string const& own) {
            const std::size_t begin = folded_end(name, own);
            return begin == 0 || (begin != std::string_view::npos && name[begin - 1] == '.');
        });
    }

  private:
    std::vector<std::string> names_{};
};

class named_secret {
  public:
    named_secret(std::string_view text, own_names const& own) noexcept : text_(text), own_(own) {}

    // Where the name ends that has something at `place` behind it, with blanks between.
    [[nodiscard]] static std::size_t end_of_name(std::string_view text, std::size_t place) noexcept {
        std::size_t end = place;
        while (end != 0 && place - end < most_blanks && is_gap(text[end - 1])) --end;
        return end;
    }

    // `place` is the first byte behind the name: a separator, the quote that ends the name, or an escape of one; or it
    // is a separator with one blank before it.
    [[nodiscard]] maybe_span at(std::size_t place) noexcept {
        const std::size_t name_end = end_of_name(text_, place);
        take_name(name_end);
        if (!is_told() && !is_told_with_words_before(name_end)) return std::nullopt;
        at_ = place;
        if (text_[place] == '>') return is_tag_ ? in_tag() : std::nullopt;
        is_quoted_ = skip_quote();
        skip_index();
        skip_blanks();
        if (!take_separator()) return std::nullopt;
        const std::size_t before_blanks = at_;
        skip_blanks();
        is_prose_ = is_colon_ && !is_quoted_ && at_ != before_blanks;
        return value();
    }

    // `place` is the first letter behind "--".
    [[nodiscard]] maybe_span option_at(std::size_t place) noexcept {
        if (!is_word_begin(text_, place - 2)) return std::nullopt;
        at_ = place;
        while (at_ < text_.size() && at_ - place < longest_name && (is_alphanumeric(text_[at_]) || text_[at_] == '-'))
            ++at_;
        if (!is_gap(at_or_zero(text_, at_))) return std::nullopt;
        name_ = text_.substr(place, at_ - place);
        if (!is_told()) return std::nullopt;
        skip_blanks();
        if (at_or_zero(text_, at_) == '-') return std::nullopt;
        is_prose_ = true;
        return value();
    }

  private:
    static constexpr std::size_t longest_name = 64, most_blanks = 64, npos = std::string_view::npos;
    static constexpr byte_set name_bytes{"0-9A-Za-z_.$[-"};

    [[nodiscard]] static bool is_gap(char c) noexcept { return c == ' ' || c == '\t'; }

    void take_name(std::size_t end) noexcept {
        std::size_t begin = end;
        while (begin != 0 && end - begin < longest_name && name_bytes.has(text_[begin - 1])) --begin;
        // What looks like a part of it may be the end of an escape: "%26password", "\npassword", a terminal's colour.
        std::size_t escape = begin;
        while (escape < end && end - escape > 2 && !is_behind_escape(text_, escape)) ++escape;
        const bool is_escaped = end - escape > 2 && is_behind_escape(text_, escape);
        if (is_escaped) begin = escape;
        name_ = text_.substr(begin, end - begin);
        const char before = begin == 0 ? '\0' : text_[begin - 1];
        is_tag_ = before == '<' || (before == ':' && is_prefix_of_tag(begin - 1));
        const auto is_behind = [&](std::string_view what) {
            return begin >= what.size() && is_folded_at(text_, begin - what.size(), what);
        };
        is_in_query_ = before == '?' || before == '&' || is_behind("&amp;") || is_behind("%26") || is_behind("%3f") ||
                       is_behind("u0026");
    }
    [[nodiscard]] bool is_prefix_of_tag(std::size_t at) const noexcept {
        const std::size_t end = at;
        while (at != 0 && end - at < 16 && is_alphanumeric(text_[at - 1])) --at;
        return at != 0 && at != end && text_[at - 1] == '<';
    }
    [[nodiscard]] bool is_told() noexcept {
        if (name_.size() < 2) return false;
        known_ = find_telling(name_, is_in_query_);
        return known_ != nullptr || own_.has(name_);
    }
    // "API key", "Secret Access Key".
    [[nodiscard]] bool is_told_with_words_before(std::size_t end) noexcept {
        std::size_t begin = end - name_.size();
        for (int words = 0; words < 2 && begin != 0 && text_[begin - 1] == ' '; ++words) {
            --begin;
            while (begin != 0 && end - begin < longest_name && name_bytes.has(text_[begin - 1])) --begin;
            name_ = text_.substr(begin, end - begin);
            known_ = find_telling(name_);
            if (known_ != nullptr) return true;
        }
        return false;
    }

    // A character, or what stands for it in a URL.
    struct unit {
        char what;
        std::size_t size;
    };
    [[nodiscard]] unit unit_at(std::size_t at) const noexcept {
        const char c = at_or_zero(text_, at);
        if (c != '%' || at + 2 >= text_.size()) return {c, 1};
        const auto code = parse_hex(text_.substr(at + 1, 2), true);
        return code.has_value() ? unit{static_cast<char>(*code), 3} : unit{c, 1};
    }
    [[nodiscard]] static bool is_quote(char c) noexcept { return c == '"' || c == '\'' || c == '`'; }

    // A quote with its backslashes; it begins or ends what it stands at. False: there is none.
    [[nodiscard]] bool skip_quote() noexcept {
        std::size_t at = at_;
        while (at_or_zero(text_, at) == '\\') ++at;
        const unit u = unit_at(at);
        if (!is_quote(u.what)) return false;
        quote_ = text_.substr(at_, at + u.size - at_);
        at_ = at + u.size;
        return true;
    }
    void skip_blanks() noexcept {
        for (std::size_t n = 0; n < most_blanks; ++n) {
            const unit u = unit_at(at_);
            if (at_ >= text_.size() || !is_gap(u.what)) return;
            at_ += u.size;
        }
    }
    // "]" behind a name in brackets, "[0]" behind one without.
    void skip_index() noexcept {
        std::size_t at = at_;
        if (unit_at(at).what == '[') at += unit_at(at).size;
        while (is_digit(at_or_zero(text_, at)) && at - at_ < 8) ++at;
        if (unit_at(at).what == ']') at_ = at + unit_at(at).size;
    }
    [[nodiscard]] bool take_separator() noexcept {
        if (at_ >= text_.size()) return false;
        const unit u = unit_at(at_);
        if (u.what != '=' && u.what != ':') return false;
        is_percent_ = u.size == 3;
        is_colon_ = u.what == ':';
        at_ += u.size;
        const char next = at_or_zero(text_, at_);
        if (is_colon_ && next == ':') return false;  // a::b
        if (next == '>' || next == '=') {            // => == :=
            is_colon_ = false;
            ++at_;
        }
        return true;
    }

    [[nodiscard]] maybe_span in_tag() const noexcept {
        const std::size_t begin = at_ + 1, end = text_.find('<', begin);
        return worth_hiding({begin, end == npos ? text_.size() : end});
    }
    [[nodiscard]] maybe_span value() noexcept {
        skip_wrapping();
        if (at_ >= text_.size()) return std::nullopt;
        if (skip_quote()) return worth_hiding({at_, quoted_end()});
        const char c = text_[at_];
        if ((c == '{' || c == '[') && !is_prose_)
            return worth_hiding({at_, container_end(), is_quoted_ && quote_ == "\"" && is_colon_});
        if (is_called("authorization")) return credentials();
        if (is_called("cookie")) return cookies();
        text_span plain{at_, plain_end(at_), is_quoted_ && quote_ == "\"" && is_colon_};
        if (const maybe_span second = behind_scheme(plain)) return worth_hiding(*second);
        if (is_digit(c) && (is_called("card_number") || is_called("credit_card") || is_called("ssn")))
            plain.end = std::max(plain.end, end_of_groups());
        // "unexpected token: x", "credentials: permission denied" are no secrets; a password may be any word.
        const bool is_weak =
            is_prose_ || (known_ != nullptr && known_->how == tells::by_itself && is_colon_ && !is_quoted_);
        if (is_weak && !is_any_word() && !looks_random(text_.substr(plain.begin, plain.end - plain.begin)))
            return std::nullopt;
        return worth_hiding(plain);
    }
    // u'…', b"…", N'…', Some("…").
    void skip_wrapping() noexcept {
        std::size_t at = at_;
        while (is_letter(at_or_zero(text_, at)) && at - at_ < 16) ++at;
        const bool is_call = at_or_zero(text_, at) == '(';
        if (is_call) ++at;
        if (is_quote(at_or_zero(text_, at)) && (is_call || at - at_ <= 2)) at_ = at;
    }
    [[nodiscard]] bool is_any_word() const noexcept {
        static constexpr std::string_view names[] = {"password",   "passwd",      "pgpassword", "pwd",
                                                     "passphrase", "cvv",         "cvc",        "cvv2",
                                                     "ssn",        "credit_card", "card_number"};
        return known_ == nullptr || is_one_of(known_->name, names);  // null: the program's own
    }
    // "Bearer abc": what is behind the scheme.
    [[nodiscard]] maybe_span behind_scheme(text_span first) noexcept {
        const std::string_view scheme = text_.substr(first.begin, first.end - first.begin);
        static constexpr std::string_view schemes[] = {"bearer", "basic", "token", "apikey"};
        if (!is_one_of(scheme, schemes) || !is_gap(at_or_zero(text_, first.end))) return std::nullopt;
        at_ = first.end;
        skip_blanks();
        return text_span{at_, plain_end(at_)};
    }
    [[nodiscard]] bool is_called(std::string_view name) const noexcept {
        return known_ != nullptr && known_->name == name;
    }

    // Where the quote comes again, with as many backslashes. What does not end goes to the end of the text.
    [[nodiscard]] std::size_t quoted_end() const noexcept {
        const std::size_t slashes = quote_.find_first_not_of('\\');
        for (std::size_t at = at_; at < text_.size(); ++at) {
            if (text_[at] != quote_[slashes]) continue;
            if (quote_[slashes] == '%' && text_.substr(at, 3) != quote_.substr(slashes)) continue;
            std::size_t before = 0;
            while (before < at - at_ && text_[at - 1 - before] == '\\') ++before;
            const bool is_end = slashes == 0 ? before % 2 == 0 : before <= slashes;
            if (is_end) return at - before * (slashes != 0 ? 1 : 0);
        }
        return text_.size();
    }
    [[nodiscard]] std::size_t container_end() const noexcept {
        std::size_t depth = 0;
        bool is_in_text = false;
        for (std::size_t at = at_; at < text_.size(); ++at) {
            const char c = text_[at];
            if (c == '\\' && quote_.size() == 1) {
                ++at;
            } else if (c == '"') {
                is_in_text = !is_in_text;
            } else if (!is_in_text && (c == '{' || c == '[')) {
                ++depth;
            } else if (!is_in_text && (c == '}' || c == ']') && --depth == 0) {
                return at + 1;
            }
        }
        return text_.size();
    }
    // Up to a blank, or what in lists, queries and sentences stands behind a value. A ',' or a bracket may be part of a
    // password, if it goes on behind it.
    [[nodiscard]] std::size_t plain_end(std::size_t at) const noexcept {
        for (; at < text_.size(); ++at) {
            const char c = text_[at];
            if (static_cast<unsigned char>(c) <= ' ' || is_quote(c) || c == '<' || c == '>') break;
            if ((c == '&' || c == ';') && !is_prose_) break;
            if (c == '\\' && is_quote(at_or_zero(text_, at + 1))) break;
            if (c == '%' && is_percent_ && ends_encoded(unit_at(at).what)) break;
            if ((c == ',' || c == ')' || c == ']' || c == '}') && ends_item(at + 1)) break;
        }
        return at;
    }
    [[nodiscard]] static bool ends_encoded(char c) noexcept {
        return static_cast<unsigned char>(c) <= ' ' || is_quote(c) || c == '&' || c == ';' || c == ',' || c == '}';
    }
    [[nodiscard]] bool ends_item(std::size_t at) const noexcept {
        const char next = at_or_zero(text_, at);
        if (static_cast<unsigned char>(next) <= ' ' || is_quote(next) || next == '\\' || next == ',' || next == ')' ||
            next == ']' || next == '}' || next == ';' || next == '.')
            return true;
        std::size_t end = at;
        while (end < text_.size() && end - at < longest_name && name_bytes.has(text_[end])) ++end;
        return end != at && (at_or_zero(text_, end) == '=' || at_or_zero(text_, end) == ':');
    }
    [[nodiscard]] std::size_t end_of_groups() const noexcept {
        std::size_t end = at_, last = at_;
        for (; end < text_.size() && card_bytes.has(text_[end]); ++end)
            if (is_digit(text_[end])) last = end + 1;
        return last;
    }

    // A scheme and what it is for: "Bearer abc", 'Digest username="ada", response="…"'. What is no credentials is
    // prose.
    [[nodiscard]] maybe_span credentials() noexcept {
        const text_span first{at_, plain_end(at_)};
        if (!is_gap(at_or_zero(text_, first.end)) || !is_letter(at_or_zero(text_, first.begin)))
            return looks_random(text_.substr(first.begin, first.end - first.begin)) || !is_colon_ ? worth_hiding(first)
                                                                                                  : std::nullopt;
        const std::string_view scheme = text_.substr(first.begin, first.end - first.begin);
        at_ = first.end;
        skip_blanks();
        const text_span second{at_, plain_end(at_)};
        const std::string_view proof = text_.substr(second.begin, second.end - second.begin);
        const std::size_t equals = proof.find('=');
        const bool is_padding =
            equals != npos && proof.find_first_not_of('=', equals) == npos && !is_quote(at_or_zero(text_, second.end));
        if (equals != npos && !is_padding)  // a list of parameters
            return text_span{first.begin, header_end()};
        static constexpr std::string_view schemes[] = {
            "bearer",    "basic",       "token",  "apikey", "api-key", "negotiate", "ntlm",     "bot", "key",
            "sharedkey", "googlelogin", "splunk", "dpop",   "custom",  "ssws",      "geniekey", "aws"};
        if (is_one_of(scheme, schemes) || looks_random(proof)) return worth_hiding(second);
        return looks_random(scheme) ? worth_hiding(first) : std::nullopt;
    }
    // name=value; name=value. "cookie: none" is prose.
    [[nodiscard]] maybe_span cookies() const noexcept {
        constexpr std::size_t longest_cookie_name = 256;
        std::size_t end = at_;
        while (end < text_.size() && end - at_ < longest_cookie_name && text_[end] != '=' &&
               static_cast<unsigned char>(text_[end]) > ' ')
            ++end;
        if (at_or_zero(text_, end) != '=' && is_colon_) return std::nullopt;
        return worth_hiding({at_, header_end()});
    }
    // The end of the line, or the quote that was before the name.
    [[nodiscard]] std::size_t header_end() const noexcept {
        const std::size_t begin = static_cast<std::size_t>(name_.data() - text_.data());
        const char before = begin == 0 ? '\0' : text_[begin - 1];
        for (std::size_t at = at_; at < text_.size(); ++at) {
            const char c = text_[at];
            if (c == '\r' || c == '\n' || (is_quote(before) && c == before)) return at;
        }
        return text_.size();
    }

    // Not where there is nothing, or where it has been hidden already.
    [[nodiscard]] maybe_span worth_hiding(text_span span) const noexcept {
        if (span.end <= span.begin) return std::nullopt;
        const std::string_view value = text_.substr(span.begin, span.end - span.begin);
        if (value.find_first_not_of('*') == npos || value.starts_with("***:")) return std::nullopt;
        static constexpr std::string_view nothings[] = {
            "null",     "nil",      "none",        "true",       "false",      "undefined",
            "(null)",   "<nil>",    "<null>",      "[redacted]", "<redacted>", "[filtered]",
            "[masked]", "[hidden]", "[protected]", "?",          "$1",         "$2"};
        constexpr std::size_t longest_nothing = 11;
        if (value.size() <= longest_nothing && is_one_of(value, nothings)) return std::nullopt;
        static constexpr std::string_view placeholders[] = {"(known after", "(sensitive", "{{", "${"};
        if (!is_alphanumeric(value.front()))
            for (const std::string_view placeholder : placeholders)
                if (is_folded_at(text_, span.begin, placeholder)) return std::nullopt;
        if (is_called("pwd") && value.starts_with('/')) return std::nullopt;  // the shell's working directory
        return span;
    }

    std::string_view text_;
    own_names const& own_;
    std::string_view name_{}, quote_{};
    telling_key const* known_ = nullptr;
    std::size_t at_ = 0;
    bool is_tag_ = false, is_in_query_ = false, is_prose_ = false, is_quoted_ = false, is_percent_ = false,
         is_colon_ = false;
};

}  // namespace logkit::detail
