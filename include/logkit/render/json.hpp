// SPDX-License-Identifier: MIT
#pragma once

// A record as one line of JSON (docs/record.md). Stage: render. Two ways to the same bytes: from the frame
// itself, for the plain records that are nearly all of them; and from an unpacked record, for the rest.

#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/clock.hpp>
#include <logkit/pipe/channel.hpp>
#include <logkit/process/record.hpp>
#include <logkit/process/unpack.hpp>
#include <logkit/render/json_values.hpp>
#include <logkit/render/timestamp.hpp>

namespace logkit::detail {

// What is to be seen of fields that are rendered by themselves, before there is a record.
class field_filter {
  public:
    // Valid until the next call.
    [[nodiscard]] virtual decoded shown(std::string_view key, decoded const& v) = 0;

  protected:
    ~field_filter() = default;
};

class json_renderer {
  public:
    // For contexts and loggers that are rendered from now on; null: all is to be seen.
    void filter_by(field_filter* filter) noexcept { filter_ = filter; }

    // Brings the pre-rendered texts of a record's context and logger up to date; before render_raw.
    void prepare(raw_record const& raw, global_fields const& globals) {
        context_in_force& context = *raw.context;
        if (!context.is_rendered || context.globals_version != globals.version) [[unlikely]]
            render_context(context, globals);
        if (raw.binding != nullptr && raw.binding->rendered_for != globals.version) [[unlikely]]
            render_binding(*raw.binding, globals);
    }

    // May the record go the short way? Not if a key could be given twice on the line, not if the site has
    // more than fields, and not if it is huge: room for the worst case of its escapes is reserved at once.
    [[nodiscard]] static bool is_plain(raw_record const& raw) noexcept {
        site const& origin = *raw.origin;
        if (!origin.is_plain && !is_plain_end(raw)) return false;
        if ((origin.keys & raw.context->keys) != 0 || raw.payload_size > longest_plain) return false;
        return raw.binding == nullptr || (raw.binding->keys & (origin.keys | raw.context->keys)) == 0;
    }

    void render_raw(text_buffer& out, raw_record const& raw, clock_calibration const& clock) {
        site const& origin = *raw.origin;
        context_in_force const& context = *raw.context;
        char* to = out.room_for(longest_line(raw));
        to = timestamps_.write_line_start(to, static_cast<std::int64_t>(clock.unix_ns(raw.ticks)));
        to = origin.json_head.copy_to(to);
        to = context.json.copy_to(to);
        if (raw.binding != nullptr) to = raw.binding->json.copy_to(to);
        if (origin.is_span_end) {
            to = write_span_end(to, raw, clock);
        } else {
            std::byte const* at = raw.payload;
            for (site_argument const& argument : origin.arguments) {
                to = argument.json_prefix.copy_to(to);
                to = write_json_value(to, argument.encoding, at);
            }
        }
        to = origin.json_tail.copy_to(to);
        if (raw.binding != nullptr) to = raw.binding->json_tail.copy_to(to);
        to = raw.source->thread_json.copy_to(to);
        if (origin.severity <= level::info && context.header.sample_rate < 1)
            to = write_rate(to, context.header.sample_rate);
        *to++ = '}';
        *to++ = '\n';
        out.end_at(to);
    }

    void render(text_buffer& out, record const& from) {
        record_head const& head = from.head();
        out.end_at(timestamps_.write_line_start(out.room_for(64), head.unix_ns));
        out.append(R"(,"level":")");
        out.append(to_string(head.severity));
        out.append(R"(","event":)");
        append_json_string(out, head.event);
        append_ids(out, head);
        for (record::field const& f : from) append_field(out, f.key, f.value.raw());
        if (!head.source.empty()) append_text(out, R"(,"src":)", head.source);
        if (!head.logger.empty()) append_text(out, R"(,"logger":)", head.logger);
        if (!head.thread.empty()) append_text(out, R"(,"thread":)", head.thread);
        if (head.sample_rate < 1) out.end_at(write_rate(out.room_for(longest_rate), head.sample_rate));
        if (head.is_recovered) out.append(R"(,"recovered":true)");
        out.append("}\n");
    }

  private:
    static constexpr std::size_t longest_plain = 64 * 1024;
    static constexpr std::size_t longest_rate = 16 + longest_number;
    static constexpr std::size_t longest_end = 64 + longest_number;

    // The END of a span without fields or exception of its own. Its payload: started, status, added,
    // exception.
    [[nodiscard]] static bool is_plain_end(raw_record const& raw) noexcept {
        return raw.origin->is_span_end && load<std::uint64_t>(raw.payload + 9) == 0;
    }

    [[nodiscard]] static std::size_t longest_line(raw_record const& raw) noexcept {
        std::size_t size = 64 + raw.origin->json_size + raw.context->json.size() + longest_end +
                           raw.payload_size * longest_escape + raw.source->thread_json.size() + longest_rate;
        if (raw.binding != nullptr) size += raw.binding->json.size() + raw.binding->json_tail.size();
        return size + 4 * padded_text::slack;
    }

    [[nodiscard]] static char* write_span_end(char* to, raw_record const& raw,
                                              clock_calibration const& clock) noexcept {
        const std::uint64_t ns = clock.duration_ns(load<std::uint64_t>(raw.payload), raw.ticks);
        to = copy_text(to, R"(,"dur_ms":)");
        to = write_float(to, milliseconds(ns));
        to = copy_text(to, R"(,"status":")");
        to = copy_text(to, status_names[load<std::uint8_t>(raw.payload + 8) % 3]);
        *to++ = '"';
        return to;
    }
    [[nodiscard]] static char* write_rate(char* to, double rate) noexcept {
        return write_float(copy_text(to, R"(,"sample_rate":)"), rate);
    }
    static void append_text(text_buffer& out, std::string_view prefix, std::string_view text) {
        out.append(prefix);
        append_json_string(out, text);
    }
    static void append_field(text_buffer& out, std::string_view key, decoded const& v) {
        out.append(",");
        append_json_string(out, key);
        out.append(":");
        append_json_value(out, v);
    }

    template <class Head>
    static void append_ids(text_buffer& out, Head const& from) {
        char* to = out.room_for(160);
        to = copy_text(to, R"(,"trace_id":")");
        to = write_hex(write_hex(to, from.trace_high), from.trace_low);
        *to++ = '"';
        const auto append = [&](std::string_view prefix, std::uint64_t id) {
            if (id == 0) return;
            to = write_hex(copy_text(to, prefix), id);
            *to++ = '"';
        };
        append(R"(,"span_id":")", from.span_id);
        append(R"(,"parent_span_id":")", from.parent_span_id);
        out.end_at(to);
    }

    // Appends the fields of a block. False: a name may be there twice, or be reserved; it takes a record to
    // put that right.
    [[nodiscard]] bool append_block(std::uint64_t& keys, std::byte const* block, std::size_t size) {
        bool is_plain = true;
        for_each_field(block, size, [&](block_field const& f) {
            const std::uint64_t bit = bloom_bit(hash_text(f.key));
            is_plain = is_plain && (keys & bit) == 0 && !is_reserved_key(f.key);
            keys |= bit;
            std::byte const* at = f.value;
            append_shown(f.key, decode(f.encoding, at));
        });
        return is_plain;
    }

    void render_context(context_in_force& context, global_fields const& globals) {
        text_.clear();
        append_ids(text_, context.header);
        const std::size_t ids = text_.size();
        context.keys = 0;
        bool is_plain =
            append_block(context.keys, reinterpret_cast<std::byte const*>(globals.block.data()), globals.block.size());
        is_plain = append_block(context.keys, context.context_fields().data, context.context_fields().size) && is_plain;
        if (!context.span_name().empty()) {
            append_shown("span", {kind::text, 0, context.span_name()});
            context.keys |= bloom_bit(hash_text("span"));
        }
        is_plain = append_block(context.keys, context.span_fields().data, context.span_fields().size) && is_plain;
        if (!is_plain) {
            text_.truncate(ids);
            scratch_.reset({});
            put_context(scratch_, context, globals);
            context.keys = append_fields(scratch_);
        }
        context.json.assign(text_.view());
        context.globals_version = globals.version;
        context.is_rendered = true;
    }

    void render_binding(binding_in_force& binding, global_fields const& globals) {
        scratch_.reset({});
        put_block(scratch_, reinterpret_cast<std::byte const*>(binding.fields.data()), binding.fields.size());
        text_.clear();
        binding.keys = append_fields(scratch_);
        binding.json.assign(text_.view());
        binding.json_tail.assign(binding.name.empty() ? std::string{} : R"(,"logger":)" + json_string(binding.name));
        binding.rendered_for = globals.version;
    }

    [[nodiscard]] std::uint64_t append_fields(record const& from) {
        std::uint64_t keys = 0;
        for (record::field const& f : from) {
            keys |= bloom_bit(hash_text(f.key));
            append_shown(f.key, f.value.raw());
        }
        return keys;
    }
    void append_shown(std::string_view key, decoded const& v) {
        append_field(text_, key, filter_ == nullptr ? v : filter_->shown(key, v));
    }

    timestamp_writer timestamps_{};
    text_buffer text_{};
    record scratch_{};
    field_filter* filter_ = nullptr;
};

}  // namespace logkit::detail
