// SPDX-License-Identifier: MIT
#pragma once

// Batches as ingest makes them, for tests of stores.

#include "store/batch_builder.hpp"
#include "store/log_store.hpp"
#include "store/record_time.hpp"

#include <logkit/reader/line_parser.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

inline constexpr std::int64_t noon_ns = 1'767'268'800'000'000'000;  // 2026-01-01T12:00:00Z

// One record a line: {"n":N}, or with a time in nanoseconds.
[[nodiscard]] inline serve::batch batch_of(std::vector<std::string> const& lines,
                                           std::optional<std::int64_t> time_ns = noon_ns) {
    serve::batch b;
    serve::batch_builder builder(b);
    logkit::detail::line_parser parser;
    for (std::string const& line : lines) {
        const std::string padded = line + std::string(logkit::detail::line_padding, ' ');
        if (parser.parse({padded.data(), line.size()}) == logkit::detail::line_state::unreadable)
            throw std::invalid_argument("no record: " + line);
        const auto time = serve::record_time(parser.entry());
        builder.add({padded.data(), line.size()}, parser.entry(), b.text.size(), time ? time : time_ns);
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
