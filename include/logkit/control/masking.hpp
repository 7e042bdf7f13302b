// SPDX-License-Identifier: MIT
#pragma once

// What traced spans write of URLs and SQL: their shape, without what people put into them. Stage: control, as
// it follows the redaction policy in force.

#include <string>
#include <string_view>

#include <logkit/context/traced.hpp>

namespace logkit::detail {

[[nodiscard]] inline bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] inline bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

LOGKIT_DOOR std::string masked_url(std::string_view url) noexcept try {
    std::string masked;
    const std::size_t fragment = url.find('#');  // is the client's own affair, and may hold tokens
    url = url.substr(0, fragment);
    const std::size_t question = url.find('?');
    std::string_view path = url.substr(0, question);
    if (const std::size_t scheme = path.find("://"); scheme != std::string_view::npos) {
        const std::size_t authority = scheme + 3;
        const std::size_t slash = path.find('/', authority);
        const std::size_t at = path.substr(0, slash).rfind('@');
        if (at != std::string_view::npos && at >= authority) {
            masked.append(path.substr(0, authority)).append("***");
            path.remove_prefix(at);
        }
    }
    masked += path;
    if (question == std::string_view::npos) return masked;
    std::string_view query = url.substr(question + 1);
    for (char separator = '?';; separator = '&') {
        const std::size_t end = query.find('&');
        const std::string_view parameter = query.substr(0, end);
        const std::size_t equals = parameter.find('=');
        const std::string_view name = parameter.substr(0, equals);
        masked += separator;
        masked += name;
        if (equals != std::string_view::npos)
            masked.append(is_redacted({}, name) ? std::string_view("=***") : parameter.substr(equals));
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    return masked;
} catch (...) {
    return {};
}

LOGKIT_DOOR std::string masked_header(std::string_view name, std::string_view value) noexcept try {
    std::string lower(name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const std::string_view secret_one : {"authorization", "proxy-authorization", "cookie", "set-cookie",
                                              "x-api-key", "x-auth-token", "x-csrf-token"})
        if (lower == secret_one) return "***";
    return is_redacted({}, lower) ? std::string("***") : std::string(value);
} catch (...) {
    return {};
}

// SQL's lexical rules, as far as literals go, read from left to right.
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
    [[nodiscard]] bool starts_with(std::string_view text) const noexcept {
        return sql_.substr(at_).starts_with(text);
    }
    void skip_past(std::string_view text) noexcept {
        const std::size_t found = sql_.find(text, at_);
        at_ = found == std::string_view::npos ? sql_.size() : found + text.size();
    }

    void step() {
        const char c = peek();
        if (starts_with("--") || (c == '#' && peek(1) != '>')) return skip_comment("\n");
        if (starts_with("/*")) return skip_comment("*/");
        if (c == '\'' || (c == '"' && !is_identifier())) return skip_quoted(c);
        if (c == '"' || c == '`' || c == '[') return copy_identifier(c == '[' ? ']' : c);
        if (c == '$' && !is_digit(peek(1)) && skip_dollar_quoted()) return;
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return skip_number();
        if (is_word(c)) return copy_word();
        masked_ += c;
        ++at_;
    }

    void skip_comment(std::string_view end) {
        skip_past(end);
        masked_ += ' ';
    }
    // '' and \' stay inside.
    void skip_quoted(char quote) {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (peek() == '\\') {
                ++at_;
            } else if (peek() == quote) {
                if (peek(1) != quote) break;
                ++at_;
            }
        }
        ++at_;
        masked_ += '?';
    }
    // MySQL writes text in double quotes, the standard names: what does not look like a name is text.
    [[nodiscard]] bool is_identifier() const noexcept {
        const std::size_t end = sql_.find('"', at_ + 1);
        if (end == std::string_view::npos || end == at_ + 1) return false;
        for (const char c : sql_.substr(at_ + 1, end - at_ - 1))
            if (!is_word(c)) return false;
        // after a comparison or in a list, it is a value
        const std::size_t last = masked_.find_last_not_of(' ');
        return last == std::string::npos || std::string_view("=<>(").find(masked_[last]) == std::string_view::npos;
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
        if (peek() == '\'' && at_ - begin <= 2) return skip_quoted('\'');
        masked_ += sql_.substr(begin, at_ - begin);
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::string masked_;
};

LOGKIT_DOOR std::string masked_sql(std::string_view sql) noexcept try {
    return sql_masker(sql).mask();
} catch (...) {
    return {};
}

}  // namespace logkit::detail
