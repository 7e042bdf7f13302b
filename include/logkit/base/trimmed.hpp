// SPDX-License-Identifier: MIT
#pragma once

// Text without the blanks around it, as settings and headers are read. Base.

#include <string_view>

namespace logkit::detail {

[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace logkit::detail
