// SPDX-License-Identifier: MIT
#pragma once

// How much goes into one request. Stage: ship.

#include <cstddef>
#include <cstdint>

namespace logkit::detail {

struct batch_limits {
    std::uint64_t records = 10'000;
    std::uint64_t bytes = 4U << 20;
};

// A longer line is no record that any server takes (docs/shipping.md).
inline constexpr std::size_t longest_shipped_line = 16U << 20;

}  // namespace logkit::detail
