// SPDX-License-Identifier: MIT
#pragma once

// Those who send to a store under test, and what is to be found in it.

#include "store/segments/segment_store.hpp"

#include "batches.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace support {

[[nodiscard]] inline std::multiset<std::string> everything_in(serve::log_store& store) {
    std::multiset<std::string> lines;
    serve::question asked;
    asked.is_ascending = true;
    asked.limit = 100'000;
    for (;;) {
        const serve::page got = store.find(asked);
        for (serve::found_record const& r : got.records) lines.insert(r.line);
        if (!got.next.has_value()) return lines;
        asked.behind = got.next;
    }
}

// A shipper of one stream: sends from where the store says it is, in batches of chance.
struct sender {
    std::string name;
    std::vector<std::string> lines;
    std::size_t acknowledged = 0;  // lines

    std::vector<std::uint64_t> positions{0};

    explicit sender(std::string n) : name(std::move(n)) {
        for (int i = 0; i < 400; ++i) {
            lines.push_back(R"({"msg":"e","s":")" + name + R"(","n":)" + std::to_string(i) + "}");
            positions.push_back(positions.back() + lines.back().size() + 1);
        }
    }
    [[nodiscard]] serve::batch next(std::mt19937& random) const {
        const std::size_t n = std::min<std::size_t>(1 + random() % 9, lines.size() - acknowledged);
        const auto from = lines.begin() + static_cast<std::ptrdiff_t>(acknowledged);
        return in_stream(name, positions[acknowledged], batch_of({from, from + static_cast<std::ptrdiff_t>(n)}));
    }
    void hear(serve::outcome const& said) {
        if (said.what != serve::outcome::kind::stored && said.what != serve::outcome::kind::gap &&
            said.what != serve::outcome::kind::overlap)
            return;
        const auto at = std::lower_bound(positions.begin(), positions.end(), said.position);
        acknowledged = static_cast<std::size_t>(at - positions.begin());
    }
};

[[nodiscard]] inline serve::segment_settings small_segments() {
    serve::segment_settings s;
    s.largest_segment = 2'000;
    s.most_commits = 3;
    s.sealed_frame = 500;
    return s;
}
inline constexpr std::int64_t hour_ns = 3'600'000'000'000, day_ns = 24 * hour_ns;

}  // namespace support
