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

inline constexpr std::string_view line_start = R"({"timestamp":")";

class json_renderer {
  public:
    // Brings the pre-rendered texts of a record's context and logger up to date; before render_raw.
    void prepare(raw_record const& raw, global_fields const& globals) {
        context_in_force& context = *raw.context;
        if (!context.is_rendered || context.globals_version != globals.version) [[unlikely]]
            render_context(context, globals);
        if (raw.binding != nullptr && !raw.binding->is_rendered) render_binding(*raw.binding);
    }

    // May the record go the short way? Not if a key could be given twice on the line, or if the site has more
    // than fields.
    [[nodiscard]] static bool is_plain(raw_record const& raw) noexcept {
        site const& origin = *raw.origin;
        if (!origin.is_plain || (origin.keys & raw.context->keys) != 0) return false;
        return raw.binding == nullptr || (raw.binding->keys & (origin.keys | raw.context->keys)) == 0;
    }

    void render_raw(text_buffer& out, raw_record const& raw, clock_calibration const& clock) {
        site const& origin = *raw.origin;
        context_in_force const& context = *raw.context;
        char* to = out.room_for(line_start.size() + timestamp_size + 32 + origin.json_head.size() +
                                context.json.size() + 32);
        to = copy_text(to, line_start);
        to = timestamps_.write(to, static_cast<std::int64_t>(clock.unix_ns(raw.ticks)));
        to = copy_text(to, origin.json_head);
        to = copy_text(to, context.json);
        out.end_at(to);
        if (raw.binding != nullptr) out.append(raw.binding->json);
        std::byte const* at = raw.payload;
        for (site_argument const& argument : origin.arguments) {
            const decoded v = decode(argument.encoding, at);
            if (v.text.size() > long_text || v.what == kind::exception) [[unlikely]] {
                out.append(argument.json_prefix);
                append_json_value(out, v);
                continue;
            }
            to = out.room_for(argument.json_prefix.size() + longest_json(v));
            to = copy_text(to, argument.json_prefix);
            out.end_at(write_json_value(to, v));
        }
        out.append(origin.json_tail);
        if (raw.binding != nullptr) out.append(raw.binding->json_tail);
        if (!raw.source->thread_json.empty()) out.append(raw.source->thread_json);
        if (origin.severity <= level::info && context.header.sample_rate < 1)
            append_rate(out, context.header.sample_rate);
        out.append("}\n");
    }

    void render(text_buffer& out, record const& from) {
        record_head const& head = from.head();
        char* to = out.room_for(line_start.size() + timestamp_size + 32);
        to = copy_text(to, line_start);
        out.end_at(timestamps_.write(to, head.unix_ns));
        out.append(R"(","level":")");
        out.append(to_string(head.severity));
        out.append(R"(","event":)");
        append_json_string(out, head.event);
        append_ids(out, from);
        for (record::field const& f : from) append_field(out, f);
        if (!head.source.empty()) append_text(out, R"(,"src":)", head.source);
        if (!head.logger.empty()) append_text(out, R"(,"logger":)", head.logger);
        if (!head.thread.empty()) append_text(out, R"(,"thread":)", head.thread);
        if (head.sample_rate < 1) append_rate(out, head.sample_rate);
        out.append("}\n");
    }

  private:
    static void append_text(text_buffer& out, std::string_view prefix, std::string_view text) {
        out.append(prefix);
        append_json_string(out, text);
    }
    static void append_field(text_buffer& out, record::field const& f) {
        out.append(",");
        append_json_string(out, f.key);
        out.append(":");
        append_json_value(out, f.value.raw());
    }
    static void append_rate(text_buffer& out, double rate) {
        out.append(R"(,"sample_rate":)");
        out.end_at(write_float(out.room_for(longest_number), rate));
    }
    static void append_ids(text_buffer& out, record const& from) {
        const auto append = [&](std::string_view prefix, std::string_view id) {
            if (id.empty()) return;
            out.append(prefix);
            out.append(id);
            out.append("\"");
        };
        append(R"(,"trace_id":")", from.trace_id());
        append(R"(,"span_id":")", from.span_id());
        append(R"(,"parent_span_id":")", from.parent_span_id());
    }

    void render_context(context_in_force& context, global_fields const& globals) {
        record_head head;
        head.trace_high = context.header.trace_high;
        head.trace_low = context.header.trace_low;
        head.span_id = context.header.span_id;
        head.parent_span_id = context.header.parent_span_id;
        scratch_.reset(head);
        put_context(scratch_, context, globals);
        text_buffer out;
        append_ids(out, scratch_);
        context.keys = append_fields(out, scratch_);
        context.json = out.view();
        context.globals_version = globals.version;
        context.is_rendered = true;
    }

    void render_binding(binding_in_force& binding) {
        scratch_.reset({});
        put_block(scratch_, reinterpret_cast<std::byte const*>(binding.fields.data()), binding.fields.size());
        text_buffer out;
        binding.keys = append_fields(out, scratch_);
        binding.json = out.view();
        binding.json_tail =
            binding.name.empty() ? std::string{} : R"(,"logger":)" + json_string(binding.name);
        binding.is_rendered = true;
    }

    static std::uint64_t append_fields(text_buffer& out, record const& from) {
        std::uint64_t keys = 0;
        for (record::field const& f : from) {
            keys |= bloom_bit(hash_text(f.key));
            append_field(out, f);
        }
        return keys;
    }

    timestamp_writer timestamps_;
    record scratch_;
};

}  // namespace logkit::detail
