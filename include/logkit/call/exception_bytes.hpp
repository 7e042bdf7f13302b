// SPDX-License-Identifier: MIT
#pragma once

// The bytes of kind::exception (call/exception.hpp), walked and changed without being understood. Stage: call.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <logkit/base/bytes.hpp>

namespace logkit::detail {

enum class stacks : bool { left_out, kept };

// Appends the same exception with its texts (of types, messages, categories) as `change(out, text)` appends them, and
// with its return addresses or without. What makes no sense is left out.
template <class Change>
void rewrite_exception(std::string& out, std::string_view bytes, stacks of_stacks, Change&& change) {
    const auto take = [&](std::size_t n) {
        const std::string_view piece = bytes.substr(0, n);
        bytes.remove_prefix(piece.size());
        return piece;
    };
    const auto number = [&]<class T>(T) {
        const std::string_view piece = take(sizeof(T));
        out += piece;
        return piece.size() == sizeof(T) ? load<T>(piece.data()) : T{};
    };
    const auto text = [&] {
        const std::string_view length = take(4);
        const std::string_view content = take(length.size() == 4 ? load<std::uint32_t>(length.data()) : 0);
        const std::size_t place = out.size();
        out.append(4, '\0');
        change(out, content);
        const auto size = static_cast<std::uint32_t>(out.size() - place - 4);
        std::memcpy(out.data() + place, &size, sizeof size);
    };
    while (!bytes.empty()) {
        (void)number(std::uint16_t{});
        if (number(std::uint8_t{}) != 0) {
            (void)number(std::int64_t{});
            text();
        }
        text();
        text();
        const std::string_view count = take(2);
        const std::string_view addresses =
            take(count.size() == 2 ? std::size_t{8} * load<std::uint16_t>(count.data()) : 0);
        if (of_stacks == stacks::kept)
            out.append(count).append(addresses);
        else
            out.append(2, '\0');
    }
}

}  // namespace logkit::detail
