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

// An argument, its value reduced. The functions from here to the frame are few on purpose: the compiler inlines each of
// them into every call.
template <class Reduced>
struct call_argument {
    const char* name;
    std::uint64_t name_hash;
    Reduced value;
};
template <class A>
[[nodiscard, gnu::always_inline]] constexpr auto prepared(A const& argument) noexcept {
    if constexpr (is_field<A>) {
        const key& name = argument.name;
        if constexpr (kind_of<std::remove_cvref_t<decltype(argument.value)>> != kind::null)
            return call_argument<decltype(argument.value)>{name.name(), name.hash(), argument.value};
        else
            return call_argument<decltype(reduce_argument(argument.value, ""))>{
                name.name(), name.hash(), reduce_argument(argument.value, name.name())};
    } else if constexpr (std::is_same_v<A, formatted_event>) {
        return call_argument<text_operand>{nullptr, 0, {argument.text}};
    } else if constexpr (std::is_same_v<A, used_argument>) {
        return call_argument<null_operand>{nullptr, 0, {}};
    } else {
        return call_argument<decltype(reduce_argument(argument, ""))>{nullptr, 0, reduce_argument(argument, "")};
    }
}
template <class A>
using operand_of = operand_type<decltype(prepared(std::declval<A const&>()).value)>;

// Can the backend fill the placeholder? It has numbers, booleans and text; any other type has a formatter
// that only the caller can run.
template <class A>
inline constexpr bool is_formatted_later = role_of<A> != role::positional ||
                                           (std::is_arithmetic_v<A> && !std::is_same_v<A, char> && sizeof(A) <= 8) ||
                                           std::is_convertible_v<A const&, const char*> ||
                                           std::is_same_v<A, std::string> || std::is_same_v<A, std::string_view>;

// What a site prints besides its event and its names, as far as types tell it.
template <level Severity, class... A>
[[nodiscard]] consteval std::uint64_t shape_hash() noexcept {
    std::uint64_t hash = static_cast<std::uint64_t>(Severity);
    ((hash = hash_mix(hash, static_cast<std::uint64_t>(kind_of<operand_of<A>>) | static_cast<std::uint64_t>(role_of<A>)
                                                                                     << 8)),
     ...);
    return hash;
}

template <level Severity, class... A>
[[gnu::always_inline]] inline bool submit_described(logger_binding const* binding, message_text const& message,
                                                    A const&... arguments) noexcept {
    static_assert(sizeof...(A) <= most_arguments, "logkit: at most 32 arguments in one call");
    // Reducing may run code that logs, and that may take the site's place in the cache: look after it.
    return [&](auto const&... argument) __attribute__((always_inline)) {
        using writer = frame_writer<operand_of<A>...>;
        std::uint64_t key = message.hash ^ shape_hash<Severity, A...>();
        ((key = (key ^ argument.name_hash) * hash_factor), ...);
        key ^= key >> 29;
        if (this_slot.entry_of(key).key != salted(key)) [[unlikely]]
            return writer::template write_first<Severity>(roles<role_of<A>...>{}, binding, key,
                                                          as_operand(argument.value)..., message.text,
                                                          message.where.file, message.where.line, argument.name...);
        return writer::write(binding, key, as_operand(argument.value)...);
    }
    (prepared(arguments)...);
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
