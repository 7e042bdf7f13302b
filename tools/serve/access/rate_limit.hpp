// SPDX-License-Identifier: MIT
#pragma once

// Token buckets by name: so much a second, with a second's worth (or more) in reserve. From any thread.

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace serve {

class rate_limit {
  public:
    // `most`: at once; `a_second`: comes back.
    rate_limit(double most, double a_second) noexcept : most_(most), a_second_(a_second) {}

    // Takes so much; false: there is not that much left. A single one larger than the bucket takes a full one.
    [[nodiscard]] bool take(std::string const& of, double amount, std::int64_t now_ns) {
        const std::lock_guard lock(mutex_);
        bucket& b = fill(of, now_ns);
        if (b.left < std::min(amount, most_)) return false;
        b.left -= amount;
        return true;
    }

  private:
    struct bucket {
        double left = 0;
        std::int64_t filled_ns = 0;
    };
    bucket& fill(std::string const& of, std::int64_t now_ns) {
        constexpr std::size_t most_buckets = 10'000;
        if (buckets_.size() >= most_buckets && !buckets_.contains(of)) forget_full(now_ns);
        const auto [at, is_new] = buckets_.try_emplace(of, bucket{most_, now_ns});
        bucket& b = at->second;
        b.left = std::min(most_, b.left + static_cast<double>(now_ns - b.filled_ns) / 1e9 * a_second_);
        b.filled_ns = now_ns;
        return b;
    }
    void forget_full(std::int64_t now_ns) {
        std::erase_if(buckets_, [&](auto const& one) {
            return one.second.left + static_cast<double>(now_ns - one.second.filled_ns) / 1e9 * a_second_ >= most_;
        });
        if (buckets_.size() >= 10'000) buckets_.clear();
    }

    double most_, a_second_;
    std::mutex mutex_;
    std::unordered_map<std::string, bucket> buckets_;
};

}  // namespace serve
