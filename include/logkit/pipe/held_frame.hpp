// SPDX-License-Identifier: MIT
#pragma once

// A record out of its ring, and an open span of a coroutine, as bytes of a note (pipe/journal_notes.hpp). Stage: pipe.
//
//   held record := u32 sizes of the four parts, context (context_header, its payload), binding (binding_header, its
//                  payload; empty: the root logger), thread, frame
//   open span   := u32 sizes of the four parts, context, outer_span, its name, thread

#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/bytes.hpp>
#include <logkit/pipe/channel.hpp>
#include <logkit/pipe/checked_bytes.hpp>
#include <logkit/pipe/frame_check.hpp>
#include <logkit/pipe/journal_notes.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

struct four_parts {
    std::string_view parts[4];

    [[nodiscard]] static std::string sizes_of(std::string_view const (&parts)[4]) {
        std::string sizes;
        for (const std::string_view part : parts) sizes += bytes_of(static_cast<std::uint32_t>(part.size()));
        return sizes;
    }
    [[nodiscard]] bool read(std::string_view bytes) noexcept {
        checked_bytes in(bytes);
        std::uint32_t sizes[4];
        for (std::uint32_t& size : sizes)
            if (!in.take(size)) return false;
        for (int i = 0; i < 4; ++i)
            if (!in.take(parts[i], sizes[i])) return false;
        return true;
    }
};

[[nodiscard]] inline std::string context_bytes(context_in_force const& context) {
    return std::string(bytes_of(context.header)) += context.bytes;
}

[[nodiscard]] inline note_handle note_held_record(journal_notes& notes, raw_record const& raw) {
    const std::string context = context_bytes(*raw.context);
    std::string binding{};
    if (raw.binding != nullptr) {
        const binding_header header{static_cast<std::uint32_t>(raw.binding->name.size()),
                                    static_cast<std::uint32_t>(raw.binding->fields.size())};
        binding.append(bytes_of(header)).append(raw.binding->name).append(raw.binding->fields);
    }
    const frame_header header{static_cast<std::uint32_t>(sizeof header + raw.payload_size), raw.site_number, raw.ticks};
    const std::string frame =
        std::string(bytes_of(header)).append(reinterpret_cast<const char*>(raw.payload), raw.payload_size);
    const std::string_view parts[4] = {context, binding, raw.source->thread, frame};
    const record_place place = place_of(raw);
    return notes.add(note_kind::held_record, place.ring, place.position,
                     {four_parts::sizes_of(parts), parts[0], parts[1], parts[2], parts[3]});
}

[[nodiscard]] inline note_handle note_open_span(journal_notes& notes, context_in_force const& context,
                                                outer_span const& span, std::string_view name,
                                                std::string_view thread) {
    const std::string told = context_bytes(context);
    const std::string_view parts[4] = {told, bytes_of(span), name, thread};
    return notes.add(note_kind::open_span, 0, 0, {four_parts::sizes_of(parts), parts[0], parts[1], parts[2], parts[3]});
}

// Reads a held record from bytes that anybody may have written; `record` then points into them and into `into`.
struct read_held_record {
    context_in_force context{};
    binding_in_force binding{};
    raw_record record{};

    [[nodiscard]] bool read(std::string_view bytes, site_table const& sites, channel& scratch) {
        four_parts read;
        if (!read.read(bytes)) return false;
        auto const& [told, bound, thread, frame] = read.parts;
        if (!is_context(told) || frame.size() < sizeof(frame_header) || !is_frame(sites, frame)) return false;
        const auto header = load<frame_header>(frame.data());
        if (header.site < first_site || header.size != frame.size()) return false;
        context.assign(reinterpret_cast<std::byte const*>(told.data()));
        if (!bound.empty()) {
            checked_bytes in(bound);
            binding_header sizes{};
            std::string_view name, fields;
            if (!in.take(sizes) || !in.take(name, sizes.name_size) || !in.take(fields, sizes.fields_size) ||
                !is_field_block(fields))
                return false;
            binding.assign(reinterpret_cast<std::byte const*>(bound.data()));
        }
        scratch.name_thread(thread);
        record = {&sites[header.site],
                  reinterpret_cast<std::byte const*>(frame.data()) + sizeof header,
                  frame.size() - sizeof header,
                  header.ticks,
                  &context,
                  bound.empty() ? nullptr : &binding,
                  &scratch,
                  header.site};
        return true;
    }
};

struct read_open_span {
    context_in_force context{};
    outer_span span{};
    std::string_view name{}, thread{};

    [[nodiscard]] bool read(std::string_view bytes) {
        four_parts read;
        if (!read.read(bytes) || !is_context(read.parts[0]) || read.parts[1].size() != sizeof span) return false;
        context.assign(reinterpret_cast<std::byte const*>(read.parts[0].data()));
        span = load<outer_span>(read.parts[1].data());
        name = read.parts[2];
        thread = read.parts[3];
        return true;
    }
};

}  // namespace logkit::detail
