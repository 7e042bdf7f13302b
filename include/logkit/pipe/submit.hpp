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

#include <logkit/base/exceptions.hpp>
#include <logkit/call/careful_format.hpp>
#include <logkit/call/logger.hpp>
#include <logkit/context/context.hpp>
#include <logkit/pipe/frame_writer.hpp>

namespace logkit::detail {

[[nodiscard, gnu::always_inline]] inline level floor_in_force(logger_binding const* binding) noexcept {
    return binding == nullptr ? gate.floor.load(std::memory_order_relaxed) : binding->floor.get();
}

// As far as is known here: before the engine has started, and before the flow has a context, all gates stand
// open.
[[nodiscard, gnu::always_inline]] inline bool seems_to_pass(logger_binding const* binding, level severity) noexcept {
    return severity >= floor_in_force(binding) && (severity > level::info || this_flow.current->node->is_kept);
}

inline bool passes_gates(logger_binding const* binding, level severity) noexcept {
    if (severity >= level::off || !seems_to_pass(binding, severity) || this_inside.is_inside) return false;
    ensure_started();
    (void)current_node();
    return seems_to_pass(binding, severity);
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
inline constexpr bool is_formatted_later = role_of<A> != role::positional ||
                                           (std::is_arithmetic_v<A> && !std::is_same_v<A, char> && sizeof(A) <= 8) ||
                                           std::is_convertible_v<A const&, const char*> ||
                                           std::is_same_v<A, std::string> || std::is_same_v<A, std::string_view>;

template <level Severity, class... A>
[[gnu::always_inline]] inline bool submit_described(logger_binding const* binding, message_text const& message,
                                                    A const&... arguments) noexcept {
    static_assert(sizeof...(A) <= most_arguments, "logkit: at most 32 arguments in one call");
    using writer = frame_writer<operand_of<A>...>;
    std::uint64_t key = hash_mix(message.hash, static_cast<std::uint64_t>(Severity));
    ((key = hash_mix(key, name_hash_of(arguments) + static_cast<std::uint64_t>(kind_of<operand_of<A>>) +
                              (static_cast<std::uint64_t>(role_of<A>) << 8))),
     ...);
    // Reducing may run code that logs, and that may take the site's place in the cache: look after it.
    return [&](auto const&... reduced) __attribute__((always_inline)) {
        thread_slot& slot = this_slot;
        site_entry const& entry = slot.entry_of(key);
        if (entry.key != salted(key)) [[unlikely]]
            return writer::template write_first<Severity>(roles<role_of<A>...>{}, binding, key, message.text,
                                                          message.where.file, message.where.line, name_of(arguments)...,
                                                          as_operand(reduced)...);
        return writer::write(slot, entry.site, binding, as_operand(reduced)...);
    }
    (reduced_value_of(arguments)...);
}

// Builds the event on the caller's side, then goes on as if it were a field.
template <level Severity, class... A>
[[gnu::noinline]] bool submit_formatted(logger_binding const* binding, message_text const& message,
                                        A const&... arguments) noexcept {
    const auto pick = [](auto const& argument) {
        using argument_type = std::remove_cvref_t<decltype(argument)>;
        if constexpr (role_of<argument_type> == role::positional)
            return std::tuple<decltype(placeholder_value(argument))>(placeholder_value(argument));
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
    LOGKIT_TRY {
        const inside_scope inside;
        std::apply([&](auto const&... values) { event = format_carefully(message.text, values...); },
                   std::tuple_cat(pick(arguments)...));
    }
    LOGKIT_CATCH_ALL {
        event.clear();  // a formatter threw, or memory is out: the bare message is better than none
    }
    const std::string_view text = event.empty() ? std::string_view{message.text} : std::string_view{event};
    return submit_described<Severity>(binding, message, formatted_event{text}, pass_on(arguments)...);
}

// Does reducing the argument run code that is not ours? Then the gates must be asked exactly, before that.
// For all others it is soon enough when the site is entered.
template <class A>
inline constexpr bool runs_code = false;
template <class V>
inline constexpr bool runs_code<field<V>> = is_by_reference<V>;

template <level Severity, class... A>
[[gnu::always_inline]] inline bool submit(logger_binding const* binding, message_text const& message,
                                          A const&... arguments) noexcept {
    if (!seems_to_pass(binding, Severity)) return false;
    if constexpr ((runs_code<A> || ...) || !(is_formatted_later<A> && ...)) {
        if (this_inside.is_inside) return refuse_record();
        if (!passes_gates(binding, Severity)) return false;
    }
    if constexpr ((is_formatted_later<A> && ...))
        return submit_described<Severity>(binding, message, arguments...);
    else
        return submit_formatted<Severity>(binding, message, arguments...);
}

}  // namespace logkit::detail
