// SPDX-License-Identifier: MIT
#pragma once

// Batches as ingest makes them, for tests of stores.

#include "store/log_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace support {

inline constexpr std::int64_t noon_ns = 1'767'268'800'000'000'000;  // 2026-01-01T12:00:00Z

// One record a line: {"n":N}, or with a time in nanoseconds.
[[nodiscard]] inline serve::batch batch_of(std::vector<std::string> const& lines, std::int64_t time_ns = noon_ns) {
    serve::batch b;
    for (std::string const& line : lines) {
        b.records.push_back({static_cast<std::uint32_t>(b.text.size()), static_cast<std::uint32_t>(line.size() + 1),
                             b.text.size(), time_ns});
        b.text += line + '\n';
    }
    return b;
}
[[nodiscard]] inline std::string line_of(int n, std::int64_t time_ns = noon_ns) {
    return R"({"ts":)" + std::to_string(time_ns) + R"(,"msg":"e","n":)" + std::to_string(n) + "}";
}
[[nodiscard]] inline std::vector<std::string> lines_of(int from, int to) {
    std::vector<std::string> lines;
    for (int n = from; n < to; ++n) lines.push_back(line_of(n));
    return lines;
}
// The bytes from `position` on of a stream whose lines are lines_of(0, …).
[[nodiscard]] inline serve::batch in_stream(std::string const& stream, std::uint64_t position, serve::batch b) {
    serve::stream_range range;
    range.stream = stream;
    range.position = position;
    range.end = position + b.text.size();
    range.after = "h" + std::to_string(range.end);
    for (serve::record_place& r : b.records) {
        r.position = position + r.offset;
        range.line_positions.push_back(r.position);
    }
    b.stream = range;
    return b;
}

}  // namespace support
