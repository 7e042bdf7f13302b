// SPDX-License-Identifier: MIT
#pragma once

// reduce(): any C++ value → an operand (call/operand.hpp), or an owner of the text that one points to.
// Stage: call. Runs on the caller's thread, only for records that are kept; never throws: a value whose own
// code throws is logged as a text that says so.
//
//   bool, integers, floating point      as they are           std::error_code {"value","category","message"}
//   std::atomic                         what it holds now     128-bit integer       number, or beyond 64 bits text
//   text, std::filesystem::path, char   text                  std::variant          what it holds; monostate: null
//   std::thread::id                     number                operator<<            adapter/ostream.hpp
//   enum                                its formatter, or     nullptr, empty        null
//                                       the number              optional
//   chrono duration                     milliseconds          ranges, tuples, maps  array, object
//   chrono time point                   RFC 3339 (a clock     nlohmann::json        nested as it is
//                                       without dates: ms)    your own              log_value(v), fmt::formatter
//   pointer, null or not                null, "0x…"

#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <logkit/base/exceptions.hpp>
#include <logkit/base/fmt.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/call/operand.hpp>
#include <logkit/call/text_door.hpp>
#include <logkit/call/value_traits.hpp>

namespace logkit::detail {

// A char pointer or array whose length is taken only when the record is kept.
struct c_string {
    const char* data;

    [[nodiscard, gnu::always_inline]] nullable_text operand() const noexcept {
        return {data, data == nullptr ? 0 : __builtin_strlen(data)};
    }
};
struct char_array {
    const char* data;
    std::size_t bound;  // the text ends at the first NUL or here

    [[nodiscard, gnu::always_inline]] text_operand operand() const noexcept {
        const auto* end = static_cast<const char*>(__builtin_memchr(data, '\0', bound));
        return {data, end == nullptr ? bound : static_cast<std::size_t>(end - data)};
    }
};

struct owned_text {
    std::string text{};
    std::string problem{};  // instead of the text, where its making threw
    [[nodiscard]] text_operand operand() const noexcept { return std::string_view{problem.empty() ? text : problem}; }
};
struct owned_nullable_text {
    std::string text{};
    std::string problem{};
    bool is_null = false;
    [[nodiscard]] nullable_text operand() const noexcept {
        std::string const& told = problem.empty() ? text : problem;
        return {is_null && problem.empty() ? nullptr : told.c_str(), told.size()};
    }
};
// JSON has numbers of any size, and its readers have not.
class wide_number {
  public:
    template <class T>
    constexpr explicit wide_number(T value) noexcept {
        const bool is_negative = value < 0;
        auto rest =
            is_negative ? unsigned_wide{0} - static_cast<unsigned_wide>(value) : static_cast<unsigned_wide>(value);
        if (rest <= UINT64_MAX && (!is_negative || rest <= static_cast<unsigned_wide>(INT64_MAX) + 1)) {
            tag_ = is_negative ? kind::int64 : kind::uint64;
            bits_ = static_cast<std::uint64_t>(value);
        }
        do {
            digits_[--begin_] = static_cast<char>('0' + static_cast<int>(rest % 10));
            rest /= 10;
        } while (rest != 0);
        if (is_negative) digits_[--begin_] = '-';
    }
    [[nodiscard]] tagged_operand operand() const noexcept {
        return {tag_, bits_, {digits_ + begin_, sizeof digits_ - begin_}};
    }

  private:
    char digits_[40] = {};
    std::size_t begin_ = sizeof digits_;
    kind tag_ = kind::text;
    std::uint64_t bits_ = 0;
};
struct owned_json {
    std::string text = "null";
    [[nodiscard]] json_operand operand() const noexcept { return std::string_view{text}; }
};
struct owned_exception {
    std::string bytes;
    [[nodiscard]] exception_operand operand() const noexcept { return std::string_view{bytes}; }
};
struct one_char {
    char value;
    [[nodiscard]] text_operand operand() const noexcept { return {&value, 1}; }
};
// An optional keeps alive whatever its value was reduced to.
template <class Reduced>
struct maybe {
    bool has_value;
    Reduced reduced;
    [[nodiscard]] tagged_operand operand() const noexcept;
};

template <class T>
[[nodiscard, gnu::always_inline]] constexpr auto as_operand(T const& reduced) noexcept {
    if constexpr (requires { reduced.operand(); })
        return reduced.operand();
    else
        return reduced;
}
template <class T>
using operand_type = decltype(as_operand(std::declval<T const&>()));

template <class Reduced>
tagged_operand maybe<Reduced>::operand() const noexcept {
    return has_value ? tag_operand(as_operand(reduced)) : tagged_operand{};
}

// Appends the value as JSON.
inline void append_json(std::string& out, tagged_operand const& v) {
    switch (v.tag) {
        case kind::boolean:
            out += v.bits != 0 ? "true" : "false";
            break;
        case kind::int64:
            append_json(out, static_cast<std::int64_t>(v.bits));
            break;
        case kind::uint64:
            append_json(out, v.bits);
            break;
        case kind::float32:
            append_json(out, load<float>(&v.bits));
            break;
        case kind::float64:
            append_json(out, load<double>(&v.bits));
            break;
        case kind::text:
            append_json(out, v.bytes.view());
            break;
        case kind::json:
            out.append(v.bytes.view());
            break;
        case kind::redacted:
            out += R"("***")";
            break;
        default:
            out += "null";
    }
}

// Runs code that is not ours (formatters, log_value, allocation); what it throws becomes the value's text.
template <class Result, class Fn>
[[nodiscard]] Result guarded(Fn&& make) noexcept {
    const inside_scope inside;
    std::string problem = "<value threw>";  // short: needs no allocation
    LOGKIT_TRY {
        LOGKIT_TRY {
            return make();
        }
        LOGKIT_CATCH_ALL {
            problem = problem_in_flight();
        }
        if constexpr (std::is_same_v<Result, owned_json>) {
            Result result{""};
            append_json(result.text, std::string_view{problem});
            return result;
        } else {
            return {.problem = problem};
        }
    }
    LOGKIT_CATCH_ALL {
        return {};
    }
}

struct unloggable {};

// What operator<< writes; only where <logkit/adapter/ostream.hpp> is included.
template <class T>
struct stream_text {};

template <class T>
inline constexpr bool is_exception = std::is_base_of_v<std::exception, T> || std::is_same_v<T, std::exception_ptr>;

// A nested value (call/nested.hpp): the JSON of it, with redaction below `path`.
template <class T>
[[nodiscard]] std::string nested_json(T const& value, std::string_view path, unsigned depth);

template <class T>
inline constexpr bool is_nested = has_log_value<T> || loggable_marker<T> || error_code_like<T> || json_like<T> ||
                                  range_like<T> || tuple_like<T> || variant_like<T>;

template <class T>
[[nodiscard]] constexpr auto reduce(T const& value, [[maybe_unused]] const char* name) noexcept {
    using U = std::remove_cv_t<T>;
    if constexpr (kind_of<U> != kind::null || std::is_same_v<U, c_string> || std::is_same_v<U, char_array> ||
                  std::is_same_v<U, null_operand>) {
        return value;
    } else if constexpr (requires { requires std::is_same_v<typename U::logkit_value, redacted_operand>; }) {
        return redacted_operand{};
    } else if constexpr (requires { value.describe(); }) {
        return value.describe();
    } else if constexpr (std::is_null_pointer_v<U> || std::is_same_v<U, std::nullopt_t>) {
        return null_operand{};
    } else if constexpr (std::is_same_v<U, char>) {
        return one_char{value};
    } else if constexpr (wide_integer<U>) {
        return wide_number{value};
    } else if constexpr (std::is_integral_v<U>) {
        if constexpr (std::is_signed_v<U>)
            return static_cast<std::int64_t>(value);
        else
            return static_cast<std::uint64_t>(value);
    } else if constexpr (std::is_floating_point_v<U>) {
        return static_cast<double>(value);
    } else if constexpr (has_log_value<U> || loggable_marker<U>) {
        return guarded<owned_json>([&] { return owned_json{nested_json(value, name, 0)}; });
    } else if constexpr (std::is_convertible_v<U const&, const char*>) {
        return c_string{value};
    } else if constexpr (std::is_array_v<U> && std::is_same_v<std::remove_cv_t<std::remove_extent_t<U>>, char>) {
        return char_array{value, std::extent_v<U>};
    } else if constexpr (text_like<U>) {
        return text_operand{std::string_view(value)};
    } else if constexpr (is_foreign_text<U>) {
        return c_string{reinterpret_cast<const char*>(value)};
    } else if constexpr (is_utf8_array<U>) {
        return char_array{reinterpret_cast<const char*>(value), std::extent_v<U>};
    } else if constexpr (utf8_like<U>) {
        return text_operand{reinterpret_cast<const char*>(value.data()), value.size()};
    } else if constexpr (path_like<U>) {
        return text_operand{std::string_view(value.native())};
    } else if constexpr (duration_like<U>) {
        return to_milliseconds(value);
    } else if constexpr (time_point_like<U> && !date_like<U>) {
        return to_milliseconds(value.time_since_epoch());
    } else if constexpr (time_point_like<U>) {
        return guarded<owned_text>(
            [&] { return owned_text{timestamp_text(to_nanoseconds(value.time_since_epoch()))}; });
    } else if constexpr (optional_like<U>) {
        using inner = decltype(reduce(*value, name));
        return value.has_value() ? maybe<inner>{true, reduce(*value, name)} : maybe<inner>{false, {}};
    } else if constexpr (atomic_like<U>) {
        return reduce(value.load(), name);
    } else if constexpr (std::is_enum_v<U> && !formats_itself<U>) {
        // A number, whatever it is made of.
        if constexpr (std::is_signed_v<std::underlying_type_t<U>>)
            return static_cast<std::int64_t>(value);
        else
            return static_cast<std::uint64_t>(value);
    } else if constexpr (is_nested<U>) {
        return guarded<owned_json>([&] { return owned_json{nested_json(value, name, 0)}; });
    } else if constexpr (fmt_formattable<U> && !std::is_pointer_v<U>) {
        return guarded<owned_text>([&] { return owned_text{format_text("{}", value)}; });
    } else if constexpr (std::is_pointer_v<U> || requires {
                             value.get();
                             static_cast<bool>(value);
                         }) {
        using inner = owned_text;
        const void* address = nullptr;
        if constexpr (!std::is_pointer_v<U>)
            address = static_cast<const void*>(value.get());
        else if constexpr (std::is_function_v<std::remove_pointer_t<U>>)
            address = reinterpret_cast<const void*>(value);
        else
            address = const_cast<const void*>(static_cast<const volatile void*>(value));
        if (address == nullptr) return maybe<inner>{false, {}};
        return maybe<inner>{true, guarded<inner>([&] { return inner{format_text("{}", address)}; })};
    } else if constexpr (std::is_member_pointer_v<U>) {
        return value == nullptr ? nullable_text{} : nullable_text{"<pointer to member>", 19};
    } else if constexpr (is_thread_id<U>()) {
        std::uint64_t number = 0;
        std::memcpy(&number, &value, sizeof number);
        return number;
    } else if constexpr (requires { stream_text<U>::of(value); }) {
        return guarded<owned_text>([&] { return owned_text{stream_text<U>::of(value)}; });
    } else {
        return unloggable{};
    }
}

}  // namespace logkit::detail
