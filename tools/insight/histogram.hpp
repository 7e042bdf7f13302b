// SPDX-License-Identifier: MIT
#pragma once

// Durations, counted in buckets that grow by 2 %, so that a percentile is known within 1 % whatever its size, in memory
// that does not grow with their number. (As DDSketch: Masson, Rim, Lee 2019.) Merging is exact.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>

namespace insight {

// A sum that does not depend on the order of its parts: kept in millionths, without rounding errors that would add up.
class exact_sum {
  public:
    void add(double part) noexcept {
        millionths_ += static_cast<std::uint64_t>(std::clamp(part, 0.0, 1e9) * 1e6 + 0.5);
    }
    void merge(exact_sum const& other) noexcept { millionths_ += other.millionths_; }
    [[nodiscard]] double value() const noexcept { return static_cast<double>(millionths_) / 1e6; }

  private:
    std::uint64_t millionths_ = 0;
};

class histogram {
  public:
    void add(double value, double weight = 1) {
        buckets_[bucket_of(value)].add(weight);
        count_.add(weight);
        sum_.add(value * weight);
        smallest_ = std::min(smallest_, value);
        largest_ = std::max(largest_, value);
    }
    void merge(histogram const& other) {
        for (auto const& [bucket, weight] : other.buckets_) buckets_[bucket].merge(weight);
        count_.merge(other.count_);
        sum_.merge(other.sum_);
        smallest_ = std::min(smallest_, other.smallest_);
        largest_ = std::max(largest_, other.largest_);
    }
    [[nodiscard]] double count() const noexcept { return count_.value(); }
    [[nodiscard]] double sum() const noexcept { return sum_.value(); }
    [[nodiscard]] double largest() const noexcept { return largest_; }
    // The value that a part of them (0 to 1) does not exceed.
    [[nodiscard]] double quantile(double part) const {
        double below = 0;
        for (auto const& [bucket, weight] : buckets_) {
            below += weight.value();
            if (below >= part * count_.value() - 1e-9) return std::clamp(middle_of(bucket), smallest_, largest_);
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

    std::map<int, exact_sum> buckets_;
    exact_sum count_, sum_;
    double smallest_ = 1e300, largest_ = 0;
};

}  // namespace insight
