// SPDX-License-Identifier: MIT
#pragma once

// A field's value as processors and sinks see it. Stage: process.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/base/door.hpp>
#include <logkit/call/operand.hpp>

namespace logkit {

// A view: valid as long as the record it came from, and until that field is set or erased.
class value {
  public:
    value() noexcept = default;
    explicit value(detail::decoded const& decoded) noexcept : decoded_(decoded) {}

    [[nodiscard]] bool is_null() const noexcept { return decoded_.what == detail::kind::null; }
    [[nodiscard]] bool is_bool() const noexcept { return decoded_.what == detail::kind::boolean; }
    [[nodiscard]] bool is_integer() const noexcept {
        return decoded_.what == detail::kind::int64 || decoded_.what == detail::kind::uint64;
    }
    [[nodiscard]] bool is_number() const noexcept {
        return is_integer() || decoded_.what == detail::kind::float64 || decoded_.what == detail::kind::float32;
    }
    [[nodiscard]] bool is_text() const noexcept { return decoded_.what == detail::kind::text; }
    // An object or array: json() is its text.
    [[nodiscard]] bool is_nested() const noexcept {
        return decoded_.what == detail::kind::json || decoded_.what == detail::kind::exception;
    }
    [[nodiscard]] bool is_redacted() const noexcept {
        return decoded_.what == detail::kind::redacted || decoded_.what == detail::kind::hashed;
    }

    // The text of a text, the mask of what is redacted, "" of anything else.
    [[nodiscard]] std::string_view text() const noexcept {
        if (decoded_.what == detail::kind::redacted) return "***";
        return is_text() || is_redacted() ? decoded_.text : std::string_view{};
    }
    // The number as the type asked for; empty of anything that is not a number.
    [[nodiscard]] std::optional<double> number() const noexcept {
        switch (decoded_.what) {
            case detail::kind::int64:
                return static_cast<double>(decoded_.as<std::int64_t>());
            case detail::kind::uint64:
                return static_cast<double>(decoded_.bits);
            case detail::kind::float64:
                return decoded_.as<double>();
            case detail::kind::float32:
                return static_cast<double>(decoded_.as<float>());
            default:
                return std::nullopt;
        }
    }
    // Exact; empty of anything that is not an integer, or does not fit.
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept {
        if (decoded_.what == detail::kind::int64 ||
            (decoded_.what == detail::kind::uint64 && decoded_.bits <= INT64_MAX))
            return decoded_.as<std::int64_t>();
        return std::nullopt;
    }
    [[nodiscard]] std::optional<bool> boolean() const noexcept {
        return is_bool() ? std::optional(decoded_.bits != 0) : std::nullopt;
    }

    // The value as JSON, as the file will show it (render/json_values.hpp).
    [[nodiscard]] LOGKIT_DOOR std::string json() const;

    friend bool operator==(value const& a, std::string_view b) noexcept {
        return (a.is_text() || a.is_redacted()) && a.text() == b;
    }
    friend bool operator==(value const& a, const char* b) noexcept { return a == std::string_view(b); }
    friend bool operator==(value const& a, std::string const& b) noexcept { return a == std::string_view(b); }
    friend bool operator==(value const& a, bool b) noexcept { return a.boolean() == std::optional(b); }
    template <std::integral T>
    requires(!std::same_as<T, bool>) friend bool operator==(value const& a, T b) noexcept {
        if constexpr (std::is_unsigned_v<T>)
            if (a.decoded_.what == detail::kind::uint64) return a.decoded_.bits == b;
        if (a.is_integer()) return a.integer() == std::optional(static_cast<std::int64_t>(b));
        return a.number() == std::optional(static_cast<double>(b));
    }
    template <std::floating_point T>
    friend bool operator==(value const& a, T b) noexcept {
        return a.number() == std::optional(static_cast<double>(b));
    }

    [[nodiscard]] detail::decoded const& raw() const noexcept { return decoded_; }

  private:
    detail::decoded decoded_{};
};

// For {fmt}: a text as it is, everything else as JSON.
[[nodiscard]] inline std::string format_as(value const& v) {
    return v.is_text() ? std::string(v.text()) : v.json();
}

}  // namespace logkit
