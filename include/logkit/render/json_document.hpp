// SPDX-License-Identifier: MIT
#pragma once

// JSON of others (raw_json, nlohmann::json) on its way into a record: checked against RFC 8259, put on one
// line, redacted by key, cut at the depth cap. Stage: render; never lets an invalid byte through.

#include <string>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/call/text_door.hpp>

namespace logkit::detail {

class json_document {
  public:
    // `hides` says which members are masked; null: none. The default asks the policy in force.
    using member_test = bool (*)(std::string_view path, std::string_view name);
    json_document(std::string& out, std::string_view json, std::string_view path, unsigned depth,
                  member_test hides = &is_redacted)
        : out_(out), at_(json.data()), end_(json.data() + json.size()), path_(path), depth_(depth), hides_(hides) {}

    json_document(json_document const&) = delete;
    json_document& operator=(json_document const&) = delete;

    // Copies the one value that the text must be.
    [[nodiscard]] bool copy() {
        skip_space();
        if (!value()) return false;
        skip_space();
        return at_ == end_;
    }

  private:
    // A document may be nested deeper than the cap; it is checked all the same, up to here.
    static constexpr unsigned deepest_checked = 1'000;

    void skip_space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }
    [[nodiscard]] bool skip(char expected) noexcept {
        if (at_ == end_ || *at_ != expected) return false;
        ++at_;
        return true;
    }
    void put(std::string_view text) {
        if (muted_ == 0) out_ += text;
    }

    [[nodiscard]] bool value() {
        if (at_ == end_) return false;
        switch (*at_) {
            case '{':
                return container('{', '}');
            case '[':
                return container('[', ']');
            case '"':
                return string(nullptr);
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }

    [[nodiscard]] bool word(std::string_view expected) {
        if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, expected.size()) != expected)
            return false;
        at_ += expected.size();
        put(expected);
        return true;
    }

    [[nodiscard]] bool digits() noexcept {
        const char* start = at_;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
        return at_ != start;
    }
    [[nodiscard]] bool number() {
        const char* start = at_;
        (void)skip('-');
        if (!skip('0') && !digits()) return false;
        if (skip('.') && !digits()) return false;
        if (skip('e') || skip('E')) {
            if (!skip('+')) (void)skip('-');
            if (!digits()) return false;
        }
        put({start, static_cast<std::size_t>(at_ - start)});
        return true;
    }

    // Checks a string and copies it with its UTF-8 repaired. A key's text is wanted as its readers will see it, so
    // that no spelling of it escapes redaction.
    [[nodiscard]] bool string(std::string* text) {
        const char* start = ++at_;
        while (at_ != end_ && *at_ != '"') {
            if (static_cast<unsigned char>(*at_) < 0x20) return false;
            if (*at_++ == '\\' && !escape()) return false;
        }
        if (at_ == end_) return false;
        std::string_view raw(start, static_cast<std::size_t>(at_ - start));
        ++at_;
        if (text != nullptr) *text = unescape_json(raw);
        if (muted_ != 0) return true;
        out_ += '"';
        while (!raw.empty()) out_ += take_utf8(raw);
        out_ += '"';
        return true;
    }
    [[nodiscard]] bool escape() noexcept {
        if (at_ == end_) return false;
        const char c = *at_++;
        if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == end_) return false;
            const char digit = fold_case(*at_);
            if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'))) return false;
        }
        return true;
    }

    [[nodiscard]] bool container(char open, char close) {
        if (depth_ >= deepest_checked) return false;
        const bool is_too_deep = depth_ == deepest_nesting && muted_ == 0;
        if (is_too_deep) put(R"("<nested deeper than 64 levels>")");
        if (is_too_deep) ++muted_;
        ++depth_;
        ++at_;
        put({&open, 1});
        const bool is_valid = members(open == '{', close);
        put({&close, 1});
        --depth_;
        if (is_too_deep) --muted_;
        return is_valid;
    }
    [[nodiscard]] bool members(bool is_object, char close) {
        skip_space();
        if (skip(close)) return true;
        for (;;) {
            skip_space();
            if (!(is_object ? member() : value())) return false;
            skip_space();
            if (skip(close)) return true;
            if (!skip(',')) return false;
            put(",");
        }
    }
    [[nodiscard]] bool member() {
        std::string name;
        if (at_ == end_ || *at_ != '"' || !string(&name)) return false;
        skip_space();
        if (!skip(':')) return false;
        put(":");
        skip_space();
        if (muted_ != 0) return value();
        const bool is_hidden = hides_ != nullptr && hides_(path_, name);
        if (is_hidden) put(R"("***")");
        if (is_hidden) ++muted_;
        const std::size_t outer = path_.size();
        path_ += '.';
        path_ += name;
        const bool is_valid = value();
        path_.resize(outer);
        if (is_hidden) --muted_;
        return is_valid;
    }

    std::string& out_;
    const char* at_;
    const char* end_;
    std::string path_;
    unsigned depth_;
    member_test hides_;
    unsigned muted_ = 0;  // above 0: read and check, but write nothing
};

// Is it one JSON value (RFC 8259)? Asks nobody, and so may be asked before there is a policy.
[[nodiscard]] inline bool is_json_document(std::string_view json) {
    std::string ignored;
    return json_document(ignored, json, {}, 0, nullptr).copy();
}

LOGKIT_DOOR bool append_json_document(std::string& out, std::string_view json, std::string_view path, unsigned depth) {
    const std::size_t old = out.size();
    if (json_document(out, json, path, depth).copy()) return true;
    out.resize(old);
    return false;
}

}  // namespace logkit::detail
