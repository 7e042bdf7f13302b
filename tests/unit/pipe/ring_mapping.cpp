// SPDX-License-Identifier: MIT
#include <logkit/pipe/ring_mapping.hpp>

#include <sys/mman.h>

#include <cstring>
#include <system_error>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("the bytes of a ring are there twice, in a row, in memory as in a file") {
    const int fd = memfd_create("test", MFD_CLOEXEC);
    REQUIRE(ftruncate(fd, 3 * 4096 + static_cast<off_t>(ring_bytes_offset(8192)) + 8192) == 0);
    const ring_mapping in_memory(8192), in_file(fd, 3 * 4096, 8192);
    for (ring_mapping const* ring : {&in_memory, &in_file}) {
        std::memcpy(ring->bytes() + 8190, "wrap", 4);
        CHECK(std::memcmp(ring->bytes(), "ap", 2) == 0);
        ring->bytes()[5] = std::byte{7};
        CHECK(ring->bytes()[8192 + 5] == std::byte{7});
        CHECK(ring->head().capacity == 8192);
        CHECK(ring->head().states[0].position.load() == ring_state::never);
    }
    char text[4];
    REQUIRE(pread(fd, text, 2, static_cast<off_t>(3 * 4096 + ring_bytes_offset(8192) + 8190)) == 2);
    CHECK(std::memcmp(text, "wr", 2) == 0);
    CHECK_FALSE(in_memory.is_in_file());
    CHECK(in_file.is_in_file());
    close(fd);
    CHECK_THROWS_AS(ring_mapping(-1, 0, 8192), std::system_error);
}
