// SPDX-License-Identifier: MIT
#pragma once

// What a value is reduced to before it enters a ring: one of a dozen kinds, and how each is laid out as
// bytes. Stage: call. Nothing here allocates, and no pointer is ever stored in the bytes.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include <logkit/base/bytes.hpp>

namespace logkit::detail {

enum class kind : std::uint8_t {
    null,       // no bytes
    boolean,    // 1 byte
    int64,      // 8
    uint64,     // 8
    float32,    // 4
    float64,    // 8
    text,       // u32 length, bytes; the length `null_length` is a null pointer
    json,       // the same, bytes are one valid JSON value on one line
    exception,  // the same, bytes as call/exception.hpp writes them
    tagged,     // 1 byte: the kind that follows, then its bytes (std::optional)
    redacted,   // no bytes: the value never left its caller
    hashed,     // as text: a mask with a keyed hash of the value, which never left its caller
};

inline constexpr std::uint32_t null_length = UINT32_MAX;
inline constexpr std::size_t longest_text = std::size_t{1} << 30;
inline constexpr std::size_t hash_mask_size = 20;  // ***:0123456789abcdef

// Text of any length; who encodes it cuts it to longest_text first (clamped).
template <kind K>
struct bytes_operand {
    const char* data = "";
    std::size_t size = 0;

    constexpr bytes_operand() = default;
    constexpr bytes_operand(const char* text, std::size_t length) noexcept : data(text), size(length) {}
    constexpr bytes_operand(std::string_view text) noexcept : bytes_operand(text.data(), text.size()) {}

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {data, size}; }
};
using text_operand = bytes_operand<kind::text>;
using json_operand = bytes_operand<kind::json>;
using exception_operand = bytes_operand<kind::exception>;

// A char pointer that may be null: a type of its own, so that all other text need not be asked.
struct nullable_text {
    const char* data = nullptr;
    std::size_t size = 0;
};

struct null_operand {};
struct redacted_operand {};

// A value whose kind is known only at run time.
struct tagged_operand {
    kind tag = kind::null;
    std::uint64_t bits = 0;
    text_operand bytes{};
};

template <class V>
inline constexpr kind kind_of = kind::null;
template <>
inline constexpr kind kind_of<bool> = kind::boolean;
template <>
inline constexpr kind kind_of<std::int64_t> = kind::int64;
template <>
inline constexpr kind kind_of<std::uint64_t> = kind::uint64;
template <>
inline constexpr kind kind_of<float> = kind::float32;
template <>
inline constexpr kind kind_of<double> = kind::float64;
template <kind K>
inline constexpr kind kind_of<bytes_operand<K>> = K;
template <>
inline constexpr kind kind_of<nullable_text> = kind::text;
template <>
inline constexpr kind kind_of<tagged_operand> = kind::tagged;
template <>
inline constexpr kind kind_of<redacted_operand> = kind::redacted;

// Bytes of the fixed-size kinds.
[[nodiscard]] constexpr std::size_t fixed_size(kind k) noexcept {
    switch (k) {
        case kind::boolean:
            return 1;
        case kind::float32:
            return 4;
        case kind::int64:
        case kind::uint64:
        case kind::float64:
            return 8;
        default:
            return 0;
    }
}
[[nodiscard]] constexpr bool has_length(kind k) noexcept {
    return k == kind::text || k == kind::json || k == kind::exception || k == kind::hashed;
}

template <class V>
[[nodiscard, gnu::always_inline]] constexpr std::size_t encoded_size(V const&) noexcept {
    return fixed_size(kind_of<V>);
}
template <kind K>
[[nodiscard, gnu::always_inline]] constexpr std::size_t encoded_size(bytes_operand<K> const& v) noexcept {
    return 4 + v.size;
}
[[nodiscard]] constexpr std::size_t encoded_size(nullable_text const& v) noexcept {
    return 4 + v.size;
}
[[nodiscard]] constexpr std::size_t encoded_size(tagged_operand const& v) noexcept {
    return 1 + (has_length(v.tag) ? encoded_size(v.bytes) : fixed_size(v.tag));
}

template <class V>
[[nodiscard, gnu::always_inline]] inline std::byte* encode(std::byte* to, V const& v) noexcept {
    if constexpr (fixed_size(kind_of<V>) != 0)
        return store(to, v);
    else
        return to;
}
template <kind K>
[[nodiscard, gnu::always_inline]] inline std::byte* encode(std::byte* to, bytes_operand<K> const& v) noexcept {
    to = store(to, static_cast<std::uint32_t>(v.size));
    copy_short(to, v.data, v.size);
    return to + v.size;
}
[[nodiscard, gnu::always_inline]] inline std::byte* encode(std::byte* to, nullable_text const& v) noexcept {
    return v.data == nullptr ? store(to, null_length) : encode(to, text_operand{v.data, v.size});
}
[[nodiscard]] inline std::byte* encode(std::byte* to, tagged_operand const& v) noexcept {
    to = store(to, v.tag);
    if (has_length(v.tag)) return encode(to, v.bytes);
    const std::size_t n = fixed_size(v.tag);
    std::memcpy(to, &v.bits, n);  // little-endian: the low bytes are the value
    return to + n;
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "logkit supports little-endian machines");

// The same value, its kind known only at run time.
template <class V>
[[nodiscard]] tagged_operand tag_operand(V const& v) noexcept {
    tagged_operand result{kind_of<V>, 0, {}};
    if constexpr (std::is_same_v<V, tagged_operand>) {
        return v;
    } else if constexpr (has_length(kind_of<V>)) {
        // An empty view has no data either, and is a text.
        if (std::is_same_v<V, nullable_text> && v.data == nullptr) return {};
        result.bytes = text_operand{v.data, v.size};
    } else if constexpr (fixed_size(kind_of<V>) != 0) {
        std::memcpy(&result.bits, &v, sizeof v);
    }
    return result;
}

// The operand, cut to what may be encoded.
template <class V>
[[nodiscard, gnu::always_inline]] constexpr V clamped(V v) noexcept {
    if constexpr (requires { v.size; }) v.size = v.size < longest_text ? v.size : longest_text;
    if constexpr (requires { v.bytes.size; }) v.bytes = clamped(v.bytes);
    return v;
}

// A value read back from bytes that `encode` wrote. `bits` are the value of the fixed-size kinds, `text`
// the bytes of the others.
struct decoded {
    kind what = kind::null;
    std::uint64_t bits = 0;
    std::string_view text{};

    template <class T>
    [[nodiscard]] T as() const noexcept {
        return load<T>(&bits);
    }
};

// Reads one value of kind k at `from` and moves `from` behind it. Trusts its input: frames are checked once,
// when they are taken from a ring (pipe/frame.hpp).
[[nodiscard, gnu::always_inline]] inline decoded decode(kind k, const std::byte*& from) noexcept {
    if (k == kind::tagged) k = static_cast<kind>(load<std::uint8_t>(from++));
    decoded v{k, 0, {}};
    if (has_length(k)) {
        const auto length = load<std::uint32_t>(from);
        from += 4;
        if (length == null_length) {
            v.what = kind::null;
        } else {
            v.text = {reinterpret_cast<const char*>(from), length};
            from += length;
        }
    } else {
        const std::size_t n = fixed_size(k);
        if (n == 8)
            v.bits = load<std::uint64_t>(from);
        else if (n == 4)
            v.bits = load<std::uint32_t>(from);
        else if (n == 1)
            v.bits = load<std::uint8_t>(from);
        from += n;
    }
    return v;
}

}  // namespace logkit::detail
