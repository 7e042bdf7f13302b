// SPDX-License-Identifier: MIT
#include <logkit/base/text_buffer.hpp>

#include <string>

#include <support/catch.hpp>

TEST_CASE("a text buffer grows, keeps what it has, and gives memory back") {
    logkit::detail::text_buffer buffer;
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        const std::string piece(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
        buffer.append(piece);
        expected += piece;
    }
    CHECK(buffer.view() == expected);
    buffer.truncate(10);
    buffer.shrink_to(64);
    CHECK(buffer.view() == expected.substr(0, 10));
    buffer.clear();
    CHECK(buffer.is_empty());
}
