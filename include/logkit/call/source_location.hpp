// SPDX-License-Identifier: MIT
#pragma once

// Where a call stands. std::source_location is missing in clang 14 with libstdc++ 12. Stage: call.

#include <cstdint>
#include <string_view>

namespace logkit {

struct source_location {
    const char* file = "";
    const char* function = "";
    std::uint32_t line = 0;

    // As a default argument it names the caller.
    [[nodiscard]] static constexpr source_location current(const char* file = __builtin_FILE(),
                                                           const char* function = __builtin_FUNCTION(),
                                                           unsigned line = __builtin_LINE()) noexcept {
        return {file, function, line};
    }
};

}  // namespace logkit

namespace logkit::detail {

// A path's last part.
[[nodiscard]] constexpr std::string_view base_name(std::string_view file) noexcept {
    return file.substr(file.find_last_of('/') + 1);
}

}  // namespace logkit::detail
