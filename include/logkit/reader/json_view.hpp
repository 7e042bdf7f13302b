// SPDX-License-Identifier: MIT
#pragma once

// A JSON value where it stands in a line: a view, decoded only when asked. Reader.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/base/json_text.hpp>

namespace logkit {

// Valid as long as the line is. A default one is the value of a key that is not there.
class json_view {
  public:
    constexpr json_view() noexcept = default;
    // `json`: one value, without blanks around it.
    constexpr explicit json_view(std::string_view json) noexcept : json_(json) {}

    // The value as it is written.
    [[nodiscard]] constexpr std::string_view json() const noexcept { return json_; }
    [[nodiscard]] constexpr bool exists() const noexcept { return !json_.empty(); }
    [[nodiscard]] constexpr bool is_text() const noexcept { return first() == '"'; }
    [[nodiscard]] constexpr bool is_number() const noexcept {
        return first() == '-' || (first() >= '0' && first() <= '9');
    }
    [[nodiscard]] constexpr bool is_object() const noexcept { return first() == '{'; }
    [[nodiscard]] constexpr bool is_array() const noexcept { return first() == '['; }

    // The characters of a text as they are written, escapes and all; "" of anything else.
    [[nodiscard]] constexpr std::string_view escaped() const noexcept {
        return is_text() && json_.size() >= 2 ? json_.substr(1, json_.size() - 2) : std::string_view{};
    }
    [[nodiscard]] constexpr bool has_escapes() const noexcept {
        return is_text() && json_.find('\\') != std::string_view::npos;
    }
    // A text decoded; anything else as JSON.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool operator==(std::string_view text) const {
        if (!has_escapes()) return (is_text() ? escaped() : json_) == text;
        return this->text() == text;
    }

    // A number, also one that a text spells; a finite one.
    [[nodiscard]] std::optional<double> number() const noexcept {
        if (const auto whole = short_integer()) return *whole;
        return parse<double>();
    }
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept { return parse<std::int64_t>(); }

  private:
    [[nodiscard]] constexpr char first() const noexcept { return json_.empty() ? '\0' : json_.front(); }
    // Most numbers are, and this is several times as fast as what reads all of them.
    [[nodiscard]] std::optional<double> short_integer() const noexcept {
        constexpr std::size_t exact_digits = 15;
        if (json_.empty() || json_.size() > exact_digits) return std::nullopt;
        std::int64_t value = 0;
        for (const char c : json_) {
            if (c < '0' || c > '9') return std::nullopt;
            value = 10 * value + (c - '0');
        }
        return static_cast<double>(value);
    }
    template <class Number>
    [[nodiscard]] std::optional<Number> parse() const noexcept {
        const std::string_view digits = is_text() ? escaped() : json_;
        Number value{};
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        if (!(value - value == 0)) return std::nullopt;  // "NaN" and "Infinity"
        return value;
    }

    std::string_view json_;
};

namespace detail {

// Where a string ends: behind its quote. `at` is that of its beginning.
[[nodiscard]] constexpr std::size_t end_of_string(std::string_view json, std::size_t at) noexcept {
    for (++at; at < json.size() && json[at] != '"'; ++at)
        if (json[at] == '\\') ++at;
    return at < json.size() ? at + 1 : json.size();
}
// Where the value at `at` ends, however deep it nests.
[[nodiscard]] constexpr std::size_t end_of_value(std::string_view json, std::size_t at) noexcept {
    std::size_t depth = 0;
    while (at < json.size()) {
        const char c = json[at];
        if (c == '"') {
            at = end_of_string(json, at);
            if (depth == 0) return at;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == ' ')) return at;
        if (c == '{' || c == '[') ++depth;
        ++at;
        if ((c == '}' || c == ']') && --depth == 0) return at;
    }
    return at;
}

// Calls visit(key, value) for each member of an object, or visit("", value) for each item of an array, while that
// returns true. The text is one that a parser has accepted; of another, it shows some part.
template <class Visit>
void for_each_inside(json_view container, Visit&& visit) {
    if (!container.is_object() && !container.is_array()) return;
    const std::string_view json = container.json();
    const auto skip_blanks = [&](std::size_t at) {
        while (at < json.size() && (json[at] == ' ' || json[at] == '\t' || json[at] == ',' || json[at] == ':')) ++at;
        return at;
    };
    for (std::size_t at = skip_blanks(1); at < json.size() && json[at] != '}' && json[at] != ']';
         at = skip_blanks(at)) {
        std::string key;
        if (container.is_object()) {
            if (json[at] != '"') return;
            const std::size_t end = end_of_string(json, at);
            key = json_view(json.substr(at, end - at)).text();
            at = skip_blanks(end);
        }
        const std::size_t end = end_of_value(json, at);
        if (end == at || !visit(std::string_view(key), json_view(json.substr(at, end - at)))) return;
        at = end;
    }
}

}  // namespace detail

// A member of an object, by key or by a path of keys, `a.b`.
[[nodiscard]] inline json_view find_inside(json_view object, std::string_view path) {
    while (true) {
        json_view found, parent;
        std::string_view rest;
        detail::for_each_inside(object, [&](std::string_view key, json_view value) {
            if (key == path) {
                found = value;
                return false;
            }
            if (value.is_object() && path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.') {
                parent = value;
                rest = path.substr(key.size() + 1);
            }
            return true;
        });
        if (found.exists() || !parent.exists() || !object.is_object()) return found;
        object = parent;
        path = rest;
    }
}

inline std::string json_view::text() const {
    if (!is_text()) return std::string(json_);
    return has_escapes() ? detail::unescape_json(escaped()) : std::string(escaped());
}

}  // namespace logkit
