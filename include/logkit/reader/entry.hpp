// SPDX-License-Identifier: MIT
#pragma once

// One record as a reader finds it: a line taken apart, nothing copied, each value decoded only when asked. Reader.
//
// Records of other loggers are understood as well: each of their keys for which the record format has a name
// (docs/record.md) is found under that name, too (reader/record_names.hpp says which).

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <logkit/base/level.hpp>
#include <logkit/base/reserved_keys.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/name_mapper.hpp>
#include <logkit/reader/record_names.hpp>
#include <logkit/reader/time.hpp>

namespace logkit {

namespace detail {
class line_parser;

// Of texts of one length: lets the compiler compare words instead of calling memcmp.
template <std::size_t N>
[[nodiscard, gnu::always_inline]] inline bool is_key(std::string_view key, const char (&name)[N]) noexcept {
    return std::memcmp(key.data(), name, N - 1) == 0;
}

// What a key means in a line of ours.
[[nodiscard]] inline slot own_slot(std::string_view key) noexcept {
    switch (key.size()) {
        case 3:
            return is_key(key, "src") ? slot::src : slot::none;
        case 4:
            return is_key(key, "span") ? slot::span : slot::none;
        case 5:
            return is_key(key, "level") ? slot::level : is_key(key, "event") ? slot::event : slot::none;
        case 6:
            return is_key(key, "dur_ms")   ? slot::dur_ms
                   : is_key(key, "status") ? slot::status
                   : is_key(key, "logger") ? slot::logger
                   : is_key(key, "thread") ? slot::thread
                                           : slot::none;
        case 7:
            return is_key(key, "span_id") ? slot::span_id : is_key(key, "dropped") ? slot::dropped : slot::none;
        case 8:
            return is_key(key, "trace_id") ? slot::trace_id : is_key(key, "exc_info") ? slot::exc_info : slot::none;
        case 9:
            return is_key(key, "timestamp") ? slot::timestamp : is_key(key, "recovered") ? slot::recovered : slot::none;
        case 11:
            return is_key(key, "sample_rate") ? slot::sample_rate : slot::none;
        case 14:
            return is_key(key, "parent_span_id") ? slot::parent_span_id : slot::none;
        default:
            return slot::none;
    }
}

}  // namespace detail

class entry {
  public:
    using member = detail::mapped_member;  // a key, decoded; its value; what it is, as `slot` has it

    // The whole line, without its end.
    [[nodiscard]] std::string_view line() const noexcept { return line_; }
    // Every key of the line, in its order.
    [[nodiscard]] std::span<const member> members() const noexcept { return members_.view(); }

    // What the record format has a name for; a value that does not exist where the line has none.
    [[nodiscard]] json_view get(slot name) const noexcept { return slots_[static_cast<std::size_t>(name)]; }
    // By key: as the line spells it, or by the record format's name. `a.b` is also found inside an object `a`.
    [[nodiscard]] json_view find(std::string_view key) const;

    // Nanoseconds since 1970; empty: the line has no time that could be understood.
    [[nodiscard]] std::optional<std::int64_t> unix_ns() const {
        return get(slot::timestamp).exists() ? parse_time(get(slot::timestamp)) : std::nullopt;
    }
    // Of a line without a level: `error` where it tells of an exception or an HTTP status of 500 or above, else `info`.
    [[nodiscard]] logkit::level level() const noexcept { return level_; }
    [[nodiscard]] std::string event() const { return get(slot::event).text(); }
    [[nodiscard]] std::string_view trace_id() const noexcept { return get(slot::trace_id).escaped(); }
    [[nodiscard]] std::string_view span_id() const noexcept { return get(slot::span_id).escaped(); }
    [[nodiscard]] std::string_view parent_span_id() const noexcept { return get(slot::parent_span_id).escaped(); }
    // Text that stood between the records (reader/text_record.hpp).
    [[nodiscard]] bool is_text() const noexcept { return get(slot::text_lines).exists(); }
    // The END of a span.
    [[nodiscard]] bool is_span_end() const noexcept {
        return get(slot::event).escaped() == "END" && get(slot::dur_ms).exists() && get(slot::status).exists();
    }
    // A span that failed or was aborted, a record of level error or above, or an access that was answered with an HTTP
    // status of 500 or above.
    [[nodiscard]] bool is_failure() const noexcept {
        if (level_ >= logkit::level::error) return true;
        const std::string_view status = get(slot::status).escaped();
        return status == "error" || status == "aborted" || get(slot::http_status).integer().value_or(0) >= 500;
    }
    // Of how many such records this one was kept, by its sample_rate: 1 where nothing was sampled, or where it would be
    // more than a billion, which is damage.
    [[nodiscard]] double weight() const noexcept {
        const json_view given = get(slot::sample_rate);
        if (!given.exists()) return 1;
        const auto rate = given.number();
        return rate && *rate >= 1e-9 && *rate < 1 ? 1 / *rate : 1;
    }

  private:
    friend class detail::line_parser;

    void clear(std::string_view line) noexcept {
        line_ = line;
        members_.clear();
        slots_.fill({});
    }

    std::string_view line_;
    detail::member_list members_;
    detail::name_mapper::slots slots_{};
    logkit::level level_ = logkit::level::info;
};

inline json_view entry::find(std::string_view key) const {
    if (const slot meaning = detail::own_slot(key); meaning != slot::none && get(meaning).exists()) return get(meaning);
    for (member const& m : members_.view())
        if (m.key == key) return m.value;
    for (member const& m : members_.view())
        if (m.value.is_object() && key.size() > m.key.size() && key.starts_with(m.key) && key[m.key.size()] == '.')
            if (const json_view inside = find_inside(m.value, key.substr(m.key.size() + 1)); inside.exists())
                return inside;
    return {};
}

static_assert(detail::reserved_keys.size() == static_cast<std::size_t>(slot::recovered) + 1);

}  // namespace logkit
