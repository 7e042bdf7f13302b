// SPDX-License-Identifier: MIT
#pragma once

// Text that is copied for every record: padded, so that whole blocks are copied and no length is looked at
// twice. Base.

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace logkit::detail {

class padded_text {
  public:
    // How many bytes behind the text copy_to may touch.
    static constexpr std::size_t slack = 32;

    padded_text() : padded_text(std::string_view{}) {}
    padded_text(std::string_view text) { assign(text); }  // NOLINT: meant to convert

    // Keeps its memory.
    void assign(std::string_view text) {
        bytes_.assign(text);
        bytes_.append(slack, '\0');
    }

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - slack; }
    [[nodiscard]] std::string_view view() const noexcept { return std::string_view{bytes_}.substr(0, size()); }

    // Returns the end of the copy.
    [[gnu::always_inline]] char* copy_to(char* to) const noexcept {
        const char* const from = bytes_.data();
        const std::size_t n = size();
        std::size_t i = 0;
        do {
            std::memcpy(to + i, from + i, slack);
            i += slack;
        } while (i < n);
        return to + n;
    }

  private:
    std::string bytes_{};
};

}  // namespace logkit::detail
