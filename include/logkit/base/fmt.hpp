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

// {fmt} has functions of a name that AssertMacros.h and others define as a macro.
#pragma push_macro("check")
#undef check
#if __has_include(<fmt/base.h>)
#include <fmt/base.h>
#ifdef FMT_HEADER_ONLY
#include <fmt/format.h>
#endif
#else
#include <fmt/core.h>
#endif
#pragma pop_macro("check")

#include <iterator>
#include <string>

namespace logkit::detail {

// Formats; throws what a formatter throws.
template <class... T>
[[nodiscard]] std::string format_text(fmt::string_view text, T const&... values) {
    std::string out;
    fmt::vformat_to(std::back_inserter(out), text, fmt::make_format_args(values...));
    return out;
}

}  // namespace logkit::detail
