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

// Is not constexpr, and so ends what is: the compiler shows the call, and with it the reason.
void refuse_to_compile(const char* reason);

// A message without positional arguments. Braces follow {fmt}'s rules nevertheless: "{{" is a brace.
class plain_message {
  public:
    consteval plain_message(const char* literal, source_location at = source_location::current())
        : content{literal, at, site_hash(literal, at)} {
        for (const char* c = literal; *c != '\0'; ++c) {
            if (*c != '{' && *c != '}') continue;
            if (c[1] != *c)
                refuse_to_compile("a single brace in a message without positional arguments: write {{ or }}");
            ++c;
        }
    }

    message_text content;  // not a base: clang 14 fails on consteval constructors of derived classes
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
    consteval formatted_message(const char* literal, source_location at = source_location::current())
        : content{literal, at, site_hash(literal, at)} {
#ifndef LOGKIT_FORMATS_UNCHECKED
        [[maybe_unused]] const fmt::format_string<T const&...> checked{literal};
#endif
    }

    message_text content;
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
