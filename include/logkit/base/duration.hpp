// SPDX-License-Identifier: MIT
#pragma once

// std::chrono, recognised by its shape: including <chrono> would cost every translation unit a third of a
// second for nothing. Base.

#include <cstdint>
#include <type_traits>

namespace logkit {
namespace detail {

template <class T>
concept duration_like = requires(T const& d) {
    typename T::rep;
    typename T::period;
    T::period::num;
    T::period::den;
    d.count();
};

template <class T>
concept time_point_like = requires(T const& t) {
    typename T::clock;
    { t.time_since_epoch() } -> duration_like;
};

template <duration_like D>
[[nodiscard]] constexpr double to_milliseconds(D d) noexcept {
    return static_cast<double>(d.count()) *
           (static_cast<double>(D::period::num) * 1e3 / static_cast<double>(D::period::den));
}

// Saturates: a duration longer than 292 years is "for ever".
template <duration_like D>
[[nodiscard]] constexpr std::int64_t to_nanoseconds(D d) noexcept {
    const double ns = to_milliseconds(d) * 1e6;
    if (ns >= 9.2e18) return INT64_MAX;
    if (ns <= -9.2e18) return INT64_MIN;
    if constexpr (std::is_integral_v<typename D::rep> && D::period::num == 1 && 1'000'000'000 % D::period::den == 0)
        return static_cast<std::int64_t>(d.count()) * (1'000'000'000 / D::period::den);
    else
        return static_cast<std::int64_t>(ns);
}

// A duration as records give it: milliseconds, to the microsecond.
[[nodiscard]] constexpr double milliseconds(std::uint64_t ns) noexcept {
    return static_cast<double>((ns + 500) / 1000) / 1e3;
}

}  // namespace detail
}  // namespace logkit
