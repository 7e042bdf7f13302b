// SPDX-License-Identifier: MIT
#pragma once

// SipHash-2-4 (Aumasson, Bernstein; https://www.aumasson.jp/siphash): what stands for a secret where equal ones must be
// seen to be equal. Stage: redact. Without the key nobody can try out which text has a hash; with the key, one can.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace logkit::detail {

struct hash_key {
    std::uint64_t low = 0, high = 0;
    friend bool operator==(hash_key const&, hash_key const&) noexcept = default;
};

[[nodiscard]] inline std::uint64_t keyed_hash(hash_key key, std::string_view text) noexcept {
    std::uint64_t a = key.low ^ 0x736f6d6570736575, b = key.high ^ 0x646f72616e646f6d;
    std::uint64_t c = key.low ^ 0x6c7967656e657261, d = key.high ^ 0x7465646279746573;
    const auto rounds = [&](int n) {
        for (; n != 0; --n) {
            a += b;
            c += d;
            b = std::rotl(b, 13) ^ a;
            d = std::rotl(d, 16) ^ c;
            a = std::rotl(a, 32) + d;
            c += b;
            d = std::rotl(d, 21) ^ a;
            b = std::rotl(b, 17) ^ c;
            c = std::rotl(c, 32);
        }
    };
    const auto take = [&](std::uint64_t word) {
        d ^= word;
        rounds(2);
        a ^= word;
    };
    std::uint64_t word = 0;
    const std::uint64_t length = text.size();
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::memcpy(&word, text.data(), 8);
        take(word);
    }
    word = 0;
    if (!text.empty()) std::memcpy(&word, text.data(), text.size());
    take(word | length << 56);
    c ^= 0xff;
    rounds(4);
    return a ^ b ^ c ^ d;
}

// A key out of a text of any length.
[[nodiscard]] inline hash_key key_of(std::string_view text) noexcept {
    return {keyed_hash({0, 1}, text), keyed_hash({1, 0}, text)};
}

}  // namespace logkit::detail
