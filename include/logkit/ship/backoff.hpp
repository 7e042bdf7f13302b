// SPDX-License-Identifier: MIT
#pragma once

// When to send again: exponential from half a second, with full jitter, up to a limit, for ever; what the server asks
// for (Retry-After) is obeyed up to 15 minutes. Stage: ship. Pure: randomness is handed in.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace logkit::detail {

class backoff {
  public:
    explicit backoff(std::uint64_t longest_ns) noexcept : longest_ns_(longest_ns) {}

    // After a failure: how long to wait. `random` is any 64 bits.
    [[nodiscard]] std::uint64_t next(std::uint64_t random, std::optional<std::uint64_t> asked_s = {}) noexcept {
        const unsigned doublings = std::min(failures_, 30U);
        ++failures_;
        const std::uint64_t ceiling = std::min(longest_ns_, first_ns << doublings);
        // Not under a tenth of it: a busy loop is no jitter.
        const std::uint64_t wait = ceiling / 10 + random % (ceiling - ceiling / 10 + 1);
        constexpr std::uint64_t most_asked_s = 15 * 60;
        return asked_s ? std::max(std::min(*asked_s, most_asked_s) * 1'000'000'000, wait) : wait;
    }
    [[nodiscard]] unsigned failures() const noexcept { return failures_; }
    void succeeded() noexcept { failures_ = 0; }

  private:
    static constexpr std::uint64_t first_ns = 500'000'000;
    std::uint64_t longest_ns_;
    unsigned failures_ = 0;
};

}  // namespace logkit::detail
