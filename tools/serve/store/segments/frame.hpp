// SPDX-License-Identifier: MIT
#pragma once

// A commit on disk: a zstd frame of its lines, then a footer, which for zstd is a frame to be skipped, so that a
// segment, which is frame after frame, is what any zstd tool unpacks (docs/segments.md draws the bytes).

#include "store/ledger.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

struct frame_footer {
    std::uint64_t first_number = 0;  // of its first record; the others follow
    std::uint32_t records = 0;
    std::int64_t arrival_ns = 0;
    std::int64_t oldest_ns = 0, newest_ns = 0;  // times of its records; of none: newest < oldest
    std::uint64_t raw_size = 0, packed_size = 0;
    std::vector<intent> intents{};
};

// One that is used again and again packs without allocating.
class frame_packer {
  public:
    frame_packer();
    frame_packer(frame_packer const&) = delete;
    frame_packer& operator=(frame_packer const&) = delete;
    ~frame_packer();
    // The bytes of a commit; valid until the next call. Fills the footer's sizes.
    [[nodiscard]] std::string_view pack(std::string_view lines, frame_footer& footer);

  private:
    struct ZSTD_state;
    ZSTD_state* zstd_;
    std::string bytes_;
};

// The largest that is unpacked again; nothing larger is packed.
inline constexpr std::uint64_t largest_frame = std::uint64_t{1} << 30;
// The lines of a frame, with line_padding blanks behind them; empty: it is damaged.
[[nodiscard]] std::optional<std::string> unpack_frame(std::string_view packed, std::uint64_t raw_size);

// The footer whose last byte is the last of `bytes`, and its size; empty: there is none, or it is damaged.
struct found_footer {
    frame_footer footer;
    std::size_t size = 0;
};
[[nodiscard]] std::optional<found_footer> footer_at_end(std::string_view bytes);

// What each footer ends with; its whole size stands before it.
inline constexpr std::string_view footer_mark = "LKFOOT1\n";
inline constexpr std::size_t footer_tail = 4 + 8 + 8;  // size, hash, mark
inline constexpr std::uint32_t largest_footer = 64U << 20;
// How long the footer is that ends with these bytes; 0: none does.
[[nodiscard]] std::uint32_t footer_size(std::string_view tail);

}  // namespace serve
