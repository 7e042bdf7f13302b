// SPDX-License-Identifier: MIT
#pragma once

// The hot path's first half, inlined at each call: level gate → sampling gate → reduce the arguments → site
// cache. The second is in pipe/frame_writer.hpp; everything rare is behind the door (pipe/thread_slot.hpp).
// Stage: pipe. The caller formats nothing, allocates nothing and takes no lock.

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <logkit/call/logger.hpp>
#include <logkit/context/context.hpp>
#include <logkit/pipe/frame_writer.hpp>

namespace logkit::detail {

[[nodiscard, gnu::always_inline]] inline level floor_in_force(logger_binding const* binding) noexcept {
    return binding == nullptr ? gate.floor.load(std::memory_order_relaxed)
                              : binding->floor->floor.load(std::memory_order_relaxed);
}

// A gate is closed; or it is only that the engine has not started, or the flow has no context yet.
[[gnu::noinline, gnu::cold]] inline bool passes_gates_after_all(logger_binding const* binding,
                                                                level severity) noexcept {
    ensure_started();
    if (severity < floor_in_force(binding)) return false;
    context_node const& node = current_node();
    return severity > level::info || node.is_kept || &node == &nowhere;  // nowhere: no memory for a context
}

[[gnu::always_inline]] inline bool passes_gates(logger_binding const* binding, level severity) noexcept {
    const level floor = floor_in_force(binding);
    if (severity < floor) {
        if (floor != floor_before_start) [[likely]]
            return false;
        return severity < level::off && passes_gates_after_all(binding, severity);
    }
    if (severity > level::info) return severity < level::off;
    context_node const* node = this_flow.current->node;
    return node->is_kept || (node == &nowhere && passes_gates_after_all(binding, severity));
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
    using writer = frame_writer<operand_of<A>...>;
    std::uint64_t key = hash_mix(message.hash, static_cast<std::uint64_t>(Severity));
    ((key = hash_mix(key, name_hash_of(arguments) + static_cast<std::uint64_t>(kind_of<operand_of<A>>) +
                              (static_cast<std::uint64_t>(role_of<A>) << 8))),
     ...);
    // Reducing may run code that logs, and that may take the site's place in the cache: look after it.
    return [&](auto const&... reduced) {
        thread_slot& slot = this_slot;
        const std::uint64_t salted = key ^ gate.salt.load(std::memory_order_relaxed);
        site_entry& entry = slot.entry_of(key);
        if (entry.key != salted) [[unlikely]]
            return writer::template write_first<Severity>(
                roles<role_of<A>...>{}, slot, entry, salted, binding, message.text, message.where.file,
                message.where.line, name_of(arguments)..., as_operand(reduced)...);
        return writer::write(slot, entry.site, binding, as_operand(reduced)...);
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
    if (!passes_gates(binding, Severity)) return false;
    if constexpr ((is_formatted_later<A> && ...))
        return emit_described<Severity>(binding, message, arguments...);
    else
        return emit_formatted<Severity>(binding, message, arguments...);
}

}  // namespace logkit::detail
