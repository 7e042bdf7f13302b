// SPDX-License-Identifier: MIT
#pragma once

// The hot path: from a call's arguments to a published frame. Stage: pipe.
//
//   inlined at the call:   level gate → sampling gate → site cache → reduce the arguments
//   once per list of kinds (write_frame):  context still published? room? header, values, publish
//
// Everything rare is behind the door (pipe/thread_slot.hpp). The caller formats nothing, allocates nothing
// and takes no lock.

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <logkit/base/clock.hpp>
#include <logkit/call/logger.hpp>
#include <logkit/context/flow.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

inline bool passes_gates(logger_binding const* binding, level severity) noexcept {
    ensure_started();
    if (severity >= level::off) return false;
    const level floor = binding == nullptr ? gate.floor.load(std::memory_order_relaxed)
                                           : binding->floor->floor.load(std::memory_order_relaxed);
    return severity >= floor && (severity > level::info || this_flow.current->node->is_kept);
}

template <class... V>
[[gnu::always_inline]] inline void encode_frame(std::byte* to, std::size_t size, std::uint32_t site,
                                                std::uint32_t redacted, V const&... values) noexcept {
    to = store(to, frame_header{static_cast<std::uint32_t>(size), site, ticks()});
    if (redacted == 0) [[likely]] {
        ((to = encode(to, values)), ...);
    } else {
        std::uint32_t bit = 1;
        (((to = (redacted & bit) != 0 ? to : encode(to, values)), bit <<= 1), ...);
    }
}

// The frame did not fit: build it aside and take the slow way. Out of the hot function's sight.
template <class... V>
[[gnu::noinline, gnu::cold]] bool write_frame_slowly(thread_slot& slot, std::size_t size, std::uint32_t site,
                                                     std::uint32_t redacted, V... values) noexcept {
    const std::unique_ptr<std::byte[]> frame(new (std::nothrow) std::byte[size]{});
    if (frame == nullptr) {
        count_drop(slot);
        return false;
    }
    encode_frame(frame.get(), size, site, redacted, values...);
    return publish_slowly(slot, frame.get(), size);
}

template <class... V>
[[gnu::noinline]] bool write_frame(thread_slot& slot, site_entry entry, logger_binding const* binding,
                                   V... values) noexcept {
    if (this_flow.current->node->id != slot.context_id) [[unlikely]]
        if (!publish_context(slot)) return false;
    std::uint32_t site = entry.site;
    if (binding != nullptr) {
        if (binding->id != slot.binding_id && !publish_binding(slot, *binding)) return false;
        site |= bound_bit;
    }
    const std::size_t size =
        align_up(sizeof(frame_header) + (encoded_size(values) + ... + 0), frame_alignment);
    if (!slot.ring.has_room(size)) [[unlikely]]
        if (!find_room(slot, size)) return write_frame_slowly(slot, size, site, entry.redacted, values...);
    encode_frame(slot.ring.place(), size, site, entry.redacted, values...);
    slot.ring.publish(size);
    if (gate.attention.load(std::memory_order_relaxed) != 0) [[unlikely]]
        attend();
    return true;
}

// The event, formatted by the caller, and a placeholder's argument that it has used up.
struct formatted_event {
    std::string_view text;
};
struct used_argument {};

template <class A>
inline constexpr role role_of = is_field<A>                             ? role::field
                                : std::is_same_v<A, exception_argument> ? role::exception
                                : std::is_same_v<A, formatted_event>    ? role::event
                                                                        : role::positional;

template <class A>
[[nodiscard, gnu::always_inline]] constexpr const char* name_of(A const& argument) noexcept {
    if constexpr (is_field<A>)
        return argument.name.name();
    else
        return nullptr;
}
template <class A>
[[nodiscard, gnu::always_inline]] constexpr std::uint64_t name_hash_of(A const& argument) noexcept {
    if constexpr (is_field<A>)
        return argument.name.hash();
    else
        return 0;
}
template <class A>
[[nodiscard, gnu::always_inline]] constexpr auto reduced_value_of(A const& argument) noexcept {
    if constexpr (is_field<A>)
        return reduce_argument(argument.value, argument.name.name());
    else if constexpr (std::is_same_v<A, formatted_event>)
        return text_operand{argument.text};
    else if constexpr (std::is_same_v<A, used_argument>)
        return null_operand{};
    else
        return reduce_argument(argument, "");
}
template <class A>
using operand_of = operand_type<decltype(reduced_value_of(std::declval<A const&>()))>;

// Can the backend fill the placeholder? It has numbers, booleans and text; any other type has a formatter
// that only the caller can run.
template <class A>
inline constexpr bool is_formatted_later =
    role_of<A> != role::positional ||
    (std::is_arithmetic_v<A> && !std::is_same_v<A, char> && sizeof(A) <= 8) ||
    std::is_convertible_v<A const&, const char*> || std::is_same_v<A, std::string> ||
    std::is_same_v<A, std::string_view>;

template <level Severity, class... A>
[[gnu::always_inline]] inline bool emit_described(logger_binding const* binding, message_text const& message,
                                                  A const&... arguments) noexcept {
    static_assert(sizeof...(A) <= most_arguments, "logkit: at most 32 arguments in one call");
    thread_slot& slot = this_slot;
    std::uint64_t key = hash_mix(message.hash, static_cast<std::uint64_t>(Severity));
    ((key = hash_mix(key, name_hash_of(arguments) + static_cast<std::uint64_t>(kind_of<operand_of<A>>) +
                              (static_cast<std::uint64_t>(role_of<A>) << 8))),
     ...);
    key ^= gate.salt.load(std::memory_order_relaxed);
    site_entry& entry = slot.sites[key % site_cache_size];
    if (entry.key != key) [[unlikely]] {
        const argument_description described[] = {
            argument_description{name_of(arguments), role_of<A>, kind_of<operand_of<A>>}..., {}};
        if (!enter_site(entry, key, binding,
                        {message.text, message.where, Severity, described, sizeof...(A)}))
            return false;
    }
    // A copy: reducing may run code that logs, and that may take this place in the cache.
    const site_entry chosen = entry;
    return [&](auto const&... reduced) {
        return write_frame<operand_of<A>...>(slot, chosen, binding, as_operand(reduced)...);
    }(reduced_value_of(arguments)...);
}

// Builds the event on the caller's side, then goes on as if it were a field.
template <level Severity, class... A>
[[gnu::noinline]] bool emit_formatted(logger_binding const* binding, message_text const& message,
                                      A const&... arguments) noexcept {
    const auto pick = [](auto const& argument) {
        if constexpr (role_of<std::remove_cvref_t<decltype(argument)>> == role::positional)
            return std::tie(argument);
        else
            return std::tuple<>{};
    };
    const auto pass_on = [](auto const& argument) -> decltype(auto) {
        if constexpr (role_of<std::remove_cvref_t<decltype(argument)>> == role::positional)
            return used_argument{};
        else
            return (argument);
    };
    std::string event;
    try {
        std::apply([&](auto const&... values) { event = format_text(message.text, values...); },
                   std::tuple_cat(pick(arguments)...));
    } catch (...) {
        event.clear();  // a formatter threw, or memory is out: the bare message is better than none
    }
    const std::string_view text = event.empty() ? std::string_view{message.text} : std::string_view{event};
    return emit_described<Severity>(binding, message, formatted_event{text}, pass_on(arguments)...);
}

template <level Severity, class... A>
[[gnu::always_inline]] inline bool emit(logger_binding const* binding, message_text const& message,
                                        A const&... arguments) noexcept {
    const level floor = binding == nullptr ? gate.floor.load(std::memory_order_relaxed)
                                           : binding->floor->floor.load(std::memory_order_relaxed);
    if (Severity < floor) return false;
    if constexpr (Severity <= level::info)
        if (!this_flow.current->node->is_kept) return false;
    if constexpr ((is_formatted_later<A> && ...))
        return emit_described<Severity>(binding, message, arguments...);
    else
        return emit_formatted<Severity>(binding, message, arguments...);
}

}  // namespace logkit::detail
