// SPDX-License-Identifier: MIT
#pragma once

// Decoded values as JSON, and the text functions behind the call site's door. Stage: render.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/decimal.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/call/operand.hpp>
#include <logkit/call/text_door.hpp>
#include <logkit/process/value.hpp>
#include <logkit/render/exception_text.hpp>
#include <logkit/render/json_document.hpp>
#include <logkit/render/timestamp.hpp>

namespace logkit::detail {

inline char* copy_text(char* to, std::string_view text) noexcept {
    copy_short(to, text.data(), text.size());
    return to + text.size();
}

// How many bytes write_json_value may touch.
[[nodiscard, gnu::always_inline]] inline std::size_t longest_json(decoded const& v) noexcept {
    return v.text.size() * longest_escape + escape_slack + longest_number;
}

// Above this length a text goes piece by piece instead of reserving six times its size.
inline constexpr std::size_t long_text = 4096;

[[gnu::always_inline]] inline char* write_json_value(char* to, decoded const& v) noexcept {
    switch (v.what) {
        case kind::text:
        case kind::hashed:
            *to++ = '"';
            to = json_escape(to, v.text.data(), v.text.size());
            *to++ = '"';
            return to;
        case kind::int64:
            return write_decimal(to, v.as<std::int64_t>());
        case kind::uint64:
            return write_decimal(to, v.bits);
        case kind::float64:
            return write_float(to, v.as<double>());
        case kind::float32:
            return write_float(to, v.as<float>());
        case kind::boolean:
            return copy_text(to, v.bits != 0 ? std::string_view{"true"} : std::string_view{"false"});
        case kind::json:
            return copy_text(to, v.text);
        case kind::redacted:
            return copy_text(to, R"("***")");
        default:
            return copy_text(to, "null");
    }
}

// Reads the value from a frame and writes it; for all kinds but exceptions, of any length.
[[gnu::always_inline]] inline char* write_json_value(char* to, kind encoding, std::byte const*& at) noexcept {
    if (encoding == kind::text) {
        const auto length = load<std::uint32_t>(at);
        at += 4;
        if (length == null_length) [[unlikely]]
            return copy_text(to, "null");
        *to++ = '"';
        to = json_escape(to, reinterpret_cast<const char*>(at), length);
        *to++ = '"';
        at += length;
        return to;
    }
    if (encoding == kind::int64 || encoding == kind::float64) {
        const auto bits = load<std::uint64_t>(at);
        at += 8;
        return encoding == kind::int64 ? write_decimal(to, static_cast<std::int64_t>(bits))
                                       : write_float(to, std::bit_cast<double>(bits));
    }
    return write_json_value(to, decode(encoding, at));
}

inline void append_json_value(text_buffer& out, decoded const& v) {
    if (v.what == kind::text && v.text.size() > long_text) return append_json_string(out, v.text);
    if (v.what == kind::exception) return out.append(exception_json(v.text));
    out.end_at(write_json_value(out.room_for(longest_json(v)), v));
}

LOGKIT_DOOR std::string timestamp_text(std::int64_t unix_ns) {
    return timestamp_writer{}.text(unix_ns);
}

LOGKIT_DOOR void append_json(std::string& out, std::string_view text) {
    out += json_string(text);
}

template <class Number>
void append_number(std::string& out, Number value) {
    char text[longest_number];
    if constexpr (std::is_floating_point_v<Number>)
        out.append(text, write_float(text, value));
    else
        out.append(text, write_decimal(text, value));
}
LOGKIT_DOOR void append_json(std::string& out, double number) {
    append_number(out, number);
}
LOGKIT_DOOR void append_json(std::string& out, float number) {
    append_number(out, number);
}
LOGKIT_DOOR void append_json(std::string& out, std::int64_t number) {
    append_number(out, number);
}
LOGKIT_DOOR void append_json(std::string& out, std::uint64_t number) {
    append_number(out, number);
}

// As the policy in force says.
class filter_by_policy final : public json_filter {
  public:
    [[nodiscard]] bool hides(std::string_view path, std::string_view name) override {
        const visibility visible = visibility_of(path, name);
        is_hashed_ = visible == visibility::hashed || (is_hashed_ && visible == visibility::shown);
        return visible != visibility::shown;
    }
    void mask_hidden(std::string& masked, std::string_view json) override {
        if (!is_hashed_) return json_filter::mask_hidden(masked, json);
        char mask[hash_mask_size];
        write_hash_mask(mask, json);
        masked.append(mask, sizeof mask);
    }

  private:
    bool is_hashed_ = false;  // the mask of what was hidden last, which all others have, too
};

LOGKIT_DOOR bool append_json_document(std::string& out, std::string_view json, std::string_view path, unsigned depth) {
    const std::size_t old = out.size();
    filter_by_policy filter;
    if (json_document(out, json, {path, depth}, &filter).copy()) return true;
    out.resize(old);
    return false;
}

}  // namespace logkit::detail

LOGKIT_DOOR std::string logkit::value::json() const {
    detail::text_buffer out;
    detail::append_json_value(out, decoded_);
    return std::string(out.view());
}
