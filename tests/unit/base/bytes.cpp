// SPDX-License-Identifier: MIT
#include <logkit/base/bytes.hpp>

#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("copy_short copies exactly n bytes for every n around its branches") {
    std::string source(100, '\0');
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<char>('!' + i % 90);
    for (std::size_t n = 0; n <= 80; ++n) {
        std::string target(100, '#');
        copy_short(target.data() + 5, source.data() + 3, n);
        CHECK(target == std::string(5, '#') + source.substr(3, n) + std::string(95 - n, '#'));
    }
}

TEST_CASE("store and load are unaligned and inverse") {
    std::byte bytes[16]{};
    CHECK(store(bytes + 1, std::uint64_t{0x1122334455667788}) == bytes + 9);
    CHECK(load<std::uint64_t>(bytes + 1) == 0x1122334455667788);
    CHECK(align_up(0, 8) == 0);
    CHECK(align_up(1, 8) == 8);
    CHECK(align_up(8, 8) == 8);
}
