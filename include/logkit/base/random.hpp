// SPDX-License-Identifier: MIT
#pragma once

// Trace and span ids: random, never zero (W3C Trace Context), about 2 ns each. Base.

#include <sys/random.h>

#include <atomic>
#include <cstdint>

#include <logkit/base/clock.hpp>

namespace logkit::detail {

// A test's ids: when on, ids count up from `next`, so that output can be compared byte for byte.
struct counted_ids {
    std::atomic<bool> on{false};
    std::atomic<std::uint64_t> next{1};
};
inline constinit counted_ids test_ids{};

// wyrand (Wang Yi, public domain): 64 bits of state, passes BigCrush; seeded by the kernel. An id need not
// be secret, only unique. Trivial, so that it can live in a thread's constant-initialised state.
class id_generator {
  public:
    [[nodiscard]] std::uint64_t next() noexcept {
        if (test_ids.on.load(std::memory_order_relaxed)) [[unlikely]]
            return test_ids.next.fetch_add(1, std::memory_order_relaxed);
        if (state_ == 0) [[unlikely]]
            seed();
        std::uint64_t id = 0;
        do {
            state_ += 0xa0761d6478bd642f;
            __extension__ using wide = unsigned __int128;
            const wide product = static_cast<wide>(state_) * (state_ ^ 0xe7037ed1a0b428db);
            id = static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
        } while (id == 0);
        return id;
    }

    // A forked child must not repeat its parent's ids.
    void forget() noexcept { state_ = 0; }

  private:
    [[gnu::noinline, gnu::cold]] void seed() noexcept {
        if (getrandom(&state_, sizeof state_, GRND_NONBLOCK) != sizeof state_)
            state_ = hardware_ticks() ^ reinterpret_cast<std::uintptr_t>(this);
        state_ |= 1;
    }

    std::uint64_t state_ = 0;
};

}  // namespace logkit::detail
