// SPDX-License-Identifier: MIT
#pragma once

// A set of bytes. Stage: redact.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace logkit::detail {

class byte_set {
  public:
    constexpr byte_set() = default;
    // Single bytes, and ranges such as "a-z"; '-' stands for itself at the end.
    constexpr explicit byte_set(std::string_view members) noexcept {
        for (std::size_t i = 0; i < members.size(); ++i) {
            const bool is_range = i + 2 < members.size() && members[i + 1] == '-';
            add_range(members[i], members[is_range ? i + 2 : i]);
            if (is_range) i += 2;
        }
    }

    constexpr void add(char c) noexcept {
        const auto byte = static_cast<unsigned char>(c);
        words_[byte >> 6] |= std::uint64_t{1} << (byte & 63);
    }
    constexpr void add_range(char first, char last) noexcept {
        for (unsigned c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c)
            add(static_cast<char>(c));
    }
    constexpr void add(byte_set const& others) noexcept {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= others.words_[i];
    }
    [[nodiscard]] constexpr bool has(char c) const noexcept {
        const auto byte = static_cast<unsigned char>(c);
        return (words_[byte >> 6] >> (byte & 63) & 1) != 0;
    }
    [[nodiscard]] constexpr std::size_t size() const noexcept {
        std::size_t n = 0;
        for (const std::uint64_t word : words_) n += static_cast<std::size_t>(std::popcount(word));
        return n;
    }
    template <class Fn>
    constexpr void for_each(Fn&& fn) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1)
                fn(static_cast<unsigned char>(i * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
    }

    friend constexpr bool operator==(byte_set const&, byte_set const&) noexcept = default;

  private:
    std::array<std::uint64_t, 4> words_{};
};

// What a card's number is written with.
inline constexpr byte_set card_bytes{"0-9 -"};

}  // namespace logkit::detail
