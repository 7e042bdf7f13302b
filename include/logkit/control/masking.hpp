// SPDX-License-Identifier: MIT
#pragma once

// What traced spans write of URLs and SQL: their shape, without what people put into them. Stage: control, as
// it follows the redaction policy in force.

#include <string>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/context/traced.hpp>

namespace logkit::detail {

[[nodiscard]] inline bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Does the policy hide a parameter or header of that name, or what services are known to sign requests with?
// A name may be percent-encoded, and have parts: user[password].
[[nodiscard]] inline bool is_secret_name(std::string_view name) {
    std::string part;
    const auto is_hidden = [&part] {
        for (const std::string_view known :
             {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token",
              "x-csrf-token", "x-vault-token", "x-amz-signature", "x-amz-security-token", "x-goog-signature", "sig",
              "signature"})
            if (part == known) return true;
        return !part.empty() && visibility_of({}, part) != visibility::shown;
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
        char c = name[i];
        if (c == '%' && i + 2 < name.size()) {
            if (const auto code = parse_hex(name.substr(i + 1, 2), true)) {
                c = static_cast<char>(*code);
                i += 2;
            }
        }
        if (c == '[' || c == ']' || c == '.') {
            if (is_hidden()) return true;
            part.clear();
        } else {
            part += fold_case(c);
        }
    }
    return is_hidden();
}

// Where what names the user ends in a URL, with its @; 0: nobody is named. A password may hold anything, so this
// rather takes too much.
[[nodiscard]] inline std::size_t end_of_user(std::string_view url) noexcept {
    const std::size_t slashes = url.find("//");
    const std::size_t begin = slashes == std::string_view::npos ? 0 : slashes + 2;
    const std::size_t last = url.rfind('@');
    if (last == std::string_view::npos || last < begin) return 0;
    const std::size_t colon = url.find(':', begin);
    if (colon < last) {
        std::size_t end = colon + 1;
        while (is_digit(url[end])) ++end;
        const bool is_port = end > colon + 1 && (url[end] == '/' || url[end] == '?' || url[end] == '#');
        if (!is_port) return last + 1;
    }
    const std::size_t at = url.substr(0, url.find_first_of("/?#", begin)).rfind('@');
    return at == std::string_view::npos || at < begin ? 0 : at + 1;
}

LOGKIT_DOOR std::string masked_parameters(std::string_view text) noexcept try {
    std::string masked;
    for (;;) {
        const std::size_t end = text.find_first_of("&;");
        const std::string_view parameter = text.substr(0, end);
        const std::size_t equals = parameter.find('=');
        const std::string_view name = parameter.substr(0, equals);
        masked += name;
        if (equals != std::string_view::npos)
            masked.append(is_secret_name(name) ? std::string_view("=***") : parameter.substr(equals));
        if (end == std::string_view::npos) return masked;
        masked += text[end];
        text.remove_prefix(end + 1);
    }
} catch (...) {
    return {};
}

LOGKIT_DOOR std::string masked_url(std::string_view url) noexcept try {
    std::string masked;
    if (const std::size_t end = end_of_user(url); end != 0) {
        const std::size_t slashes = url.find("//");
        if (slashes != std::string_view::npos && slashes < end) masked += url.substr(0, slashes + 2);
        masked += "***@";
        url.remove_prefix(end);
    }
    url = url.substr(0, url.find('#'));  // the fragment is the client's own affair, and may hold tokens
    const std::size_t question = url.find('?');
    masked += url.substr(0, question);
    if (question == std::string_view::npos) return masked;
    return masked.append("?").append(masked_parameters(url.substr(question + 1)));
} catch (...) {
    return {};
}

LOGKIT_DOOR std::string masked_header(std::string_view name, std::string_view value) noexcept try {
    return is_secret_name(name) ? std::string("***") : std::string(value);
} catch (...) {
    return {};
}

// SQL's lexical rules, as far as literals go, read from left to right. Dialects differ; where one would read a
// literal and another does not, it is one.
class sql_masker {
  public:
    explicit sql_masker(std::string_view sql) noexcept : sql_(sql) {}

    [[nodiscard]] std::string mask() {
        while (at_ < sql_.size()) step();
        return std::move(masked_);
    }

  private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
    }
    [[nodiscard]] bool starts_with(std::string_view text) const noexcept { return sql_.substr(at_).starts_with(text); }
    void skip_past(std::string_view text) noexcept {
        const std::size_t found = sql_.find(text, at_);
        at_ = found == std::string_view::npos ? sql_.size() : found + text.size();
    }

    void step() {
        const char c = peek();
        if (starts_with("--") || (c == '#' && peek(1) != '>')) return skip_line();
        if (starts_with("/*")) return skip_comment();
        if (c == '\'') return skip_quoted(c, false);
        if (c == '"') return is_identifier() ? copy_identifier(c) : skip_quoted(c, false);
        if (c == '`' || (c == '[' && is_bracketed_name())) return copy_identifier(c == '[' ? ']' : c);
        if (c == '$' && !is_digit(peek(1)) && skip_dollar_quoted()) return;
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return skip_number();
        if (is_word(c)) return copy_word();
        masked_ += c;
        ++at_;
    }

    void skip_line() {
        skip_past("\n");
        masked_ += ' ';
    }
    // PostgreSQL's nest.
    void skip_comment() {
        std::size_t depth = 0;
        do {
            if (starts_with("/*")) {
                ++depth;
                at_ += 2;
            } else if (starts_with("*/")) {
                --depth;
                at_ += 2;
            } else {
                ++at_;
            }
        } while (depth != 0 && at_ < sql_.size());
        masked_ += ' ';
    }
    // A doubled quote stays inside. A backslash in front of one is an escape for some and none for others: then
    // nobody knows where the literal ends, and all the rest counts as part of it.
    void skip_quoted(char quote, bool has_escapes) {
        masked_ += '?';
        for (++at_; at_ < sql_.size(); ++at_) {
            if (peek() == '\\') {
                if (peek(1) == quote && !has_escapes) at_ = sql_.size();
                ++at_;
            } else if (peek() == quote) {
                if (peek(1) != quote) break;
                ++at_;
            }
        }
        ++at_;
    }
    // The standard writes names in double quotes, MySQL and SQLite text: a name only where just a name can stand.
    [[nodiscard]] bool is_identifier() const {
        const std::size_t end = sql_.find('"', at_ + 1);
        if (end == std::string_view::npos || end == at_ + 1) return false;
        for (const char c : sql_.substr(at_ + 1, end - at_ - 1))
            if (!is_word(c)) return false;
        const bool is_qualified = (end + 1 < sql_.size() && sql_[end + 1] == '.') || masked_.ends_with('.');
        if (is_qualified) return true;
        const std::size_t last = masked_.find_last_not_of(" \t\r\n");
        if (last == std::string::npos) return false;
        std::size_t begin = last + 1;
        while (begin != 0 && is_word(masked_[begin - 1])) --begin;
        const std::string word = lowered(std::string_view(masked_).substr(begin, last + 1 - begin));
        for (const std::string_view before_a_name :
             {"select", "distinct", "from", "join", "into", "update", "table", "as", "where", "on", "index", "view"})
            if (word == before_a_name) return true;
        return false;
    }
    // Transact-SQL's names; elsewhere, what follows a word in brackets is a subscript or an array.
    [[nodiscard]] bool is_bracketed_name() const noexcept {
        if (!masked_.empty() && (is_word(masked_.back()) || masked_.back() == ')' || masked_.back() == ']'))
            return false;
        const std::size_t end = sql_.find(']', at_);
        if (end == std::string_view::npos || end == at_ + 1 || is_digit(peek(1))) return false;
        for (const char c : sql_.substr(at_ + 1, end - at_ - 1))
            if (!is_word(c) && c != ' ') return false;
        return true;
    }
    void copy_identifier(char end) {
        const std::size_t begin = at_++;
        const std::size_t found = sql_.find(end, at_);
        at_ = found == std::string_view::npos ? sql_.size() : found + 1;
        masked_ += sql_.substr(begin, at_ - begin);
    }
    // $tag$ … $tag$ of PostgreSQL.
    [[nodiscard]] bool skip_dollar_quoted() {
        std::size_t end = at_ + 1;
        while (end < sql_.size() && sql_[end] != '$' && is_word(sql_[end])) ++end;
        if (end >= sql_.size() || sql_[end] != '$') return false;
        const std::string_view tag = sql_.substr(at_, end + 1 - at_);
        at_ = end + 1;
        skip_past(tag);
        masked_ += '?';
        return true;
    }
    void skip_number() {
        while (is_word(peek()) || peek() == '.' ||
               ((peek() == '+' || peek() == '-') && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E')))
            ++at_;
        masked_ += '?';
    }
    // A keyword or a name; N'…', E'…' and X'…' are literals with a letter in front; $1 is a parameter.
    void copy_word() {
        const std::size_t begin = at_;
        while (is_word(peek())) ++at_;
        if (peek() == '\'' && at_ - begin <= 2) return skip_quoted('\'', fold_case(sql_[begin]) == 'e');
        masked_ += sql_.substr(begin, at_ - begin);
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::string masked_{};
};

LOGKIT_DOOR std::string masked_sql(std::string_view sql) noexcept try { return sql_masker(sql).mask(); } catch (...) {
    return {};
}

}  // namespace logkit::detail
