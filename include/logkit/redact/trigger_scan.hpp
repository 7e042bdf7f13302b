// SPDX-License-Identifier: MIT
#pragma once

// Where in a text a secret may be: the one pass over every byte, of which nearly all are none. Stage: redact.
//
// Each kind of secret has a *trigger*: four bytes in a row, each out of a set ("ghp_" for a token of GitHub, "ord=" for
// a password). Triggers are put into fourteen buckets, and a table for each of the four places says of a byte in which
// buckets it may stand there; where the four answers have a bucket in common, there may be a trigger. Sixteen places
// are asked at once: a table of 256 is two of 16, by the low and the high half of the byte, and one instruction looks
// up the seven buckets of each half of a register (the "Teddy" of Hyperscan, which is at home in many text searchers;
// https://www.usenix.org/conference/nsdi19/presentation/wang-xiang). Beside triggers, runs of digits are found that are
// long enough for a part of a card's number.
//
// A trigger's place is that of its last byte; before the text there are zeros. What is found here is only a
// possibility.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/redact/byte_set.hpp>

namespace logkit::detail {

class trigger_scan {
  public:
    static constexpr std::size_t size = 4, chunk = 64;
    using sets = std::array<byte_set, size>;

    // Places of a text from `at` on, a bit each.
    struct found {
        std::size_t at = 0;
        std::uint64_t triggers = 0;
        std::uint64_t digit_runs = 0;  // the first places of runs of digits, ' ' and '-'
        [[nodiscard]] bool is_any() const noexcept { return (triggers | digit_runs) != 0; }
    };

    explicit trigger_scan(std::vector<sets> const& triggers) {
        bucket_finder buckets_for(triggers);
        const std::vector<std::size_t> bucket = buckets_for.find();
        for (std::size_t i = 0; i < triggers.size(); ++i) {
            for (std::size_t k = 0; k < size; ++k)
                triggers[i][k].for_each([&](unsigned char c) { put(k, c, bucket[i]); });
            expect(triggers[i]);
        }
        for (unsigned i = 0; i < 10; ++i) low_[before][i] |= kind_bit;
        high_[before][3] |= kind_bit;
        for (const unsigned separator : {0x20U, 0x2dU}) low_[before][16 + (separator & 15)] |= kind_bit;
        high_[before][16 + 2] |= kind_bit;
    }

    // How common such bytes are.
    [[nodiscard]] static double share_of(byte_set const& bytes) noexcept {
        double share = 0;
        bytes.for_each([&](unsigned char c) { share += commonness(c); });
        return share;
    }

    // How common a byte is in logs, as a share; roughly.
    [[nodiscard]] static double commonness(unsigned char c) noexcept {
        if (is_digit(static_cast<char>(c)) || (c >= 'a' && c <= 'f')) return 0.03;
        if (c >= 'a' && c <= 'z') return 0.02;
        if (c == '"' || c == ' ') return 0.05;
        if (c == ':' || c == ',') return 0.03;
        if (c == '-' || c == '_' || c == '.' || c == '/') return 0.01;
        if (c >= 'A' && c <= 'Z') return 0.004;
        return c >= 0x20 && c < 0x80 ? 0.002 : 0.0002;
    }

    // Are these a trigger's bytes? A few others pass.
    [[nodiscard, gnu::always_inline]] bool may_be(const char* bytes) const noexcept {
        const auto all = load<std::uint32_t>(bytes);
        const places at = places_of(all);
        return ((has(expected_, at.one) & has(expected_, at.other)) | has(expected_ends_, all >> 16)) != 0;
    }

    // The next places where something may be, from `at` on; `at` is the text's size where nothing is.
    [[nodiscard]] found next(std::string_view text, std::size_t at) const noexcept {
        if (text.size() < chunk && at == 0) return look_at_short(text);
        if (text.size() < chunk || (at != 0 && at < lookback)) {  // few bytes, or few before: to where there are more
            const found f = copied_chunk(text, at);
            if (f.is_any() || text.size() <= at + chunk) return f;
            at += chunk;
        }
        const found f = next_whole_chunk(text, at);
        if (f.is_any() || f.at >= text.size()) return f.is_any() ? f : found{text.size()};
        const std::size_t last = text.size() - chunk;  // what is left is the end of the last chunk
        if (last < lookback) return copied_chunk(text, f.at);
        found end = look_at(text.data() + last, chunk);
        end.triggers &= ~std::uint64_t{0} << (f.at - last);  // (a run of digits may have begun before)
        end.at = end.is_any() ? last : text.size();
        return end;
    }

    // Of 64 bytes and those before them, one by one. (Public for the test that compares the two ways.)
    [[nodiscard]] found look_at_each(const char* bytes) const noexcept {
        found f;
        std::uint64_t digits = 0, runs = 0;
        for (std::size_t i = 0; i < chunk; ++i) {
            const std::uint64_t bit = std::uint64_t{1} << i;
            if (may_be(bytes + i - before)) f.triggers |= bit;
            if (is_digit(bytes[i])) digits |= bit;
            if (card_bytes.has(bytes[i])) runs |= bit;
        }
        f.digit_runs = long_runs(digits, runs, bytes[-1]);
        return f;
    }

  private:
    static constexpr std::size_t half = 7, buckets = 2 * half, before = size - 1;
    static constexpr std::size_t lookback = 16;     // bytes
    static constexpr std::uint8_t kind_bit = 0x80;  // of the last byte's tables: a digit, or what stands between digits

    using bits = std::array<std::uint64_t, 65'536 / 64>;

    [[nodiscard, gnu::always_inline]] static std::uint64_t has(bits const& all, std::uint32_t place) noexcept {
        return all[place >> 6] >> (place & 63) & 1;
    }
    // Two for each text, so that one in two hundred is taken for another.
    struct places {
        std::uint32_t one, other;
    };
    [[nodiscard, gnu::always_inline]] static places places_of(std::uint32_t four_bytes) noexcept {
        const std::uint64_t hash = four_bytes * 0x9e3779b97f4a7c15;
        return {static_cast<std::uint32_t>(hash >> 48), static_cast<std::uint32_t>(hash >> 32 & 0xffff)};
    }
    // Each text that the trigger may be is entered, or the ends of those where the beginning may be nearly anything.
    void expect(sets const& trigger) noexcept {
        constexpr std::size_t wide = 64;
        const bool is_any = trigger[0].size() > wide;
        const auto enter = [](bits& all, std::uint32_t place) { all[place >> 6] |= std::uint64_t{1} << (place & 63); };
        trigger[2].for_each([&](unsigned char c) {
            trigger[3].for_each([&](unsigned char d) {
                const auto end = static_cast<std::uint32_t>(c | d << 8);
                if (is_any) return enter(expected_ends_, end);
                trigger[0].for_each([&](unsigned char a) {
                    trigger[1].for_each([&](unsigned char b) {
                        const places at = places_of(static_cast<std::uint32_t>(a | b << 8) | end << 16);
                        enter(expected_, at.one);
                        enter(expected_, at.other);
                    });
                });
            });
        });
    }

    void put(std::size_t k, unsigned char c, std::size_t bucket) noexcept {
        const auto bit = static_cast<std::uint8_t>(1U << bucket % half);
        low_[k][bucket / half * 16 + (c & 15)] |= bit;
        high_[k][bucket / half * 16 + (c >> 4)] |= bit;
    }
    // Puts together what is alike: a bucket passes whatever has, at each place, the low half of one of its bytes and
    // the high half of another.
    class bucket_finder {
      public:
        explicit bucket_finder(std::vector<sets> const& triggers) {
            for (unsigned c = 0; c < 256; ++c)
                common_[c >> 4][c & 15] = static_cast<float>(commonness(static_cast<unsigned char>(c)));
            for (sets const& trigger : triggers) {
                halves& h = triggers_.emplace_back();
                for (std::size_t k = 0; k < size; ++k)
                    trigger[k].for_each([&](unsigned char c) {
                        h.low[k] |= 1U << (c & 15);
                        h.high[k] |= 1U << (c >> 4);
                    });
            }
        }
        // The bucket of each trigger. Those that pass most come first: buckets form around them.
        [[nodiscard]] std::vector<std::size_t> find() {
            std::vector<std::pair<float, std::size_t>> order;
            for (std::size_t i = 0; i < triggers_.size(); ++i) order.emplace_back(-share_of(triggers_[i]), i);
            std::sort(order.begin(), order.end());
            bucket_.assign(triggers_.size(), none);
            constexpr int passes = 2;
            for (int pass = 0; pass < passes; ++pass)
                for (auto const& [share, i] : order) place(i);
            return bucket_;
        }

      private:
        static constexpr std::size_t none = SIZE_MAX;
        struct halves {
            std::array<unsigned, size> low{}, high{};
            void add(halves const& other) noexcept {
                for (std::size_t k = 0; k < size; ++k) {
                    low[k] |= other.low[k];
                    high[k] |= other.high[k];
                }
            }
        };
        [[nodiscard]] float share_of(halves const& h) const noexcept {
            float share = 1;
            for (std::size_t k = 0; k < size; ++k) {
                float common = 0;
                for (unsigned high = h.high[k]; high != 0; high &= high - 1)
                    for (unsigned low = h.low[k]; low != 0; low &= low - 1)
                        common += common_[static_cast<unsigned>(std::countr_zero(high))]
                                         [static_cast<unsigned>(std::countr_zero(low))];
                share *= common;
            }
            return share;
        }
        // Where it adds least.
        void place(std::size_t i) noexcept {
            if (bucket_[i] != none) {
                const std::size_t left = std::exchange(bucket_[i], none);
                buckets_[left] = {};
                for (std::size_t j = 0; j < triggers_.size(); ++j)
                    if (bucket_[j] == left) buckets_[left].add(triggers_[j]);
                shares_[left] = share_of(buckets_[left]);
            }
            std::size_t best = 0;
            float least = 1e9F;
            for (std::size_t b = 0; b < buckets; ++b) {
                halves with = buckets_[b];
                with.add(triggers_[i]);
                const float growth = share_of(with) - shares_[b];
                if (growth >= least) continue;
                least = growth;
                best = b;
            }
            bucket_[i] = best;
            buckets_[best].add(triggers_[i]);
            shares_[best] = share_of(buckets_[best]);
        }

        float common_[16][16] = {};
        std::vector<halves> triggers_{};
        std::vector<std::size_t> bucket_{};
        std::array<halves, buckets> buckets_{};
        std::array<float, buckets> shares_{};
    };

    // Places in runs where a card's number may begin: thirteen digits or more in nineteen places. One that two chunks
    // share is seven places long in one of them.
    [[nodiscard, gnu::always_inline]] static inline std::uint64_t long_runs(std::uint64_t digits, std::uint64_t runs,
                                                                            char before_it) noexcept {
        const std::uint64_t two = runs & runs >> 1, four = two & two >> 2, eight = four & four >> 4;
        const std::uint64_t seven = four & four >> 3, thirteen = eight & four >> 8 & runs >> 12;
        const std::uint64_t edges = (card_bytes.has(before_it) ? 1U : 0U) | std::uint64_t{1} << (chunk - 7);
        constexpr int longest = 19, least = 13;
        std::uint64_t begins = seven & edges;
        for (std::uint64_t rest = thirteen & digits; rest != 0; rest &= rest - 1) {
            const int at = std::countr_zero(rest), length = std::min(longest, std::countr_one(runs >> at));
            const std::uint64_t within = digits >> at & ((std::uint64_t{1} << length) - 1);
            if (at + longest <= static_cast<int>(chunk) && std::popcount(within) < least) continue;
            return begins | (rest & -rest);
        }
        return begins;
    }

    // A chunk, or what there is of it, with zeros around it.
    [[nodiscard]] found copied_chunk(std::string_view text, std::size_t at) const noexcept {
        if (at >= text.size()) return {text.size()};
        alignas(32) char bytes[lookback + chunk];
        const std::size_t there = std::min(text.size() - at, chunk), known = std::min(at, before);
        std::memset(bytes, 0, sizeof bytes);
        std::memcpy(bytes + lookback - known, text.data() + at - known, known + there);
        found f = look_at(bytes + lookback, there);
        f.at = f.is_any() || there == chunk ? at : text.size();
        return f;
    }

#if defined(__x86_64__)
    [[nodiscard]] static bool is_fast() noexcept {
        static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
        return has_avx2;
    }
    [[nodiscard]] found look_at(const char* bytes, std::size_t there) const noexcept {
        return is_fast() ? look_at_part(bytes, there) : look_at_each(bytes);
    }
    [[nodiscard]] found next_whole_chunk(std::string_view text, std::size_t at) const noexcept {
        return is_fast() ? next_of_chunks(text.data(), at, text.size()) : next_of_each(text, at);
    }

    // The compiler's vectors, and its names of the two instructions that these lack: <immintrin.h> costs every user of
    // the library a quarter of a second.
    using bytes16 = signed char __attribute__((vector_size(16)));
    using bytes32 = char __attribute__((vector_size(32)));
    using unsigned32 = unsigned char __attribute__((vector_size(32)));

    // For sixteen bytes, in which buckets each may be the first of a trigger, the second, … (In variables of their own,
    // so that they stay in registers.)
    struct answers {
        bytes32 first, second, third, last;
    };
    [[nodiscard, gnu::target("avx2"), gnu::always_inline]] inline answers ask(bytes16 const& text) const noexcept {
        const auto twice = [&]<std::size_t... I>(std::index_sequence<I...>)
            __attribute__((target("avx2"), always_inline)) {
            return reinterpret_cast<unsigned32>(__builtin_shufflevector(text, text, (I % 16)...));
        }
        (std::make_index_sequence<32>());
        const auto low_halves = reinterpret_cast<bytes32>(twice & 15),
                   high_halves = reinterpret_cast<bytes32>(twice >> 4);
        const auto buckets_of = [&](std::size_t k) __attribute__((target("avx2"), always_inline)) {
            bytes32 low, high;
            std::memcpy(&low, low_[k].data(), 32);
            std::memcpy(&high, high_[k].data(), 32);
            return __builtin_ia32_pshufb256(low, low_halves) & __builtin_ia32_pshufb256(high, high_halves);
        };
        return {buckets_of(0), buckets_of(1), buckets_of(2), buckets_of(3)};
    }
    // What was answered for the places `Back` before, of which the first are in the block before.
    template <std::size_t Back>
    [[nodiscard, gnu::target("avx2"), gnu::always_inline]] static inline bytes32 back(bytes32 const& earlier,
                                                                                      bytes32 const& here) noexcept {
        return [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((target("avx2"), always_inline)) {
            return __builtin_shufflevector(earlier, here, (I % 16 < Back ? I + 16 - Back : I - Back + 32)...);
        }
        (std::make_index_sequence<32>());
    }

    // The sixteen places from `part` on.
    [[gnu::target("avx2"), gnu::always_inline]] static inline void take(answers const& earlier, answers const& here,
                                                                        std::size_t part, std::uint64_t& triggers,
                                                                        std::uint64_t& digits,
                                                                        std::uint64_t& runs) noexcept {
        const bytes32 common = here.last & back<1>(earlier.third, here.third) & back<2>(earlier.second, here.second) &
                               back<3>(earlier.first, here.first);
        const auto none = static_cast<unsigned>(__builtin_ia32_pmovmskb256(reinterpret_cast<bytes32>(common == 0)));
        triggers |= static_cast<std::uint64_t>((~none | ~none >> 16) & 0xffff) << part;
        const auto kinds = static_cast<unsigned>(__builtin_ia32_pmovmskb256(here.last));
        digits |= static_cast<std::uint64_t>(kinds & 0xffff) << part;
        runs |= static_cast<std::uint64_t>((kinds | kinds >> 16) & 0xffff) << part;
    }
    // Leaves the triggers that are some; no branch decides it, for it is a toss-up. The first three of a text have no
    // bytes before them that could be asked for.
    [[gnu::always_inline]] inline void confirm(found& f, const char* bytes, bool is_first) const noexcept {
        for (std::uint64_t rest = is_first ? f.triggers & ~std::uint64_t{7} : f.triggers; rest != 0; rest &= rest - 1) {
            const int place = std::countr_zero(rest);
            f.triggers ^= static_cast<std::uint64_t>(!may_be(bytes + place - before)) << place;
        }
    }

    // Of a chunk's first `there` bytes; those before it may be read, but for the text's beginning.
    [[nodiscard, gnu::target("avx2"), gnu::always_inline]] inline found look_at_chunk(const char* bytes,
                                                                                      std::size_t there,
                                                                                      bool is_first) const noexcept {
        found f;
        std::uint64_t digits = 0, runs = 0;
        bytes16 text{};
        if (!is_first) std::memcpy(&text, bytes - lookback, lookback);
        answers earlier = ask(text);
        for (std::size_t part = 0; part < there; part += 16) {
            std::memcpy(&text, bytes + part, 16);
            const answers here = ask(text);
            take(earlier, here, part, f.triggers, digits, runs);
            earlier = here;
        }
        f.digit_runs = long_runs(digits, runs, is_first ? '\0' : bytes[-1]);
        confirm(f, bytes, is_first);
        return f;
    }
    // Up to fifteen bytes, and zeros.
    [[nodiscard, gnu::target("avx2"), gnu::always_inline]] static inline bytes16 load_part(const char* bytes,
                                                                                           std::size_t n) noexcept {
        std::uint64_t halves[2] = {};
        if (n >= 8) {
            halves[0] = load<std::uint64_t>(bytes);
            if (n > 8) halves[1] = load<std::uint64_t>(bytes + n - 8) >> 8 * (16 - n);
        } else if (n >= 4) {
            halves[0] = load<std::uint32_t>(bytes);
            if (n > 4) halves[0] |= std::uint64_t{load<std::uint32_t>(bytes + n - 4)} << 8 * (n - 4);
        } else {
            for (std::size_t i = 0; i < n; ++i)
                halves[0] |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
        }
        using pair = long long __attribute__((vector_size(16)));
        return reinterpret_cast<bytes16>(pair{static_cast<long long>(halves[0]), static_cast<long long>(halves[1])});
    }
    // A whole text of less than a chunk. Most values are: nothing is copied for them.
    [[nodiscard, gnu::target("avx2")]] found look_at_short_text(std::string_view text) const noexcept {
        found f;
        std::uint64_t digits = 0, runs = 0;
        bytes16 block{};
        answers earlier = ask(block);
        for (std::size_t at = 0; at < text.size(); at += 16) {
            if (at + 16 <= text.size())
                std::memcpy(&block, text.data() + at, 16);
            else
                block = load_part(text.data() + at, text.size() - at);
            const answers here = ask(block);
            take(earlier, here, at, f.triggers, digits, runs);
            earlier = here;
        }
        f.digit_runs = long_runs(digits, runs, '\0');
        confirm(f, text.data(), true);
        f.at = f.is_any() ? 0 : text.size();
        return f;
    }
    [[nodiscard]] found look_at_short(std::string_view text) const noexcept {
        return is_fast() ? look_at_short_text(text) : copied_chunk(text, 0);
    }
    [[nodiscard, gnu::target("avx2")]] found look_at_part(const char* bytes, std::size_t there) const noexcept {
        return look_at_chunk(bytes, there, false);
    }
    [[nodiscard, gnu::target("avx2")]] found next_of_chunks(const char* text, std::size_t at,
                                                            std::size_t text_size) const noexcept {
        for (; at + chunk <= text_size; at += chunk) {
            found f = look_at_chunk(text + at, chunk, at == 0);
            if (!f.is_any()) continue;
            f.at = at;
            return f;
        }
        return {at};
    }
#else
    [[nodiscard]] found look_at(const char* bytes, std::size_t) const noexcept {
        return look_at_each(bytes);
    }
    [[nodiscard]] found next_whole_chunk(std::string_view text, std::size_t at) const noexcept {
        return next_of_each(text, at);
    }
#endif
    // In steps of a chunk; its `at` is behind the last whole one where nothing is.
    [[nodiscard]] found next_of_each(std::string_view text, std::size_t at) const noexcept {
        if (at == 0) {
            const found f = copied_chunk(text, at);
            if (f.is_any()) return f;
            at = chunk;
        }
        for (; at + chunk <= text.size(); at += chunk) {
            found f = look_at_each(text.data() + at);
            if (!f.is_any()) continue;
            f.at = at;
            return f;
        }
        return {at};
    }

    // Of each place: sixteen bytes for the first eight buckets, sixteen for the others.
    alignas(32) std::array<std::array<std::uint8_t, 32>, size> low_{}, high_{};
    bits expected_{}, expected_ends_{};
};

}  // namespace logkit::detail
