// SPDX-License-Identifier: MIT
#pragma once

// What the programs of this folder see in a line of a log.

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace faults {

// One whole record, and nothing of another.
[[nodiscard]] inline bool is_whole(std::string_view line) noexcept {
    return line.starts_with(R"({"timestamp":"2)") && line.ends_with("}") &&
           line.find(R"({"timestamp")", 1) == std::string_view::npos;
}

// The number behind a key such as "i": with its quotes and colon; UINT64_MAX if it is not there.
[[nodiscard]] inline std::uint64_t number_after(std::string_view line, std::string_view key) noexcept {
    const std::size_t at = line.find(key);
    return at == std::string_view::npos ? UINT64_MAX : std::strtoull(line.data() + at + key.size(), nullptr, 10);
}

}  // namespace faults
