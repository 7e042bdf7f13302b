// SPDX-License-Identifier: MIT
#pragma once

// Lines of JSON → a batch. Lines that are JSON objects are stored byte for byte; what can be mended is, and anything
// else becomes a record of its own that holds it as text.

#include "store/log_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace serve {

struct ndjson_limits {
    std::size_t longest_line = std::size_t{16} << 20, most_records = 100'000;
    std::size_t largest_text = std::size_t{256} << 20;  // of all lines as they are stored
};

// A refused line's position is its place in the body, from 0 as bytes in a stream, else as a line.
struct decoded_lines {
    batch made;
    std::vector<refused_line> refused;  // at most 100 of them
    std::uint64_t refused_count = 0;
    std::string error;  // the body as a whole is refused: why
    bool is_too_many = false;
};

// `body` has line_padding bytes behind it. `range`: of a stream, whose positions the records get. `service`: of the
// key, "" for any; a line of another service is refused.
[[nodiscard]] decoded_lines decode_ndjson(std::string_view body, std::optional<stream_range> range,
                                          std::string const& service, std::int64_t arrival_ns,
                                          ndjson_limits const& limits = {});

// A text as a record, without its line's end.
[[nodiscard]] std::string record_of_text(std::string_view text, std::int64_t arrival_ns);

}  // namespace serve
