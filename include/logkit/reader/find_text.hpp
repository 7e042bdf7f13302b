// SPDX-License-Identifier: MIT
#pragma once

// A short text in a line. Reader.
//
// memmem prepares a table for each call, which costs more than a line of a log is long. Here sixteen places are looked
// at at once: two bytes of the text must be right (W. Muła, "SIMD-friendly algorithms for substring searching"). They
// are the second and the last but one, or the one before that, because in JSON the outermost ones are quotes, which are
// everywhere: "text" or "key":.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace logkit::detail {

// Of four bytes or more. A call of memcmp takes longer than it looks at texts so short.
[[nodiscard, gnu::always_inline]] inline bool are_equal(const char* a, const char* b, std::size_t n) noexcept {
    const auto differ = [&](auto word, std::size_t at) {
        decltype(word) one, other;
        std::memcpy(&one, a + at, sizeof word);
        std::memcpy(&other, b + at, sizeof word);
        return one != other;
    };
    if (n > 16) return std::memcmp(a, b, n) == 0;
    // Two words, which may overlap.
    if (n >= 8) return !differ(std::uint64_t{}, 0) && !differ(std::uint64_t{}, n - 8);
    return !differ(std::uint32_t{}, 0) && !differ(std::uint32_t{}, n - 4);
}

// Where `wanted` begins in `text` for the first time; npos: nowhere. Reads nothing outside of the two.
[[nodiscard]] inline std::size_t find_text(std::string_view text, std::string_view wanted) noexcept {
#if defined(__SSE2__)
    const std::size_t n = wanted.size();
    if (n < 4 || text.size() < n + 15) return text.find(wanted);
    const char* const begin = text.data();
    const std::size_t late = n > 4 && wanted[n - 2] == '"' ? n - 3 : n - 2;
    const __m128i second = _mm_set1_epi8(wanted[1]), late_one = _mm_set1_epi8(wanted[late]);
    const auto find_among_16 = [&](std::size_t at) {
        const auto bytes = [&](std::size_t i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + i)); };
        const __m128i both =
            _mm_and_si128(_mm_cmpeq_epi8(bytes(at + 1), second), _mm_cmpeq_epi8(bytes(at + late), late_one));
        for (auto places = static_cast<unsigned>(_mm_movemask_epi8(both)); places != 0; places &= places - 1) {
            const std::size_t place = at + static_cast<std::size_t>(__builtin_ctz(places));
            if (are_equal(begin + place, wanted.data(), n)) return place;
        }
        return std::string_view::npos;
    };
    const std::size_t last = text.size() - n + 1 - 16;  // the last sixteen places; they may overlap the ones before
    for (std::size_t at = 0; at < last; at += 16)
        if (const std::size_t found = find_among_16(at); found != std::string_view::npos) return found;
    return find_among_16(last);
#else
    return text.find(wanted);
#endif
}

}  // namespace logkit::detail
