// SPDX-License-Identifier: MIT
#pragma once

// The first argument of a log call: a literal and where it stands, checked by the compiler. Stage: call.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <logkit/base/fmt.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/call/exception.hpp>
#include <logkit/call/field.hpp>
#include <logkit/call/placeholders.hpp>
#include <logkit/call/source_location.hpp>

namespace logkit::detail {

// What identifies a call site is what it prints: text, file name, line. Content, not addresses: two copies of
// one inline function in two shared libraries are one site.
[[nodiscard]] constexpr std::uint64_t site_hash(std::string_view text, source_location where) noexcept {
    return hash_mix(hash_mix(hash_text(text), hash_text(base_name(where.file))), where.line);
}

struct message_text {
    const char* text;
    source_location where;
    std::uint64_t hash;
};

// A message without positional arguments. Braces follow {fmt}'s rules nevertheless: "{{" is a brace. (The checks are in
// the constructors themselves, and the literal is taken by reference, for the sake of what the compiler says.)
class plain_message {
  public:
    consteval plain_message(const char* const& literal, source_location at = source_location::current())
        : content{literal, at, site_hash(literal, at)} {
        const slip found = slip_in(literal, 0);
        if (found == slip::lone_brace) please_write::two_braces_for_one_brace();
        if (found == slip::no_value) please_write::a_value_for_each_placeholder();
        if (found == slip::named) please_write::kv_for_what_has_a_name();
    }
    template <runtime_text T>
    plain_message(T&&) {
        static_assert(is_never<T>, "logkit: the event is a literal; write log.info(\"{}\", text)");
    }

    message_text content{};  // not a base: clang 14 fails on consteval constructors of derived classes
};

template <class... T>
struct type_list {};

template <class Seen, class... Rest>
struct positional_types {
    using type = Seen;
};
template <class... Seen, class T, class... Rest>
struct positional_types<type_list<Seen...>, T, Rest...>
    : positional_types<std::conditional_t<is_field<T> || std::is_same_v<T, exception_argument>, type_list<Seen...>,
                                          type_list<Seen..., T>>,
                       Rest...> {};

template <class List>
class formatted_message;

// A message with placeholders for the arguments that are not fields.
template <class... T>
class formatted_message<type_list<T...>> {
  public:
    consteval formatted_message(const char* const& literal, source_location at = source_location::current())
        : content{literal, at, site_hash(literal, at)} {
        static_assert((!is_exception<T> && ...), "logkit: an exception is told by exc: log.error(\"failed\", exc(e))");
        static_assert(((is_loggable<T> || is_exception<T>)&&...),
                      "logkit cannot log this type: give it a log_value or a fmt::formatter");
        if (!(is_loggable<T> && ...)) return;
        const slip found = slip_in(literal, sizeof...(T));
        if (found == slip::lone_brace) please_write::two_braces_for_one_brace();
        if (found == slip::no_value) please_write::a_value_for_each_placeholder();
        if (found == slip::named) please_write::kv_for_what_has_a_name();
        if (found == slip::unplaced_value) please_write::kv_or_a_placeholder_for_each_value();
#ifndef LOGKIT_FORMATS_UNCHECKED
        if constexpr ((is_loggable<T> && ...)) [[maybe_unused]]
            const fmt::format_string<placeholder_type<T> const&...> checked{literal};
#endif
    }
    template <runtime_text Text>
    formatted_message(Text&&) {
        static_assert(is_never<Text>, "logkit: the message is a literal; write log.info(\"{} ...\", text, ...)");
    }

    message_text content{};
};

template <class... A>
inline constexpr bool has_positional = ((!is_field<A> && !std::is_same_v<A, exception_argument>) || ...);

template <bool HasPositional, class... A>
struct message_type {
    using type = plain_message;
};
template <class... A>
struct message_type<true, A...> {
    using type = formatted_message<typename positional_types<type_list<>, A...>::type>;
};

// Not deducible on purpose: the arguments decide, and the literal converts.
template <class... A>
using message_for = typename message_type<has_positional<A...>, A...>::type;

}  // namespace logkit::detail
