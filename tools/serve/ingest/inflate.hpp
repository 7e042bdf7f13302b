// SPDX-License-Identifier: MIT
#pragma once

// Bodies that were sent packed. A small body that unpacks into a huge one is refused before it has.

#include <cstdint>
#include <functional>

#include <string>
#include <string_view>

namespace serve {

struct inflate_limits {
    std::uint64_t size = std::uint64_t{256} << 20;
    std::uint64_t ratio = 200, ratio_counts_above = std::uint64_t{16} << 20;
    std::function<bool(std::uint64_t)> may_take{};  // so many bytes in all; null: always
};
enum class inflate_result : std::uint8_t { good, unknown_encoding, damaged, too_large, busy };

// `encoding`: gzip, zstd, identity or "", in any case. The body is replaced.
[[nodiscard]] inflate_result inflate_body(std::string_view encoding, std::string& body,
                                          inflate_limits const& limits = {});

}  // namespace serve
