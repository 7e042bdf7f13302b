// SPDX-License-Identifier: MIT
#pragma once

// Records on disk: a zstd frame of their lines, then a footer, which for zstd is a frame to be skipped, so that a
// segment, which is frame after frame, is what any zstd tool unpacks (docs/segments.md draws the bytes).

#include "store/ledger.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serve {

// Records that follow one another, arrived together and with one key. Their numbers follow, too.
struct frame_run {
    std::uint64_t first_number = 0;
    std::uint32_t records = 0;
    std::int64_t arrival_ns = 0;
    std::string service;  // of the key
};
// So many records of a minute since 1970, of a service by its place among the frame's, and a level.
struct frame_count {
    std::int64_t minute = 0;
    std::uint32_t service = 0;
    std::uint8_t level = 0;
    std::uint32_t records = 0;
};

// How sealed segments end: with a frame of no records, which says of which numbers all records are in it.
struct number_range {
    std::uint64_t first = 0, last = 0;
};

struct frame_footer {
    std::vector<frame_run> runs{};
    std::optional<number_range> seals{};
    // Times of its records; of none: newest < oldest.
    std::int64_t oldest_ns = std::numeric_limits<std::int64_t>::max(),
                 newest_ns = std::numeric_limits<std::int64_t>::min();
    std::uint64_t raw_size = 0, packed_size = 0;
    std::uint32_t failures = 0;
    bool is_opaque = false;     // its values are not all among `words`
    bool has_timeless = false;  // some record does not say when it was
    bool has_weights = false;   // some record stands for more than one
    std::vector<intent> intents{};
    std::vector<std::string> services{};
    std::vector<frame_count> counts{};
    std::vector<std::uint32_t> traces{};  // the upper halves of their hashes, sorted
    std::string words{};                  // a word_filter; "": none was made

    // Within a footer that was read or packed: services, runs, intents and counts; the traces behind; the words.
    std::uint32_t counts_at = 0, traces_at = 0, words_at = 0;
    bool is_old = false;  // of the first format, which knows neither counts nor filters

    [[nodiscard]] std::uint32_t records() const noexcept {
        std::uint32_t n = 0;
        for (frame_run const& run : runs) n += run.records;
        return n;
    }
    [[nodiscard]] std::uint64_t first_number() const noexcept {
        return seals ? seals->first : runs.empty() ? 0 : runs.front().first_number;
    }
    // A commit takes at least one number, also one that stores nothing but a position.
    [[nodiscard]] std::uint64_t last_number() const noexcept {
        if (seals) return seals->last;
        std::uint64_t last = first_number();
        for (frame_run const& run : runs) last = std::max(last, run.first_number + std::max(run.records, 1U) - 1);
        return last;
    }
};

// Which hashes may have been added; of those that were not, one in a thousand is said to have been. A split block Bloom
// filter (Apache Parquet's): eight bits of a block of 32 bytes, which is all that has to be read for an answer.
namespace word_filter {
inline constexpr std::size_t block_size = 32;
[[nodiscard]] std::string of(std::vector<std::uint64_t> const& hashes);
[[nodiscard]] std::size_t block_of(std::uint64_t hash, std::size_t blocks) noexcept;
[[nodiscard]] bool may_have(std::string_view block, std::uint64_t hash) noexcept;
}  // namespace word_filter

// One that is used again and again packs without allocating.
class frame_packer {
  public:
    frame_packer();
    frame_packer(frame_packer const&) = delete;
    frame_packer& operator=(frame_packer const&) = delete;
    ~frame_packer();
    // The bytes of a frame; valid until the next call. Fills the footer's sizes and places.
    [[nodiscard]] std::string_view pack(std::string_view lines, frame_footer& footer);
    // Those of one whose lines are packed already.
    [[nodiscard]] std::string_view put(std::string_view packed, frame_footer& footer);

  private:
    struct ZSTD_state;
    void add_footer(frame_footer& footer);
    ZSTD_state* zstd_;
    std::string bytes_;
};

// The largest that is unpacked again; nothing larger is packed.
inline constexpr std::uint64_t largest_frame = std::uint64_t{1} << 30;
// The lines of a frame, of which there are raw_size bytes; false: it is damaged.
[[nodiscard]] bool unpack_frame(std::string_view packed, std::uint64_t raw_size, char* to);

// The store was written by a newer version, whose footers are others; the message names the remedy.
class newer_format : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The footer whose last byte is the last of `bytes`, and its size; empty: there is none, or it is damaged. Throws
// newer_format.
struct found_footer {
    frame_footer footer;
    std::size_t size = 0;
};
[[nodiscard]] std::optional<found_footer> footer_at_end(std::string_view bytes);
// Services and counts alone, of what stands between counts_at and traces_at; false: it is damaged.
[[nodiscard]] bool read_counts(std::string_view bytes, frame_footer& into);

// What each footer ends with, but for a digit and a line's end; its whole size stands before it.
inline constexpr std::string_view footer_mark = "LKFOOT";
inline constexpr std::size_t mark_size = 8;
inline constexpr std::size_t footer_tail = 4 + 8 + mark_size;  // size, hash, mark
inline constexpr std::uint32_t largest_footer = 1U << 30;
// How long the footer is that ends with these bytes; 0: none does.
[[nodiscard]] std::uint32_t footer_size(std::string_view tail);

}  // namespace serve
