// SPDX-License-Identifier: MIT
#pragma once

// Reading what comes from a file that anybody may have written. Stage: pipe.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <logkit/base/bytes.hpp>
#include <logkit/call/operand.hpp>

namespace logkit::detail {

// Bytes yet to be read; every read says whether there were enough.
class checked_bytes {
  public:
    explicit checked_bytes(std::string_view bytes) noexcept : rest_(bytes) {}

    template <class T>
    [[nodiscard]] bool take(T& value) noexcept {
        if (rest_.size() < sizeof value) return false;
        value = load<T>(rest_.data());
        rest_.remove_prefix(sizeof value);
        return true;
    }
    [[nodiscard]] bool take(std::string_view& text, std::size_t size) noexcept {
        if (rest_.size() < size) return false;
        text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    [[nodiscard]] bool take_value(kind encoding, unsigned depth = 0) noexcept {
        std::string_view skipped;
        if (encoding == kind::tagged) {
            std::uint8_t tag = 0;
            return depth == 0 && take(tag) && tag < static_cast<std::uint8_t>(kind::tagged) &&
                   take_value(static_cast<kind>(tag), 1);
        }
        if (!has_length(encoding)) return take(skipped, fixed_size(encoding));
        std::uint32_t size = 0;
        return take(size) && (size == null_length || take(skipped, size));
    }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  private:
    std::string_view rest_;
};

}  // namespace logkit::detail
