// SPDX-License-Identifier: MIT
#pragma once

// Unaligned loads and stores, and the copy that the hot path uses for text. Base.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace logkit::detail {

template <class T>
[[nodiscard, gnu::always_inline]] inline T load(const void* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// Stores the value and returns the place just behind it.
template <class T>
[[gnu::always_inline]] inline std::byte* store(std::byte* to, T value) noexcept {
    std::memcpy(to, &value, sizeof value);
    return to + sizeof value;
}

template <class T>
[[nodiscard]] std::string_view bytes_of(T const& object) noexcept {
    return {reinterpret_cast<const char*>(&object), sizeof object};
}

// Two overlapping words cover any length up to twice their size: log values are short, and this beats a
// call of memcpy there. Without a call, the hot path needs no stack. Reads and writes exactly n bytes.
[[gnu::always_inline]] inline void copy_short(void* to, const void* from, std::size_t n) noexcept {
    auto* d = static_cast<char*>(to);
    const auto* s = static_cast<const char*>(from);
    struct pair {
        std::uint64_t low, high;
    };
    if (n >= 16) {
        const auto tail = load<pair>(s + n - 16);
        for (std::size_t i = 0; i < n - 16; i += 16) {
            const auto block = load<pair>(s + i);
            std::memcpy(d + i, &block, 16);
            asm("" : "+r"(i));  // or GCC makes a call of memcpy of it
        }
        std::memcpy(d + n - 16, &tail, 16);
    } else if (n >= 8) {
        const auto head = load<std::uint64_t>(s), tail = load<std::uint64_t>(s + n - 8);
        std::memcpy(d, &head, 8);
        std::memcpy(d + n - 8, &tail, 8);
    } else if (n >= 4) {
        const auto head = load<std::uint32_t>(s), tail = load<std::uint32_t>(s + n - 4);
        std::memcpy(d, &head, 4);
        std::memcpy(d + n - 4, &tail, 4);
    } else if (n != 0) {
        const char first = s[0], middle = s[n / 2], last = s[n - 1];
        d[0] = first;
        d[n / 2] = middle;
        d[n - 1] = last;
    }
}

[[nodiscard]] constexpr std::size_t align_up(std::size_t n, std::size_t alignment) noexcept {
    return (n + alignment - 1) & ~(alignment - 1);
}

}  // namespace logkit::detail
