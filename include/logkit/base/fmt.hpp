// SPDX-License-Identifier: MIT
#pragma once

// The smallest part of {fmt} that checks and formats, whatever its version (9 to 12). Base.

// clang 14 cannot call fmt's consteval check from a consteval constructor; a constexpr one it can. Where that
// cannot be arranged (fmt 11 and later, or included before us), formats are left unchecked until they are
// formatted.
#if defined(__clang__) && __clang_major__ < 15
#if defined(FMT_VERSION) || __has_include(<fmt/base.h>)
#define LOGKIT_FORMATS_UNCHECKED
#else
#define FMT_CONSTEVAL constexpr
#define FMT_HAS_CONSTEVAL
#endif
#endif

#if __has_include(<fmt/base.h>)
#include <fmt/base.h>
#ifdef FMT_HEADER_ONLY
#include <fmt/format.h>
#endif
#else
#include <fmt/core.h>
#endif

#include <exception>
#include <iterator>
#include <string>
#include <type_traits>

namespace logkit::detail {

// An argument whose formatter may throw: that costs this argument, not the others.
template <class T>
struct careful_argument {
    T const& value;
};
template <class T>
[[nodiscard]] decltype(auto) careful(T const& value) noexcept {
    if constexpr (std::is_class_v<T> && std::is_default_constructible_v<fmt::formatter<T>>)
        return careful_argument<T>{value};
    else
        return (value);
}

// Formats; throws what a formatter throws.
template <class... T>
[[nodiscard]] std::string format_text(fmt::string_view text, T const&... values) {
    std::string out;
    fmt::vformat_to(std::back_inserter(out), text, fmt::make_format_args(values...));
    return out;
}
// The same, but for formatters that throw.
template <class... T>
[[nodiscard]] std::string format_carefully(fmt::string_view text, T const&... values) {
    return [&](auto const&... checked) { return format_text(text, checked...); }(careful(values)...);
}

}  // namespace logkit::detail

template <class T>
struct fmt::formatter<logkit::detail::careful_argument<T>> : fmt::formatter<T> {
    template <class Context>
    auto format(logkit::detail::careful_argument<T> const& argument, Context& context) const {
        const auto say = [&](const char* what) {
            auto out = context.out();
            for (const char* part :
                 {"<value threw", what == nullptr || *what == '\0' ? "" : ": ", what == nullptr ? "" : what, ">"})
                for (; *part != '\0'; ++part) *out++ = *part;
            return out;
        };
        try {
            fmt::formatter<T> own = *this;  // the program's may not be const
            return own.format(argument.value, context);
        } catch (std::exception const& error) {
            return say(error.what());
        } catch (...) {
            return say("");
        }
    }
};
