// SPDX-License-Identifier: MIT
#pragma once

// Compile-time hashes: the identity of a call site, and of a key. Base.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace logkit::detail {

inline constexpr std::uint64_t hash_seed = 0xcbf29ce484222325, hash_factor = 0x9e3779b97f4a7c15;

[[nodiscard]] constexpr std::uint64_t hash_mix(std::uint64_t h, std::uint64_t value) noexcept {
    h = (h ^ value) * hash_factor;
    return h ^ (h >> 29);
}

[[nodiscard]] constexpr std::uint64_t hash_text(std::string_view text) noexcept {
    std::uint64_t h = hash_seed;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash_mix(h, text.size());
}

// A key as redaction compares it: the part behind the last dot, in which letter case and the separators '_',
// '-' and ' ' do not count. So `apiKey`, `API-Key`, `api_key` and `http.api_key` are one.
[[nodiscard]] constexpr bool is_separator(char c) noexcept {
    return c == '_' || c == '-' || c == ' ';
}
[[nodiscard]] constexpr char fold_case(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr std::uint64_t hash_folded(std::string_view key) noexcept {
    std::uint64_t h = hash_seed;
    for (const char c : key) {
        if (c == '.')
            h = hash_seed;
        else if (!is_separator(c))
            h = (h ^ static_cast<unsigned char>(fold_case(c))) * 0x100000001b3;
    }
    return hash_mix(h, 1);
}

// One bit of 64 for a hash: the union of such bits says "none of these" with a single AND.
[[nodiscard]] constexpr std::uint64_t bloom_bit(std::uint64_t hash) noexcept {
    return std::uint64_t{1} << (hash >> 58);
}

}  // namespace logkit::detail
