// SPDX-License-Identifier: MIT
#pragma once

// The backend's view of one ring: how far it has read, and what is in force there. Stage: pipe.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/padded_text.hpp>
#include <logkit/context/node.hpp>
#include <logkit/pipe/frame.hpp>
#include <logkit/pipe/journal.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

// The context that a ring's records are under, and what rendering has made of it.
struct context_in_force {
    context_header header{};
    std::string bytes;  // of the fields and the span's name
    padded_text json;   // ,"trace_id":"…", … : filled by the render stage, once
    std::uint64_t keys = 0;
    bool is_rendered = false;
    std::uint64_t globals_version = 0;  // of the global context which is in `json`

    void assign(std::byte const* payload) {
        header = load<context_header>(payload);
        const auto* rest = reinterpret_cast<const char*>(payload + sizeof header);
        bytes.assign(rest, std::size_t{header.context_size} + header.span_size + header.span_name_size);
        is_rendered = false;
    }
    [[nodiscard]] block_view context_fields() const noexcept {
        return {reinterpret_cast<std::byte const*>(bytes.data()), header.context_size};
    }
    [[nodiscard]] block_view span_fields() const noexcept {
        return {reinterpret_cast<std::byte const*>(bytes.data()) + header.context_size, header.span_size};
    }
    [[nodiscard]] std::string_view span_name() const noexcept {
        return std::string_view{bytes}.substr(std::size_t{header.context_size} + header.span_size);
    }
};

// The bound logger that a ring's bound records are under.
struct binding_in_force {
    std::string name;
    std::string fields;
    padded_text json;       // of the fields
    padded_text json_tail;  // ,"logger":"…"
    std::uint64_t keys = 0;
    bool is_rendered = false;

    void assign(std::byte const* payload) {
        const auto header = load<binding_header>(payload);
        const auto* rest = reinterpret_cast<const char*>(payload + sizeof header);
        name.assign(rest, header.name_size);
        fields.assign(rest + header.name_size, header.fields_size);
        is_rendered = false;
    }
};

struct channel {
    explicit channel(std::size_t capacity) : mapping(capacity), bytes(mapping.bytes()), mask(capacity - 1) {}

    ring_mapping mapping;
    std::byte* bytes;
    std::uint64_t mask;
    bool is_owned = false;  // by a living thread; under the pool's lock

    // The backend's own:
    std::uint64_t cursor = 0;  // what it has taken; `read` follows when that is safe in the file
    std::uint64_t end = 0;     // what was published when the pass began
    std::uint64_t reported_drops = 0;
    context_in_force context;
    binding_in_force binding;
    std::string thread;       // empty for the main thread
    padded_text thread_json;  // ,"thread":"…"
    std::string parts;        // of a frame that comes in parts

    [[nodiscard]] ring_shared& shared() const noexcept { return mapping.shared(); }
    [[nodiscard]] std::byte const* next() const noexcept { return bytes + (cursor & mask); }
    [[nodiscard]] std::uint64_t next_ticks() const noexcept { return load<frame_header>(next()).ticks; }
};

// A record as it comes out of its ring. Valid until the backend takes the next.
struct raw_record {
    site const* origin;
    std::byte const* payload;
    std::size_t payload_size;  // with the frame's padding
    std::uint64_t ticks;
    context_in_force* context;
    binding_in_force* binding;  // null: the root logger's
    channel const* source;
};

}  // namespace logkit::detail
