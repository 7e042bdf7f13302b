// SPDX-License-Identifier: MIT
#include <logkit/pipe/ring.hpp>

#include <cstring>
#include <thread>

#include <logkit/pipe/ring_mapping.hpp>
#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("the second view of a ring is the first: a frame never wraps") {
    const ring_mapping mapping(8192);
    std::memcpy(mapping.bytes() + 8190, "abcd", 4);
    CHECK(std::memcmp(mapping.bytes(), "cd", 2) == 0);
    CHECK(std::memcmp(mapping.bytes() + 8190, "abcd", 4) == 0);
    CHECK(mapping.head().write.load() == 0);
    CHECK(mapping.head().read.load() == 0);
}

TEST_CASE("frames pass from one thread to another unharmed, around the ring many times") {
    const ring_mapping mapping(4096);
    ring_head& shared = mapping.head();
    constexpr std::uint64_t count = 200'000;
    std::thread producer([&] {
        ring_writer writer{mapping.bytes(), 4095, 0, 4096, &shared};
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::size_t size = 16 + 8 * (i % 7);
            while (!writer.has_room(size)) {
                writer.limit = shared.read.load(std::memory_order_acquire) + 4096;
                std::this_thread::yield();
            }
            std::byte* to = store(writer.take(size), frame_header{static_cast<std::uint32_t>(size), 16, i});
            for (std::size_t n = 16; n < size; n += 8) to = store(to, i);
            writer.publish();
        }
    });
    std::uint64_t read = 0, expected = 0;
    bool is_intact = true;
    while (expected < count) {
        const std::uint64_t end = shared.write.load(std::memory_order_acquire);
        if (end == read) std::this_thread::yield();
        while (read != end) {
            std::byte const* at = mapping.bytes() + (read & 4095);
            const auto header = load<frame_header>(at);
            is_intact = is_intact && header.ticks == expected && header.size == 16 + 8 * (expected % 7);
            for (std::size_t n = 16; n < header.size; n += 8)
                is_intact = is_intact && load<std::uint64_t>(at + n) == expected;
            read += header.size;
            ++expected;
        }
        shared.read.store(read, std::memory_order_release);
    }
    producer.join();
    CHECK(is_intact);
}
