// SPDX-License-Identifier: MIT
#pragma once

// The engine's side of the door: every function that the call side declares and does not define. Stage:
// control. None throws; without memory a record is dropped and counted.

#include <pthread.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <logkit/base/hex.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/base/pinned_code.hpp>
#include <logkit/base/platform.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/context/capture.hpp>
#include <logkit/control/engine.hpp>
#include <logkit/control/fatal.hpp>
#include <logkit/pipe/context_frame.hpp>
#include <logkit/pipe/submit.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

// Inside, whoever asks is part of a start that is not over, or is not to be answered.
LOGKIT_DOOR void ensure_started() noexcept {
    if (this_inside.is_inside) return;
    const inside_scope inside;
    engine& e = engine::instance();
    if (e.is_configured()) [[likely]]
        return;
    try {
        e.configure_from_environment_once();
    } catch (std::exception const& error) {  // memory, at the very start
        say_on_standard_error("cannot start: %s", error.what());
    }
}

LOGKIT_DOOR floor_reference floor_of(std::string_view name) {
    // What such a logger logs is refused as long as that lasts.
    static constinit level_floor floor_inside;
    if (this_inside.is_inside || engine::instance().is_lost()) return floor_reference(floor_inside);
    ensure_started();
    const inside_scope inside;
    return engine::instance().levels().floor_of(name);
}

// Before there is a policy, and where it cannot be asked, everything is hidden.
LOGKIT_DOOR visibility visibility_of(std::string_view path, std::string_view name) noexcept {
    ensure_started();
    const inside_scope inside;
    redaction_policy const* const policy = engine::instance().redacted_by();
    if (policy == nullptr) return visibility::masked;
    try {
        if (!policy->keys.hides(path, name)) return visibility::shown;
    } catch (...) {  // no memory
    }
    counted_rule const& rule = policy->values.by_key();
    if (!path.empty()) rule.masked.fetch_add(1, std::memory_order_relaxed);
    return rule.is_hashed ? visibility::hashed : visibility::masked;
}

LOGKIT_DOOR void write_hash_mask(char (&to)[hash_mask_size], std::string_view json) noexcept {
    redaction_policy const* const policy = engine::instance().redacted_by();
    std::memcpy(to, "***:", 4);
    if (policy != nullptr && policy->values.by_key().is_hashed)
        (void)write_hex(to + 4, policy->values.hash_of(within_quotes(json)));
    else
        std::memset(to + 4, '0', sizeof to - 4);
}
LOGKIT_DOOR void write_hash_mask(char (&to)[hash_mask_size], tagged_operand const& v) noexcept {
    const inside_scope inside;
    std::string json;
    try {
        append_json(json, v);
    } catch (...) {  // no memory: all of these are one
    }
    write_hash_mask(to, json);
}

// The old fields and the new; a new one replaces the old of its name, or, if it is null, only removes it.
[[nodiscard]] inline std::string merged_fields(std::string_view old, std::string_view added) {
    const auto each = [](std::string_view block, auto&& fn) {
        for_each_field(reinterpret_cast<std::byte const*>(block.data()), block.size(), fn);
    };
    std::string merged;
    const auto keep = [&](block_field const& f) {
        merged.append(f.key.data() - field_header_size, reinterpret_cast<const char*>(f.end));
    };
    each(old, [&](block_field const& f) {
        bool is_replaced = false;
        each(added, [&](block_field const& g) { is_replaced |= f.key == g.key; });
        if (!is_replaced) keep(f);
    });
    each(added, [&](block_field const& f) {
        if (f.encoding != kind::null) keep(f);
    });
    return merged;
}

LOGKIT_DOOR void set_global_fields(std::string_view block) {
    if (this_inside.is_inside) return say_on_standard_error("global_context() is not for sinks and processors");
    ensure_started();
    const inside_scope inside;
    try {
        engine::instance().change_globals([&](std::string_view old) { return merged_fields(old, block); });
    } catch (std::exception const& error) {
        say_on_standard_error("global fields stay as they were: %s", error.what());
    }
}

// A thread gives back its ring and its context when it exits. What it logs after that, from the destructors
// of other thread-specific data, gets a ring anew, and the key's destructor runs once more.
inline void leave_thread(void*) {
    const inside_scope inside;
    if (this_slot.owned != nullptr) engine::instance().parts().rings.give_back(*this_slot.owned);
    this_slot = thread_slot{};
    this_inside.tell(0);
    context_node const* node = std::exchange(this_flow.own.node, &nowhere);
    if (this_flow.current == &this_flow.own) this_flow.current = &nowhere_cell;
    release(node);
    this_stash.empty();
    this_node_memory.clear();
    take_handler_stack();
}

LOGKIT_DOOR void watch_thread_exit() noexcept {
    static const pthread_key_t key = [] {
        pthread_key_t made{};
        (void)pthread_key_create(&made, &leave_thread);
        return made;
    }();
    (void)pthread_setspecific(key, &this_slot);
}

inline void leave_stale_ring(thread_slot& slot);

LOGKIT_DOOR bool enter_site(site_entry& entry, std::uint64_t key, logger_binding const* binding,
                            site_description const& description) noexcept {
    if (this_inside.is_inside || engine::instance().is_lost()) return refuse_record();
    if (!passes_gates(binding, description.severity)) return false;
    const inside_scope inside;
    const std::uint64_t salted_key = salted(key);
    std::uint32_t redacted = 0;
    std::atomic_thread_fence(std::memory_order_acquire);  // the policy is as new as the salt in the key
    try {
        engine& e = engine::instance();
        leave_stale_ring(this_slot);
        pinned_code::pin(description.event);
        pinned_code::pin(description.where.file);
        pinned_code::pin(reinterpret_cast<void const*>(known_formatter.load(std::memory_order_relaxed)));
        redaction_policy const* const policy = e.redacted_by();
        const bool is_hashed = policy != nullptr && policy->values.by_key().is_hashed;
        argument_description seen[most_arguments];
        for (std::size_t i = 0; i < description.argument_count; ++i) {
            seen[i] = description.arguments[i];
            if (seen[i].what != role::field || (policy != nullptr && !policy->keys.hides({}, seen[i].key))) continue;
            redacted |= 1U << i;
            if (is_hashed && seen[i].encoding != kind::redacted) seen[i].encoding = kind::hashed;
        }
        const std::uint32_t number = e.sites().number_of(
            is_hashed ? ~key : key,
            {description.event, description.where, description.severity, seen, description.argument_count}, redacted);
        std::uint32_t care = redacted != 0 || is_test_clock_on() ? care_bit : 0;
        if (care != 0 && is_hashed) care |= hash_bit;
        entry = {salted_key, {number | care, redacted}};
        return true;
    } catch (...) {  // out of memory: the record is lost
    }
    count_drop(this_slot);
    return false;
}

LOGKIT_DOOR void count_drop(thread_slot& slot) noexcept {
    if (slot.ring.shared != nullptr)
        slot.ring.shared->dropped.fetch_add(1, std::memory_order_relaxed);
    else
        engine::instance().parts().rings.count_loss();
}

// Publishes a frame made of a header and up to four pieces of payload. It makes no record, so it needs no
// time: the earliest of all lets the drain take it at once.
inline bool publish_control(thread_slot& slot, std::uint32_t kind_of_frame, std::string_view a, std::string_view b = {},
                            std::string_view c = {}, std::string_view d = {}) noexcept {
    const std::size_t size =
        align_up(sizeof(frame_header) + a.size() + b.size() + c.size() + d.size(), frame_alignment);
    const auto write = [&](std::byte* to) {
        to = store(to, frame_header{static_cast<std::uint32_t>(size), kind_of_frame, 0});
        for (const std::string_view piece : {a, b, c, d}) {
            if (!piece.empty()) std::memcpy(to, piece.data(), piece.size());
            to += piece.size();
        }
    };
    if (slot.ring.has_room(size) || find_room(slot, size)) {
        write(slot.ring.take(size));
        slot.ring.publish();
        return true;
    }
    const inside_scope inside;
    const std::unique_ptr<std::byte[]> frame(new (std::nothrow) std::byte[size]{});
    if (frame == nullptr) {
        count_drop(slot);
        return false;
    }
    write(frame.get());
    return publish_slowly(slot, frame.get(), size);
}

// Gets this thread a ring of that size in the place of the one that it has, and tells the backend whose it is now.
// Throws when there is none to be had, and then all is as it was.
inline void take_ring(thread_slot& slot, std::size_t capacity) {
    engine& e = engine::instance();
    channel_pool& rings = e.parts().rings;
    for (bool is_of_this_journal = false; !is_of_this_journal;) {
        const std::uint64_t before = rings.retirements();
        journal* const where = e.ensure_journal();
        slot.owned = &rings.acquire(capacity, where, slot.owned);
        is_of_this_journal = rings.retirements() == before;
    }
    channel& c = *slot.owned;
    ring_head& shared = c.shared();
    slot.ring = {c.bytes, c.mask,  shared.write.load(std::memory_order_relaxed),
                 0,       &shared, capacity < e.current().ring_kb * 1024};
    slot.binding_id = 0;
    this_inside.tell(0);
    const std::string label = is_main_thread() ? std::string{} : thread_label();
    const auto length = static_cast<std::uint32_t>(label.size());
    (void)publish_control(slot, thread_frame, bytes_of(length), label);
}

// Gets this thread its first ring.
inline bool enter_thread(thread_slot& slot) noexcept {
    const inside_scope inside;
    engine& e = engine::instance();
    if (e.is_lost()) return refuse_record();
    try {
        watch_thread_exit();
        take_ring(slot, first_ring_size(e.current().ring_kb * 1024));
        if (e.words() != nullptr) give_handler_stack();
        e.ensure_backend();
        return true;
    } catch (std::exception const& error) {
        static constinit std::atomic<bool> is_said{false};
        if (!is_said.exchange(true)) say_on_standard_error("%s; records of this thread are lost", error.what());
        count_drop(slot);
        return false;
    }
}

// A ring of a journal that is gone is changed for one of the journal that there is now.
inline void leave_stale_ring(thread_slot& slot) {
    if (slot.owned == nullptr || !slot.owned->is_stale) return;
    take_ring(slot, first_ring_size(engine::instance().current().ring_kb * 1024));
    engine::instance().ensure_backend();
}

// A larger ring whose states have room for that much, as far as the settings allow.
inline void grow_ring_for_state(thread_slot& slot, std::size_t size) noexcept {
    const inside_scope inside;
    const std::size_t most = engine::instance().current().ring_kb * 1024, capacity = slot.ring.mask + 1;
    std::size_t next = capacity;
    while (next < most && state_room(next) < size) next = next_ring_size(next, most);
    try {
        if (next > capacity) take_ring(slot, next);
    } catch (...) {  // no memory: recovery will have the ids
    }
}

LOGKIT_DOOR void grow_ring(thread_slot& slot, std::size_t size) noexcept {
    if (this_inside.is_inside || slot.owned == nullptr) return;
    const std::size_t capacity = slot.ring.mask + 1;
    const std::uint64_t unread = slot.ring.write - slot.ring.shared->read.load(std::memory_order_acquire);
    if (size <= capacity / 2 && unread < capacity / 4) return;  // only time to see how far the backend has come
    const inside_scope inside;
    const std::size_t most = engine::instance().current().ring_kb * 1024;
    std::size_t next = next_ring_size(capacity, most);
    while (next < most && size > next / 2) next = next_ring_size(next, most);
    try {
        if (next > capacity) take_ring(slot, next);
    } catch (...) {  // no memory: the small one has to do
        slot.ring.may_grow = false;
    }
}

LOGKIT_DOOR bool publish_context(thread_slot& slot) noexcept {
    if (this_inside.is_inside) return refuse_record();
    context_node const& node = current_node();
    if (slot.ring.shared == nullptr && !enter_thread(slot)) return false;
    char outer[512];
    const std::uint32_t owner = owner_of_span(node);
    const context_header header = header_of(node, owner, owner == 0 ? 0 : tell_outer_spans(node, outer, sizeof outer));
    const std::string_view fields(reinterpret_cast<const char*>(node.fields()),
                                  std::size_t{node.context_size} + node.span_size);
    // So large that recovery could not note it beside a small ring.
    const std::size_t size = header.payload_size() + sizeof(frame_header);
    if (slot.ring.may_grow && size > state_room(slot.ring.mask + 1) / 2) [[unlikely]]
        grow_ring_for_state(slot, 2 * size);
    if (!publish_control(slot, context_frame, bytes_of(header), fields, node.span_name, {outer, header.outer_size}))
        return false;
    slot.ring.shared->is_left.store(0, std::memory_order_release);
    this_inside.tell(node.id);
    if (owner == context_is_coroutine) node.span->is_told.store(true, std::memory_order_relaxed);
    return true;
}

LOGKIT_DOOR bool publish_binding(thread_slot& slot, logger_binding const& binding) noexcept {
    const binding_header header{static_cast<std::uint32_t>(binding.name.size()),
                                static_cast<std::uint32_t>(binding.fields.size())};
    if (!publish_control(slot, binding_frame, bytes_of(header), binding.name, binding.fields)) {
        return false;
    }
    slot.binding_id = binding.id;
    return true;
}

// The limit is put at half a ring ahead at most: crossing it is the moment to see whether the backend dozes.
LOGKIT_DOOR bool find_room(thread_slot& slot, std::size_t size) noexcept {
    ring_writer& ring = slot.ring;
    if (ring.shared == nullptr || size > (ring.mask + 1) / 2) return false;
    const std::uint64_t capacity = ring.mask + 1;
    const std::uint64_t read = ring.shared->read.load(std::memory_order_acquire);
    const std::uint64_t ahead = ring.write + capacity / 2;
    ring.limit = read + capacity < ahead ? read + capacity : ahead;
    if (ring.write - read >= capacity / 4) engine::instance().parts().drainer.hurry();
    return ring.has_room(size);
}

// Waits until `size` bytes are free, as the settings allow.
inline bool wait_for_room(thread_slot& slot, std::size_t size, bool may_wait) noexcept {
    if (find_room(slot, size)) return true;
    if (!may_wait) return false;
    const std::uint64_t needed = slot.ring.write + size - (slot.ring.mask + 1);
    return engine::instance().parts().drainer.wait_for_progress(*slot.ring.shared, needed) && find_room(slot, size);
}

// A frame larger than half its ring: in parts, each of which waits for its turn whatever LOG_OVERFLOW says,
// and then until the whole is delivered, for the backend holds the parts in memory meanwhile.
inline bool publish_in_parts(thread_slot& slot, std::byte const* frame, std::size_t size) noexcept {
    const std::size_t part = (slot.ring.mask + 1) / 4;
    for (std::size_t done = 0; done < size;) {
        const auto length = static_cast<std::uint32_t>(size - done < part ? size - done : part);
        const bool is_last = done + length == size;
        const std::size_t needed = align_up(sizeof(frame_header) + 4 + length, frame_alignment);
        if (!wait_for_room(slot, needed, true)) return false;
        std::byte* to = store(slot.ring.take(needed), frame_header{static_cast<std::uint32_t>(needed),
                                                                   is_last     ? last_part_frame
                                                                   : done == 0 ? first_part_frame
                                                                               : part_frame,
                                                                   ticks()});
        std::memcpy(store(to, length), frame + done, length);
        slot.ring.publish();
        done += length;
    }
    return engine::instance().parts().drainer.wait_for_progress(*slot.ring.shared, slot.ring.write);
}

LOGKIT_DOOR bool publish_slowly(thread_slot& slot, std::byte const* frame, std::size_t size) noexcept {
    if (slot.ring.shared == nullptr) return false;
    engine& e = engine::instance();
    bool is_published = false;
    if (size > (slot.ring.mask + 1) / 2) {
        is_published = publish_in_parts(slot, frame, size);
    } else if (wait_for_room(slot, size, e.current().when_full == overflow::block)) {
        std::memcpy(slot.ring.take(size), frame, size);
        slot.ring.publish();
        is_published = true;
    }
    if (!is_published) count_drop(slot);
    if (gate.attention.load(std::memory_order_relaxed) != 0) (void)attend();
    return is_published;
}

LOGKIT_DOOR bool attend() noexcept {
    backend& drainer = engine::instance().parts().drainer;
    std::atomic_thread_fence(std::memory_order_acquire);  // who sees the bit sees that the ring is stale
    // A journal that is gone keeps nothing: what was published to its ring is written before the call returns.
    if (this_slot.owned != nullptr && this_slot.owned->is_stale) drainer.drain_here();
    drainer.attend();
    return true;
}

template <>
inline constexpr kind kind_of<span_status> = kind::boolean;  // as wide; the site's role says what it is

LOGKIT_DOOR void warn_of_lost_flow() noexcept {
    static std::atomic<bool> is_said{false};
    if (!is_said.exchange(true))
        (void)log.warning("a span ended on another flow of execution than it began on",
                          kv("remedy",
                             "a coroutine resumed by others needs propagate(executor), a propagating "
                             "promise, or with_context(awaitable); said once"));
}

// A record of the END of the span in force; false if there is none.
[[gnu::always_inline]] inline bool publish_end_record(span_end const& end) noexcept {
    level severity = end.severity;
    if (end.status == span_status::error) {
        severity = severity > level::error ? severity : level::error;
    } else if (end.status == span_status::success && end.slow_after_ns >= 0) {
        if (ticks_to_ns(ticks() - end.started) <= static_cast<std::uint64_t>(end.slow_after_ns)) return false;
        severity = level::warning;
    }
    // The engine has started, and the flow has a context: the span was opened.
    if (severity >= level::off || !seems_to_pass(nullptr, severity)) return false;
    using writer = frame_writer<std::uint64_t, span_status, text_operand, exception_operand>;
    const std::uint64_t key = hash_mix(end.site, 0x454e4400 + static_cast<std::uint64_t>(severity));
    site_entry& entry = this_slot.entry_of(key);
    static constexpr argument_description arguments[] = {{nullptr, role::started, kind::uint64},
                                                         {nullptr, role::status, kind::boolean},
                                                         {nullptr, role::added, kind::text},
                                                         {nullptr, role::exception, kind::exception}};
    return (entry.key == salted(key) || enter_site(entry, key, nullptr, {"END", end.where, severity, arguments, 4})) &&
           writer::write(nullptr, key, end.started, end.status, end.added, end.exception);
}

LOGKIT_DOOR void publish_span_end(span_end const& end) noexcept {
    if (publish_end_record(end)) return;
    // Recovery must not take a coroutine's span for open that ended without a record.
    context_node const* const span = this_flow.current->node->span;
    if (span == nullptr || this_inside.is_inside || this_slot.ring.shared == nullptr ||
        !span->is_told.load(std::memory_order_relaxed))
        return;
    (void)publish_control(this_slot, span_over_frame, bytes_of(span->span_id));
}

}  // namespace logkit::detail
