// SPDX-License-Identifier: MIT
#pragma once

// Formatting on the caller's side, where the program's own formatters run: one that throws costs its own argument, and
// not the others'. Stage: call.

#include <string>
#include <string_view>
#include <type_traits>

#include <logkit/base/exceptions.hpp>
#include <logkit/base/fmt.hpp>
#include <logkit/call/text_door.hpp>

namespace logkit::detail {

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
        LOGKIT_TRY {
            fmt::formatter<T> own = *this;  // the program's may not be const
            return own.format(argument.value, context);
        }
        LOGKIT_CATCH_ALL {
            auto out = context.out();
            for (const char c : logkit::detail::problem_in_flight()) *out++ = c;
            return out;
        }
    }
};
