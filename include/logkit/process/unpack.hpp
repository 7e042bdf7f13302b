// SPDX-License-Identifier: MIT
#pragma once

// From the bytes of a frame to a record. Stage: process.

#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/clock.hpp>
#include <logkit/call/field_block.hpp>
#include <logkit/pipe/channel.hpp>
#include <logkit/process/record.hpp>

namespace logkit::detail {

// Fields of every record of the process.
struct global_fields {
    std::string block{};
    std::uint64_t version = 1;
};

inline void put_block(record& to, std::byte const* block, std::size_t size) {
    for_each_field(block, size, [&](block_field const& f) {
        std::byte const* at = f.value;
        const std::string_view key = is_reserved_key(f.key) ? to.keep(written_key(f.key)) : f.key;
        to.put(key, value(decode(f.encoding, at)));
    });
}

inline void put_context(record& to, context_in_force const& context, global_fields const& globals) {
    put_block(to, reinterpret_cast<std::byte const*>(globals.block.data()), globals.block.size());
    put_block(to, context.context_fields().data, context.context_fields().size);
    if (!context.span_name().empty()) to.put("span", value({kind::text, 0, context.span_name()}));
    put_block(to, context.span_fields().data, context.span_fields().size);
}

[[nodiscard]] inline record_head head_of(raw_record const& raw, std::int64_t unix_ns) {
    context_header const& context = raw.context->header;
    record_head head;
    head.severity = raw.origin->severity;
    head.unix_ns = unix_ns;
    head.event = raw.origin->event;
    head.source = raw.origin->source;
    if (raw.binding != nullptr) head.logger = raw.binding->name;
    head.thread = raw.source->thread;
    head.trace_high = context.trace_high;
    head.trace_low = context.trace_low;
    head.span_id = context.span_id;
    head.parent_span_id = context.parent_span_id;
    if (head.severity <= level::info) head.sample_rate = context.sample_rate;
    return head;
}

// The event with its placeholders filled; as it stands in the source, if this program has no formatting.
[[nodiscard]] inline std::string event_text(site const& origin, std::byte const* payload) {
    const event_formatter format = known_formatter.load(std::memory_order_relaxed);
    return format == nullptr ? origin.event : format(origin, payload);
}

inline constexpr std::string_view status_names[] = {"success", "error", "aborted"};

// Turns raw records into records; keeps what can be kept from one to the next.
class unpacker {
  public:
    // The result and all its texts last until the next call, or until the raw record goes.
    [[nodiscard]] record& unpack(raw_record const& raw, global_fields const& globals, clock_calibration const& clock) {
        record_.reset(head_of(raw, static_cast<std::int64_t>(clock.unix_ns(raw.ticks))));
        put_context(record_, *raw.context, globals);
        if (raw.binding != nullptr)
            put_block(record_, reinterpret_cast<std::byte const*>(raw.binding->fields.data()),
                      raw.binding->fields.size());
        if (raw.origin->has_placeholders) record_.set_event(event_text(*raw.origin, raw.payload));
        std::byte const* at = raw.payload;
        std::string_view exception;
        std::uint64_t started = 0;
        std::string_view status;
        for (site_argument const& argument : raw.origin->arguments) {
            const decoded v = decode(argument.encoding, at);
            switch (argument.what) {
                case role::field:
                    record_.put(argument.key, value(v));
                    break;
                case role::positional:
                    break;
                case role::event:
                    record_.set_event(std::string(v.text));
                    break;
                case role::exception:
                    exception = v.text;
                    break;
                case role::started:
                    started = v.bits;
                    break;
                case role::status:
                    status = status_names[v.bits % 3];
                    break;
                case role::added:
                    put_block(record_, reinterpret_cast<std::byte const*>(v.text.data()), v.text.size());
            }
        }
        if (!status.empty()) record_.end_span(clock.duration_ns(started, raw.ticks), status);
        if (!exception.empty()) record_.put("exc_info", value({kind::exception, 0, exception}));
        return record_;
    }

  private:
    record record_{};
};

}  // namespace logkit::detail
