// SPDX-License-Identifier: MIT
#pragma once

// A record taken apart, as processors change it and sinks read it. Stage: process. It lives on the backend's
// thread for the length of one call; what must outlive that is to be copied.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/duration.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/base/level.hpp>
#include <logkit/base/reserved_keys.hpp>
#include <logkit/call/value.hpp>
#include <logkit/process/value.hpp>

namespace logkit {

// What the record says of itself, apart from its fields.
struct record_head {
    logkit::level severity = level::info;
    std::int64_t unix_ns = 0;
    std::string_view event{};
    std::string_view source{};
    std::string_view logger{};
    std::string_view thread{};
    std::uint64_t trace_high = 0, trace_low = 0, span_id = 0, parent_span_id = 0;
    double sample_rate = 1;
    bool is_span_end = false;
    bool is_recovered = false;
};

class record {
  public:
    struct field {
        std::string_view key;
        logkit::value value;
    };
    using const_iterator = std::vector<field>::const_iterator;

    [[nodiscard]] logkit::level level() const noexcept { return head_.severity; }
    [[nodiscard]] std::string_view event() const noexcept { return head_.event; }
    [[nodiscard]] std::chrono::system_clock::time_point time() const noexcept {
        return std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(head_.unix_ns)));
    }
    // Lower-case hexadecimal; "" of a span that is not.
    [[nodiscard]] std::string_view trace_id() const noexcept { return {trace_, 32}; }
    [[nodiscard]] std::string_view span_id() const noexcept { return {span_, head_.span_id == 0 ? 0U : 16U}; }
    [[nodiscard]] std::string_view parent_span_id() const noexcept {
        return {parent_, head_.parent_span_id == 0 ? 0U : 16U};
    }
    [[nodiscard]] std::string_view logger() const noexcept { return head_.logger; }
    [[nodiscard]] std::string_view source() const noexcept { return head_.source; }

    // The value of a field, as it is written; null when there is none. Covers what the record itself adds at
    // a span's end (`span`, `dur_ms`, `status`, `exc_info`).
    [[nodiscard]] logkit::value const* find(std::string_view key) const noexcept {
        const auto at = std::find_if(fields_.begin(), fields_.end(), [key](field const& f) { return f.key == key; });
        return at == fields_.end() ? nullptr : &at->value;
    }

    // Sets or adds a field; anything that kv() takes. A reserved name gets an underscore.
    template <class T>
    void set(std::string_view key, T const& new_value) {
        const std::string_view name = keep(is_own_key(key) ? std::string(key) : detail::written_key(key));
        const auto reduced = detail::reduce(new_value, "");
        const auto tagged = detail::tag_operand(detail::as_operand(reduced));
        detail::decoded decoded{tagged.tag, tagged.bits, {}};
        if (detail::has_length(tagged.tag)) decoded.text = keep(std::string(tagged.bytes.view()));
        put(name, logkit::value(decoded));
        is_changed_ = true;
    }
    // Removes a field, if it is there.
    void erase(std::string_view key) {
        is_changed_ |= std::erase_if(fields_, [key](field const& f) { return f.key == key; }) != 0;
    }

    // The fields, in the order in which they are written: global, context, span, logger, call, the record's
    // own.
    [[nodiscard]] const_iterator begin() const noexcept { return fields_.begin(); }
    [[nodiscard]] const_iterator end() const noexcept { return fields_.end(); }

    // For the stages around: filling and reading a record.
    [[nodiscard]] record_head const& head() const noexcept { return head_; }
    [[nodiscard]] bool is_changed() const noexcept { return is_changed_; }

    void reset(record_head const& head) {
        head_ = head;
        fields_.clear();
        texts_.clear();
        is_changed_ = false;
        detail::write_hex(detail::write_hex(trace_, head.trace_high), head.trace_low);
        detail::write_hex(span_, head.span_id);
        detail::write_hex(parent_, head.parent_span_id);
    }
    // Makes it the END of a span that took so long.
    void end_span(std::uint64_t duration_ns, std::string_view status) {
        head_.is_span_end = true;
        const auto ms = std::bit_cast<std::uint64_t>(detail::milliseconds(duration_ns));
        put("dur_ms", logkit::value({detail::kind::float64, ms, {}}));
        put("status", logkit::value({detail::kind::text, 0, status}));
    }
    void mark_recovered() noexcept { head_.is_recovered = true; }
    void set_event(std::string event) { head_.event = keep(std::move(event)); }
    // Adds a field; one of the same name before it gives way, so that the innermost wins.
    void put(std::string_view key, logkit::value const& v) {
        std::erase_if(fields_, [key](field const& f) { return f.key == key; });
        fields_.push_back({key, v});
    }
    // A copy whose texts are where `keep_text` has put them.
    template <class Keep>
    [[nodiscard]] record copy_with(Keep&& keep_text) const {
        record made;
        made.head_ = head_;
        for (std::string_view* text : {&made.head_.event, &made.head_.source, &made.head_.logger, &made.head_.thread})
            *text = keep_text(*text);
        made.fields_.reserve(fields_.size());
        for (field const& f : fields_) {
            detail::decoded moved = f.value.raw();
            moved.text = keep_text(moved.text);
            made.fields_.push_back({keep_text(f.key), logkit::value(moved)});
        }
        made.is_changed_ = is_changed_;
        std::copy(std::begin(trace_), std::end(trace_), std::begin(made.trace_));
        std::copy(std::begin(span_), std::end(span_), std::begin(made.span_));
        std::copy(std::begin(parent_), std::end(parent_), std::begin(made.parent_));
        return made;
    }
    [[nodiscard]] std::vector<field>& fields() noexcept { return fields_; }
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  private:
    [[nodiscard]] bool is_own_key(std::string_view key) const noexcept {
        return head_.is_span_end && (key == "status" || key == "dur_ms" || key == "exc_info") && find(key) != nullptr;
    }

    record_head head_{};
    std::vector<field> fields_{};
    std::list<std::string> texts_{};
    bool is_changed_ = false;
    char trace_[32] = {}, span_[16] = {}, parent_[16] = {};
};

}  // namespace logkit
