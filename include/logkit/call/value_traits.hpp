// SPDX-License-Identifier: MIT
#pragma once

// How a value's type is recognised: by shape, so that none of the headers which define such types need be
// included. Stage: call.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <logkit/base/duration.hpp>
#include <logkit/base/fmt.hpp>

namespace logkit::detail {

void log_value() = delete;  // so that the unqualified name below is found by argument-dependent look-up alone

template <class T>
concept has_log_value = requires(T const& v) {
    log_value(v);
};

template <class T>
concept loggable_marker = requires {
    typename T::logkit_value;
};  // secret, raw_json, object

template <class T>
concept text_like =
    std::is_convertible_v<T const&, std::string_view> && !std::is_pointer_v<T> && !std::is_null_pointer_v<T>;

template <class>
inline constexpr bool is_never = false;  // for assertions that hold for no type

// A text that is no constant, in the place of a literal: the result of c_str(), a variable, a buffer.
template <class T>
concept runtime_text = std::is_same_v < std::remove_reference_t<T>,
const char* > || std::is_same_v<std::remove_reference_t<T>, char*> ||
    std::is_same_v<std::remove_extent_t<std::remove_reference_t<T>>, char> ||
    (text_like<std::remove_cvref_t<T>> && !std::is_convertible_v<T, const char*>);

template <class T>
concept utf8_like = requires(T const& v) {
    requires std::is_same_v < std::remove_cvref_t<decltype(*v.data())>,
    char8_t > ;
    v.size();
};

template <class T>
concept optional_like = requires(T const& v) {
    { v.has_value() } -> std::same_as<bool>;
    *v;
    typename T::value_type;
}
&&!std::is_void_v<typename T::value_type>;

template <class T>
concept variant_like = requires(T const& v) {
    v.index();
    v.valueless_by_exception();
};

// (By its name: <thread> costs the compiler more than all of this.)
template <class T>
[[nodiscard]] constexpr bool is_thread_id() noexcept {
    const std::string_view name = __PRETTY_FUNCTION__;
    return sizeof(T) == sizeof(std::uint64_t) && name.find("T = std::thread::id") != std::string_view::npos;
}

template <class T>
concept error_code_like = requires(T const& e) {
    e.category().name();
    e.value();
    e.message();
};

template <class T>
concept path_like = requires(T const& p) {
    T::preferred_separator;
    p.native();
};

// nlohmann::json and its kin.
template <class T>
concept json_like = requires(T const& v) {
    typename T::object_t;
    typename T::error_handler_t;
    v.dump(-1, ' ', false, T::error_handler_t::replace);
};

template <class T>
concept range_like = requires(T const& v) {
    v.begin() != v.end();
    *v.begin();
}
|| (std::is_array_v<T> && !std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char8_t>);

template <class T>
concept map_like = range_like<T> && requires {
    typename T::mapped_type;
    typename T::key_type;
};

template <class T>
concept tuple_like = requires {
    std::tuple_size<T>::value;
}
&&!range_like<T>;

template <class T>
concept lazy_like = std::is_invocable_v<T const&>;

template <class T>
concept fmt_formattable = fmt::is_formattable<T>::value;

// Has it a formatter, or a format_as, of its own? (Some versions of {fmt} format unscoped enums as the numbers that
// they convert to, and others do not.)
template <class T>
concept formats_itself = std::is_default_constructible_v<fmt::formatter<T>> || requires(T const& v) {
    format_as(v);
};

template <class T>
concept atomic_like = requires(T const& v) {
    typename T::value_type;
    v.load();
    v.is_lock_free();
};

__extension__ using signed_wide = __int128;
__extension__ using unsigned_wide = unsigned __int128;
template <class T>
concept wide_integer = std::is_same_v<T, signed_wide> || std::is_same_v<T, unsigned_wide>;

// The time of a clock whose zero is 1970: others have times that are no dates.
template <class T>
concept date_like = time_point_like<T> && requires(T const& t) {
    T::clock::to_time_t(t);
};

// Pointers to text in the program's other char types: UTF-8, and what C libraries give (sqlite, libxml).
template <class T>
inline constexpr bool is_foreign_text = std::is_pointer_v<T> &&
                                        (std::is_same_v<std::remove_cv_t<std::remove_pointer_t<T>>, char8_t> ||
                                         std::is_same_v<std::remove_cv_t<std::remove_pointer_t<T>>, unsigned char> ||
                                         std::is_same_v<std::remove_cv_t<std::remove_pointer_t<T>>, signed char>);
template <class T>
inline constexpr bool is_utf8_array =
    std::is_array_v<T>&& std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char8_t>;

// A function pointer or std::function may be empty.
template <class T>
concept nullable_callable = std::is_invocable_v<T const&> && requires(T const& v) {
    { v == nullptr } -> std::same_as<bool>;
};

}  // namespace logkit::detail
