// SPDX-License-Identifier: MIT
#pragma once

// From reduced values to a published frame: once per list of kinds. Stage: pipe.
//
//   write            the straight way: nothing to be done but stores; calls nothing, so needs no stack
//   write_with_care  the same for every case: context or logger to be told first, redaction, no room
//   write_first      a site's first record on this thread: enters the site, then writes
//
// Each hands its arguments on whole, so that the one before keeps nothing alive across a call.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <logkit/base/clock.hpp>
#include <logkit/base/failpoint.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/call/binding.hpp>
#include <logkit/call/field_block.hpp>
#include <logkit/call/site_description.hpp>
#include <logkit/context/flow.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

// The roles of a call's arguments, as a type.
template <role... R>
struct roles {};

template <class... V>
struct frame_writer {
    // True if the record is in the ring. The site is in the thread's cache (thread_slot::entry_of).
    [[gnu::noinline]] static bool write(logger_binding const* binding, std::uint64_t key, V... values) noexcept {
        thread_slot& slot = this_slot;
        std::uint32_t site = slot.entry_of(key).site.number;
        const std::size_t size = frame_size(values...);
        if (this_flow.current->node->id != this_inside.straight_context || (site & care_bit) != 0 ||
            !slot.ring.has_room(size)) [[unlikely]]
            return write_with_care(binding, key, values...);
        if (binding != nullptr) [[unlikely]] {
            if (binding->id != slot.binding_id) return write_with_care(binding, key, values...);
            site |= bound_bit;
        }
        std::byte* to = slot.ring.take(size);
        reached(step::reserve);
        to = place_header(to, size, site, hardware_ticks());
        ((to = encode(to, values)), ...);
        reached(step::payload);
        return publish(slot);
    }

    template <level Severity, role... R>
    [[gnu::noinline, gnu::cold]] static bool write_first(roles<R...>, logger_binding const* binding, std::uint64_t key,
                                                         V... values, const char* event, const char* file,
                                                         std::uint32_t line, name_for<V>... names) noexcept {
        const argument_description described[] = {argument_description{names, R, kind_of<V>}..., {}};
        const site_description description{event, {file, "", line}, Severity, described, sizeof...(V)};
        if constexpr (((R == role::positional && kind_of<V> != kind::null) || ...)) (void)is_formatter_known<void>;
        return enter_site(this_slot.entry_of(key), key, binding, description) &&
               write_with_care(binding, key, values...);
    }

  private:
    [[gnu::noinline, gnu::cold]] static bool write_with_care(logger_binding const* binding, std::uint64_t key,
                                                             V... values) noexcept {
        thread_slot& slot = this_slot;
        site_number site = slot.entry_of(key).site;
        ((values = clamped(values)), ...);
        const bool is_hashed = (site.number & hash_bit) != 0;
        site.number &= ~(care_bit | hash_bit);
        const std::size_t size = frame_size(values...) + (is_hashed ? room_for_masks(site.redacted) : 0);
        if (slot.ring.may_grow && !slot.ring.has_room(size)) grow_ring(slot, size);
        if (this_flow.current->node->id != this_inside.straight_context && !publish_context(slot)) return false;
        if (binding != nullptr) {
            if (binding->id != slot.binding_id && !publish_binding(slot, *binding)) return false;
            site.number |= bound_bit;
        }
        const auto encode_frame = [&](std::byte* to) {
            to = place_header(to, size, site.number, ticks());
            std::uint32_t bit = 1;
            (((to = (site.redacted & bit) == 0 ? encode(to, values)
                    : is_hashed                ? encode_mask(to, values)
                                               : to),
              bit <<= 1),
             ...);
        };
        if (slot.ring.has_room(size) || find_room(slot, size)) {
            encode_frame(slot.ring.take(size));
            return publish(slot);
        }
        const inside_scope inside;
        const std::unique_ptr<std::byte[]> frame(new (std::nothrow) std::byte[size]{});
        if (frame == nullptr) {
            count_drop(slot);
            return false;
        }
        encode_frame(frame.get());
        return publish_slowly(slot, frame.get(), size);
    }

    // What is secret by its type has no hash.
    template <class Value>
    [[nodiscard]] static std::byte* encode_mask(std::byte* to, Value const& value) noexcept {
        if constexpr (kind_of<Value> == kind::redacted)
            return to;
        else
            return encode_hash_mask(to, tag_operand(value));
    }
    [[nodiscard]] static std::size_t room_for_masks(std::uint32_t redacted) noexcept {
        constexpr std::size_t each = encoded_size(bytes_operand<kind::hashed>("", hash_mask_size));
        static_assert(each % frame_alignment == 0);
        return static_cast<std::size_t>(std::popcount(redacted)) * each;
    }

    [[nodiscard, gnu::always_inline]] static std::size_t frame_size(V const&... values) noexcept {
        return align_up(sizeof(frame_header) + (encoded_size(values) + ... + 0), frame_alignment);
    }

    [[nodiscard, gnu::always_inline]] static std::byte* place_header(std::byte* to, std::size_t size,
                                                                     std::uint32_t site, std::uint64_t at) noexcept {
        to = store(to, static_cast<std::uint32_t>(size));
        to = store(to, site);
        return store(to, at);
    }

    [[gnu::always_inline]] static bool publish(thread_slot& slot) noexcept {
        slot.ring.publish();
        reached(step::publish);
        if (gate.attention.load(std::memory_order_relaxed) != 0) [[unlikely]]
            return attend();
        return true;
    }
};

}  // namespace logkit::detail
