// SPDX-License-Identifier: MIT
#pragma once

// Records one after the other → the lines of a frame, and its footer.

#include "store/batch_builder.hpp"
#include "store/moment.hpp"
#include "store/segments/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace serve {

class frame_maker {
  public:
    frame_maker() { clear(); }
    void clear();

    // `line`: with its end. `service`: that it names, or else its key's.
    void add(std::string_view line, record_place const& facts, std::string const& service, std::uint64_t number,
             std::int64_t arrival_ns, std::string const& of_key);
    // What the lines say.
    void add_values(line_values const& said);
    [[nodiscard]] line_values& values() noexcept { return said_; }
    // That there were such numbers, without records.
    void pass_number(std::uint64_t number, std::int64_t arrival_ns) {
        footer_.runs.push_back({number, 0, arrival_ns, {}});
    }

    [[nodiscard]] std::string const& lines() const noexcept { return lines_; }
    [[nodiscard]] bool is_empty() const noexcept { return lines_.empty(); }
    // The footer, but for its sizes; to be called once.
    [[nodiscard]] frame_footer& finish();

  private:
    std::string lines_;
    frame_footer footer_;
    line_values said_;
    std::unordered_map<std::string, std::uint32_t> services_;
    std::unordered_map<std::uint64_t, std::size_t> counts_;  // place in the footer's, by minute, service and level
    std::string last_service_;
    std::uint32_t last_place_ = 0;
    std::uint64_t last_key_ = 0;
    std::size_t last_count_ = 0;
};

// In order, each once.
inline void sort_traces(std::vector<std::uint32_t>& traces) {
    std::sort(traces.begin(), traces.end());
    traces.erase(std::unique(traces.begin(), traces.end()), traces.end());
}
// The half of a trace's hash that footers keep.
[[nodiscard]] inline std::uint32_t trace_key(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace serve
