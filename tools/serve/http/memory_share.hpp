// SPDX-License-Identifier: MIT
#pragma once

// A share of what all requests may take together, given back with its owner. From any thread.

#include <atomic>
#include <cstdint>

namespace serve {

class memory_share {
  public:
    memory_share(std::atomic<std::uint64_t>& all, std::uint64_t most) noexcept : all_(all), most_(most) {}
    memory_share(memory_share const&) = delete;
    memory_share& operator=(memory_share const&) = delete;
    ~memory_share() { all_.fetch_sub(mine_); }

    // False: there is not that much left. The first one may have as much as there is in all.
    [[nodiscard]] bool grow_to(std::uint64_t bytes) noexcept {
        if (bytes <= mine_) return true;
        const std::uint64_t more = bytes - mine_;
        if (all_.fetch_add(more) + more > most_) {
            all_.fetch_sub(more);
            return false;
        }
        mine_ = bytes;
        return true;
    }

  private:
    std::atomic<std::uint64_t>& all_;
    std::uint64_t most_, mine_ = 0;
};

}  // namespace serve
