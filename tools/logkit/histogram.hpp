// SPDX-License-Identifier: MIT
#pragma once

// Durations, counted in buckets that grow by 2 %, so that a percentile is known within 1 % whatever its size, in memory
// that does not grow with their number. (As DDSketch: Masson, Rim, Lee 2019.) Merging is exact.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>

namespace tool {

class histogram {
  public:
    void add(double value, double weight = 1) {
        buckets_[bucket_of(value)] += weight;
        count_ += weight;
        sum_ += value * weight;
        smallest_ = std::min(smallest_, value);
        largest_ = std::max(largest_, value);
    }
    void merge(histogram const& other) {
        for (auto const& [bucket, weight] : other.buckets_) buckets_[bucket] += weight;
        count_ += other.count_;
        sum_ += other.sum_;
        smallest_ = std::min(smallest_, other.smallest_);
        largest_ = std::max(largest_, other.largest_);
    }
    [[nodiscard]] double count() const noexcept { return count_; }
    [[nodiscard]] double sum() const noexcept { return sum_; }
    [[nodiscard]] double largest() const noexcept { return largest_; }
    // The value that a part of them (0 to 1) does not exceed.
    [[nodiscard]] double quantile(double part) const {
        double below = 0;
        for (auto const& [bucket, weight] : buckets_) {
            below += weight;
            if (below >= part * count_ - 1e-9) return std::clamp(middle_of(bucket), smallest_, largest_);
        }
        return largest_;
    }

  private:
    static constexpr double growth = 1.02, least = 1e-6;
    [[nodiscard]] static int bucket_of(double value) {
        return value <= least ? 0 : 1 + static_cast<int>(std::log(value / least) / std::log(growth));
    }
    [[nodiscard]] static double middle_of(int bucket) {
        return bucket == 0 ? 0 : least * std::pow(growth, bucket - 0.5);
    }

    std::map<int, double> buckets_;
    double count_ = 0, sum_ = 0;
    double smallest_ = 1e300, largest_ = 0;
};

}  // namespace tool
