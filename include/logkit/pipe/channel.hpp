// SPDX-License-Identifier: MIT
#pragma once

// The backend's view of one ring: how far it has read, and what is in force there. Stage: pipe.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/failpoint.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/base/padded_text.hpp>
#include <logkit/context/node.hpp>
#include <logkit/pipe/frame.hpp>
#include <logkit/pipe/ring_mapping.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

// The context that a ring's records are under, and what rendering has made of it.
struct context_in_force {
    context_header header{};
    std::string bytes{};  // of the fields and the span's name
    padded_text json{};   // ,"trace_id":"…", … : filled by the render stage, once
    std::uint64_t keys = 0;
    bool is_rendered = false;
    std::uint64_t globals_version = 0;  // of the global context which is in `json`

    bool has_ended = false;  // the END of its span has been taken

    void assign(std::byte const* payload) {
        const auto next = load<context_header>(payload);
        bytes.reserve(next.payload_size() - sizeof next);  // may throw; then nothing has changed
        header = next;
        bytes.assign(reinterpret_cast<const char*>(payload + sizeof next), next.payload_size() - sizeof next);
        is_rendered = false;
        has_ended = false;
    }
    [[nodiscard]] block_view context_fields() const noexcept {
        return {reinterpret_cast<std::byte const*>(bytes.data()), header.context_size};
    }
    [[nodiscard]] block_view span_fields() const noexcept {
        return {reinterpret_cast<std::byte const*>(bytes.data()) + header.context_size, header.span_size};
    }
    [[nodiscard]] std::string_view span_name() const noexcept {
        return std::string_view{bytes}.substr(std::size_t{header.context_size} + header.span_size,
                                              header.span_name_size);
    }
    [[nodiscard]] std::string_view outer_spans() const noexcept {
        return std::string_view{bytes}.substr(bytes.size() - header.outer_size);
    }
};

// The bound logger that a ring's bound records are under.
struct binding_in_force {
    std::string name{};
    std::string fields{};
    padded_text json{};       // of the fields
    padded_text json_tail{};  // ,"logger":"…"
    std::uint64_t keys = 0;
    std::uint64_t rendered_for = 0;  // the version of the global fields, and of the policy; 0: not at all

    void assign(std::byte const* payload) {
        const auto header = load<binding_header>(payload);
        const auto* rest = reinterpret_cast<const char*>(payload + sizeof header);
        name.assign(rest, header.name_size);
        fields.assign(rest + header.name_size, header.fields_size);
        rendered_for = 0;
    }
};

struct channel {
    explicit channel(ring_mapping&& memory)
        : mapping(std::move(memory)), bytes(mapping.bytes()), mask(mapping.capacity() - 1) {}

    channel(channel const&) = delete;
    channel& operator=(channel const&) = delete;

    ring_mapping mapping;
    std::byte* bytes;
    std::uint64_t mask;
    // Under the pool's lock:
    bool is_owned = false;              // by a living thread
    std::atomic<bool> is_stale{false};  // its journal is gone; its owner looks without the lock
    bool is_parked = false;             // its memory has gone back to the system

    // The backend's own:
    std::uint64_t cursor = 0;  // what it has taken; `read` follows when that is safe in the file
    std::uint64_t end = 0;     // what was published when the pass began
    std::uint64_t reported_drops = 0;
    std::uint64_t last_ticks = 0;  // of the record it has taken last
    context_in_force context{};
    binding_in_force binding{};
    std::string thread{};       // empty for the main thread
    padded_text thread_json{};  // ,"thread":"…"
    std::string parts{};        // of a frame that comes in parts
    bool has_first_part = false;
    bool is_state_noted = true;
    unsigned state_index = 0;

    // Notes what is in force at the cursor, for recovery; before the intent that refers to it.
    void note_state() {
        if (is_state_noted) return;
        std::string text;
        const auto put = [&](std::string_view part) {
            const auto size = static_cast<std::uint32_t>(part.size());
            text.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
        };
        const auto put_all = [&](context_header const& header, std::string_view rest, std::string_view fields) {
            text.clear();
            put(context.has_ended ? "1" : "");
            put(std::string(bytes_of(header)).append(rest));
            put(binding.name);
            put(fields);
            put(thread);
        };
        put_all(context.header, context.bytes, binding.fields);
        if (text.size() > mapping.state_size()) {  // the ids must do
            context_header bare = context.header;
            bare.context_size = bare.span_size = bare.span_name_size = bare.outer_size = 0;
            put_all(bare, {}, {});
        }
        if (text.size() > mapping.state_size()) return;
        state_index ^= 1;
        ring_state& state = shared().states[state_index];
        state.position.store(ring_state::never, std::memory_order_release);
        std::memcpy(mapping.state(state_index), text.data(), text.size());
        reached(step::note_state);
        state.size = static_cast<std::uint32_t>(text.size());
        state.position.store(cursor, std::memory_order_release);
        is_state_noted = true;
    }

    // Has all of it been read, written, and told?
    [[nodiscard]] bool is_over() const noexcept {
        const std::uint64_t read = shared().read.load(std::memory_order_relaxed);
        return shared().write.load(std::memory_order_relaxed) == read && cursor == read &&
               shared().dropped.load(std::memory_order_relaxed) == reported_drops;
    }
    void name_thread(std::string_view name) {
        thread.assign(name);
        thread_json.assign(thread.empty() ? std::string{} : R"(,"thread":)" + json_string(thread));
    }
    void forget_states() noexcept {
        for (ring_state& s : shared().states) s.position.store(ring_state::never, std::memory_order_release);
        is_state_noted = false;
    }

    [[nodiscard]] ring_head& shared() const noexcept { return mapping.head(); }
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
    std::uint32_t site_number = 0;
};

// A record's place in the journal: the ring's segment (0: none), and the position behind which it has been read.
struct record_place {
    std::uint64_t ring, position;
};
[[nodiscard]] inline record_place place_of(raw_record const& raw) noexcept {
    channel const& c = *raw.source;
    return {c.mapping.is_in_file() ? c.mapping.offset() : 0, c.cursor - 1};
}

}  // namespace logkit::detail
