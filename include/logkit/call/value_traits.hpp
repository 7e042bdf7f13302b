// SPDX-License-Identifier: MIT
#pragma once

// How a value's type is recognised: by shape, so that none of the headers which define such types need be
// included. Stage: call.

#include <concepts>
#include <cstddef>
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
|| std::is_array_v<T>;

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

}  // namespace logkit::detail
