// SPDX-License-Identifier: MIT
#pragma once

// kv(key, value) and the values with a meaning of their own: secret, raw_json, object. Stage: call.
// A field refers to what it was given; use it within the expression that makes it, as with std::format's
// arguments.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <logkit/call/key.hpp>
#include <logkit/call/value.hpp>

namespace logkit {
namespace detail {

template <class T>
class by_reference {
  public:
    constexpr explicit by_reference(T const& value) noexcept : value_(&value) {}
    [[nodiscard]] constexpr T const& get() const noexcept { return *value_; }

  private:
    T const* value_;
};
template <class T>
inline constexpr bool is_by_reference = false;
template <class T>
inline constexpr bool is_by_reference<by_reference<T>> = true;

// Few types for many: a call site is instantiated for the kinds of its values, not for their types.
template <class T>
[[nodiscard, gnu::always_inline]] constexpr auto compact(T const& value) noexcept {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_same_v<U, bool> || std::is_same_v<U, float> || std::is_same_v<U, double>) {
        return value;
    } else if constexpr (std::is_integral_v<U> && !std::is_same_v<U, char> && !wide_integer<U>) {
        if constexpr (std::is_signed_v<U>)
            return static_cast<std::int64_t>(value);
        else
            return static_cast<std::uint64_t>(value);
    } else if constexpr (std::is_array_v<U> && std::is_same_v<std::remove_cv_t<std::remove_extent_t<U>>, char>) {
        return char_array{value, std::extent_v<U>};
    } else if constexpr (std::is_same_v<U, const char*> || std::is_same_v<U, char*>) {
        return c_string{value};
    } else if constexpr (std::is_same_v<U, std::string> || std::is_same_v<U, std::string_view>) {
        return text_operand{value.data(), value.size()};
    } else if constexpr (text_like<U> && !has_log_value<U>) {
        return text_operand{std::string_view(value)};
    } else {
        return by_reference<T>(value);
    }
}

template <class T>
[[nodiscard]] constexpr auto reduce_argument(T const& value, const char* name) noexcept;
template <class T>
inline constexpr bool is_loggable =
    !std::is_same_v<decltype(reduce_argument(std::declval<T const&>(), "")), unloggable>;

}  // namespace detail

// A key and a value; made by kv().
template <class V>
struct field {
    key name;
    V value;
};

namespace detail {
template <class T>
inline constexpr bool is_field = false;
template <class V>
inline constexpr bool is_field<field<V>> = true;
}  // namespace detail

// A typed field of a record, a context or a span. The name is a string literal; the value is anything that
// call/value.hpp lists, or a callable without arguments, which runs only if the record is kept.
template <class T>
[[nodiscard, gnu::always_inline]] constexpr auto kv(key name, T const& value) noexcept {
    if constexpr (detail::is_by_reference<decltype(detail::compact(value))>) {
        static_assert(!detail::is_exception<T>, "logkit: an exception is told by exc: log.error(\"failed\", exc(e))");
        static_assert(detail::is_loggable<T> || detail::is_exception<T>,
                      "logkit cannot log this type: give it a log_value or a fmt::formatter");
    }
    return field<decltype(detail::compact(value))>{name, detail::compact(value)};
}

// Logged as "***" always, by every sink, whatever the redaction policy; the value is never copied.
template <class T>
class secret {
  public:
    using logkit_value = detail::redacted_operand;
    constexpr explicit secret(T const&) noexcept {}
};

// One JSON value, already rendered, written into the record as it is, on one line. A text that is not valid
// JSON (RFC 8259) is logged as a string instead: the record stays valid whatever it is given.
class raw_json {
  public:
    using logkit_value = detail::json_operand;
    constexpr explicit raw_json(std::string_view json) noexcept : text(json) {}
    std::string_view text;
};

namespace detail {
template <class... V>
class object_value {
  public:
    using logkit_value = void;
    constexpr explicit object_value(field<V> const&... fields) noexcept : fields_(fields...) {}

    template <class Fn>
    void for_each_field(Fn&& fn) const {
        std::apply([&](auto const&... f) { (fn(f), ...); }, fields_);
    }

  private:
    std::tuple<field<V>...> fields_;
};
}  // namespace detail

// A nested JSON object.
template <class... V>
[[nodiscard]] constexpr auto object(field<V> const&... fields) noexcept {
    return detail::object_value<V...>(fields...);
}

namespace detail {

// A scalar whose computation may throw.
template <class V>
struct fallible {
    V value{};
    std::string problem{};
    [[nodiscard]] tagged_operand operand() const noexcept {
        return problem.empty() ? tag_operand(value) : tag_operand(text_operand{std::string_view{problem}});
    }
};

// Runs a lazy value, which may log; what it returns is a temporary, so the result owns its text.
template <class Fn>
[[nodiscard]] auto reduce_lazy(Fn const& compute, const char* name) noexcept {
    using result = std::remove_cvref_t<decltype(compute())>;
    using operand = operand_type<decltype(reduce(std::declval<result const&>(), name))>;
    if constexpr (fixed_size(kind_of<operand>) != 0) {
        return guarded<fallible<operand>>(
            [&] { return fallible<operand>{as_operand(reduce(outside(compute), name))}; });
    } else if constexpr (kind_of<operand> == kind::text) {
        return guarded<owned_nullable_text>([&] {
            const result text = outside(compute);
            const auto reduced = reduce(text, name);
            const auto bytes = as_operand(reduced);
            const bool is_null = std::is_same_v<operand, nullable_text> && bytes.data == nullptr;
            return owned_nullable_text{std::string(std::string_view{bytes.data, bytes.size}), {}, is_null};
        });
    } else {
        return guarded<owned_json>([&] { return owned_json{nested_json(outside(compute), name, 0)}; });
    }
}

// A callable that may be empty: then there is nothing to run, and the value is null.
template <class Fn>
[[nodiscard]] auto maybe_lazy(Fn const& compute, const char* name) noexcept {
    using inner = decltype(reduce_lazy(compute, name));
    return compute == nullptr ? maybe<inner>{false, {}} : maybe<inner>{true, reduce_lazy(compute, name)};
}

// The value of a field or of a positional argument, reduced.
template <class T>
[[nodiscard, gnu::always_inline]] constexpr auto reduce_argument(T const& value, const char* name) noexcept {
    if constexpr (is_by_reference<T>)
        return reduce_argument(value.get(), name);
    else if constexpr (nullable_callable<T> && !loggable_marker<T>)
        return maybe_lazy(value, name);
    else if constexpr (lazy_like<T> && !loggable_marker<T>)
        return reduce_lazy(value, name);
    else
        return reduce(value, name);
}

}  // namespace detail
}  // namespace logkit
