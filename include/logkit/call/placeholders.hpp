// SPDX-License-Identifier: MIT
#pragma once

// The braces of a message, which {fmt} fills: read by the compiler first, so that a slip is told in words that say what
// to write; and the values for them, of every type that a field may have. Stage: call.

#include <cstdint>
#include <string>
#include <type_traits>

#include <logkit/base/fmt.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/call/field.hpp>

namespace logkit::detail {

// Not constexpr, and so they end what is: the compiler shows the call, and their names say what to do about it.
namespace please_write {
void two_braces_for_one_brace();
void a_value_for_each_placeholder();
void kv_for_what_has_a_name();
void kv_or_a_placeholder_for_each_value();
}  // namespace please_write

enum class slip : std::uint8_t { none, lone_brace, no_value, named, unplaced_value };

// By {fmt}'s grammar, but for what a type's own formatter makes of what stands behind the colon.
[[nodiscard]] constexpr slip slip_in(const char* text, unsigned values) {
    std::uint64_t used = 0;
    unsigned next = 0, depth = 0;
    for (const char* c = text; *c != '\0'; ++c) {
        if (*c == '}' && depth != 0) {
            --depth;
        } else if (depth == 0 && (*c == '{' || *c == '}') && c[1] == *c) {
            ++c;
        } else if (*c == '}') {
            return slip::lone_brace;
        } else if (*c == '{') {
            ++depth;
            unsigned which = 0;
            if (is_digit(c[1]))
                for (; is_digit(c[1]); ++c) which = which * 10 + static_cast<unsigned>(c[1] - '0');
            else if (c[1] == '}' || c[1] == ':')
                which = next++;
            else
                return (c[1] >= 'a' && c[1] <= 'z') || (c[1] >= 'A' && c[1] <= 'Z') || c[1] == '_' ? slip::named
                                                                                                   : slip::lone_brace;
            if (which >= values) return slip::no_value;
            used |= std::uint64_t{1} << which % 64;
        }
    }
    if (depth != 0) return slip::lone_brace;
    return used == (std::uint64_t{1} << values) - 1 ? slip::none : slip::unplaced_value;
}

// As the record would have it, but for the quotes of a text.
[[nodiscard]] inline std::string unquoted(tagged_operand const& v) {
    if (v.tag == kind::text) return std::string(v.bytes.view());
    std::string json;
    append_json(json, v);
    return std::string(within_quotes(json));
}

// What has a formatter is formatted by it; all else that a field may have, as the field would be written.
template <class T>
[[nodiscard]] decltype(auto) placeholder_value(T const& value) {
    if constexpr (fmt_formattable<T> && !lazy_like<T>) {
        return (value);
    } else {
        const auto reduced = reduce_argument(value, "");
        const auto operand = as_operand(reduced);
        if constexpr (fixed_size(kind_of<std::remove_cv_t<decltype(operand)>>) != 0)
            return std::remove_cv_t<decltype(operand)>(operand);
        else
            return unquoted(tag_operand(operand));
    }
}
template <class T>
using placeholder_type = std::remove_cvref_t<decltype(placeholder_value(std::declval<T const&>()))>;

}  // namespace logkit::detail
