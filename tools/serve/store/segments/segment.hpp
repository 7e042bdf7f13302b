// SPDX-License-Identifier: MIT
#pragma once

// What is known in memory of segments and their frames: where they are, and what can be passed over.

#include "store/segments/disk.hpp"
#include "store/segments/frame.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serve {

// A few levels, as bits.
using level_set = std::uint8_t;
[[nodiscard]] constexpr level_set levels_between(logkit::level lowest, logkit::level highest) noexcept {
    return static_cast<level_set>((2U << static_cast<unsigned>(highest)) - (1U << static_cast<unsigned>(lowest)));
}

struct stored_frame {
    std::uint64_t offset = 0, raw_size = 0, packed_size = 0, first_number = 0, last_number = 0;
    std::int64_t oldest_ns = 0, newest_ns = 0;
    std::uint32_t footer_size = 0, records = 0, failures = 0;
    std::uint32_t counts_at = 0, traces_at = 0, traces = 0, words_at = 0, word_blocks = 0;  // in the footer
    bool is_old = false, is_opaque = false, has_timeless = false, has_weights = false;
    bool is_damaged = false;  // and it was said
    level_set levels = 0;
    // The levels of each service; of a frame of many services only `levels` is known.
    bool has_many_services = false;
    std::vector<std::pair<std::string, level_set>> services;
};

struct segment {
    std::string name;
    std::unique_ptr<disk_file> file;
    std::vector<stored_frame> frames;
    std::uint64_t size = 0, last_number = 0;
    std::int64_t newest_arrival_ns = 0;
    bool is_sealed = false;
    bool has_damage = false;  // it is left as it is, for `logkit serve repair`
    // Where it is sealed: the frame that says so, and in its footer the traces of all frames.
    std::uint64_t seal_at = 0, seal_size = 0;
    std::uint64_t traces_at = 0;
    std::uint32_t traces = 0;
};

// A frame that somebody reads. The segment stays as long.
struct frame_ref {
    std::shared_ptr<segment> in;
    std::size_t index = 0;
    stored_frame what;
};

// A segment's name: the day on which it was begun, and the number of its first record.
[[nodiscard]] std::string segment_name(std::int64_t arrival_ns, std::uint64_t number);
// Of its first record; 0: that is no segment.
[[nodiscard]] std::uint64_t number_of(std::string_view name) noexcept;
[[nodiscard]] inline std::string_view day_of(std::string_view name) noexcept {
    return name.substr(0, 10);
}

// The footer that ends at a place of the file; empty: none does that is whole. Throws newer_format.
[[nodiscard]] std::optional<found_footer> footer_before(disk_file const& file, std::uint64_t at);

// Adds the frame that begins there.
void index_frame(segment& of, std::uint64_t offset, frame_footer const& footer, std::size_t footer_size);

}  // namespace serve
