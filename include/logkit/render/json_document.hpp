// SPDX-License-Identifier: MIT
#pragma once

// JSON of others (raw_json, nlohmann::json; a line of another program) on its way into a record: checked against RFC
// 8259, put on one line, redacted by a filter, cut at the depth cap. Stage: render; never lets an invalid byte through.

#include <string>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/call/text_door.hpp>

namespace logkit::detail {

// What is not to be seen of a document.
class json_filter {
  public:
    // Is the value of `name`, below `path`, hidden whatever it is?
    [[nodiscard]] virtual bool hides(std::string_view path, std::string_view name) = 0;
    // Appends what is to be seen of a text, a member's name too, in the value of `name`. False, and nothing is
    // appended: all of it.
    [[nodiscard]] virtual bool mask_text(std::string& /*masked*/, std::string_view /*text*/,
                                         std::string_view /*path*/) {
        return false;
    }
    // The same for a number.
    [[nodiscard]] virtual bool mask_number(std::string& /*masked*/, std::string_view /*digits*/,
                                           std::string_view /*path*/) {
        return false;
    }
    // What stands for a hidden value, given as JSON.
    virtual void mask_hidden(std::string& masked, std::string_view /*json*/) { masked += "***"; }

  protected:
    ~json_filter() = default;
};

class json_document {
  public:
    // Containers that `deepest` others are around are left out.
    struct place {
        std::string_view path{};
        unsigned depth = 0, deepest = deepest_nesting;
    };
    // Null: nothing is filtered.
    json_document(std::string& out, std::string_view json, place const& where, json_filter* filter)
        : out_(out),
          at_(json.data()),
          end_(json.data() + json.size()),
          path_(where.path),
          depth_(where.depth),
          deepest_(where.deepest),
          filter_(filter) {}

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
                return text();
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
        const std::string_view all(start, static_cast<std::size_t>(at_ - start));
        if (muted_ == 0 && filter_ != nullptr && all.size() >= shortest_masked) {
            std::string masked;
            if (filter_->mask_number(masked, all, path_)) {
                put_string(masked);
                return true;
            }
        }
        put(all);
        return true;
    }

    // Checks a string, and takes what stands between its quotes.
    [[nodiscard]] bool string(std::string_view& raw) {
        const char* start = ++at_;
        while (at_ != end_ && *at_ != '"') {
            if (static_cast<unsigned char>(*at_) < 0x20) return false;
            if (*at_++ == '\\' && !escape()) return false;
        }
        if (at_ == end_) return false;
        raw = {start, static_cast<std::size_t>(at_ - start)};
        ++at_;
        return true;
    }
    [[nodiscard]] bool text() {
        std::string_view raw;
        if (!string(raw)) return false;
        put_text(raw);
        return true;
    }
    // Copies a string as its escapes stand, with its UTF-8 repaired, and what is secret in it masked.
    void put_text(std::string_view raw) {
        if (muted_ != 0) return;
        const bool is_plain = raw.find('\\') == std::string_view::npos;
        if (filter_ != nullptr && raw.size() >= shortest_masked) {
            masked_.clear();
            const std::string decoded = is_plain ? std::string{} : unescape_json(raw);
            if (filter_->mask_text(masked_, is_plain ? raw : std::string_view{decoded}, path_))
                return put_string(masked_);
        }
        if (!is_plain && has_lone_surrogate(raw)) return put_string(unescape_json(raw));
        out_ += '"';
        while (!raw.empty()) out_ += take_utf8(raw);
        out_ += '"';
    }
    // RFC 8259 allows half of a pair, and many readers refuse it. (The escapes have been checked.)
    [[nodiscard]] static bool has_lone_surrogate(std::string_view raw) noexcept {
        bool is_open = false;  // a high one waits for its low one
        for (std::size_t at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', at)) {
            const std::uint64_t code = raw[at + 1] == 'u' ? parse_hex(raw.substr(at + 2, 4), true).value_or(0) : 0;
            const bool is_low = code >= 0xdc00 && code < 0xe000;
            if (is_low != is_open) return true;
            is_open = code >= 0xd800 && code < 0xdc00;
            at += raw[at + 1] == 'u' ? 6U : 2U;
            if (is_open && raw.substr(at, 2) != "\\u") return true;
        }
        return is_open;
    }
    void put_string(std::string_view text) {
        if (muted_ == 0) out_ += json_string(text);
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
        const bool is_too_deep = depth_ == deepest_ && muted_ == 0;
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
    // The name's text is wanted as its readers will see it, so that no spelling of it escapes redaction.
    [[nodiscard]] bool member() {
        std::string_view raw;
        if (at_ == end_ || *at_ != '"' || !string(raw)) return false;
        put_text(raw);
        skip_space();
        if (!skip(':')) return false;
        put(":");
        skip_space();
        if (muted_ != 0 || filter_ == nullptr) return value();
        const std::string name = unescape_json(raw);
        const bool is_hidden = filter_->hides(path_, name);
        const char* const start = at_;
        if (is_hidden) ++muted_;
        const std::size_t outer = path_.size();
        if (outer != 0) path_ += '.';
        path_ += name;
        const bool is_valid = value();
        path_.resize(outer);
        if (!is_hidden) return is_valid;
        --muted_;
        std::string masked;
        filter_->mask_hidden(masked, {start, static_cast<std::size_t>(at_ - start)});
        put_string(masked);
        return is_valid;
    }

    static constexpr std::size_t shortest_masked = 5;

    std::string& out_;
    const char* at_;
    const char* end_;
    std::string path_, masked_{};
    unsigned depth_, deepest_;
    json_filter* filter_;
    unsigned muted_ = 0;  // above 0: read and check, but write nothing
};

// Is it one JSON value (RFC 8259)? Asks nobody, and so may be asked before there is a policy.
[[nodiscard]] inline bool is_json_document(std::string_view json) {
    std::string ignored;
    return json_document(ignored, json, {}, nullptr).copy();
}

}  // namespace logkit::detail
