// SPDX-License-Identifier: MIT
#pragma once

// Numbers, counted in buckets that grow by 2 %, so that a percentile is known within 1 % whatever its size, in memory
// that does not grow with their count. (As DDSketch: Masson, Rim, Lee 2019.) Merging is exact.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace insight {

// A count of weighted records, which does not depend on the order of its parts: kept in millionths.
class exact_sum {
  public:
    // A part beyond ±10²⁴ counts as that.
    void add(double part) noexcept {
        if (part == 1) {
            millionths_ += million;  // nearly all, and much faster
            return;
        }
        millionths_ += static_cast<wide>(std::clamp(part, -1e24, 1e24) * 1e6 + (part < 0 ? -0.5 : 0.5));
    }
    void merge(exact_sum const& other) noexcept { millionths_ += other.millionths_; }
    [[nodiscard]] double value() const noexcept {
        return static_cast<double>(millionths_ / million) + static_cast<double>(millionths_ % million) / 1e6;
    }

  private:
    __extension__ using wide = __int128;
    static constexpr wide million = 1'000'000;
    wide millionths_ = 0;
};

// A sum of numbers of any size, as two doubles: what the first cannot hold is in the second, so that the order of the
// parts does not show. (Knuth's TwoSum.)
class precise_sum {
  public:
    void add(double part) noexcept {
        const double sum = high_ + part, back = sum - high_;
        low_ += (high_ - (sum - back)) + (part - back);
        high_ = sum;
    }
    void merge(precise_sum const& other) noexcept {
        add(other.high_);
        add(other.low_);
    }
    [[nodiscard]] double value() const noexcept { return high_ + low_; }

  private:
    double high_ = 0, low_ = 0;
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
    // Of no numbers: 0.
    [[nodiscard]] double average() const noexcept { return count() > 0 ? sum() / count() : 0; }
    [[nodiscard]] double smallest() const noexcept { return buckets_.empty() ? 0 : smallest_; }
    [[nodiscard]] double largest() const noexcept { return buckets_.empty() ? 0 : largest_; }
    // The value that a part of them (0 to 1) does not exceed.
    [[nodiscard]] double quantile(double part) const {
        double below = 0;
        for (auto const& [bucket, weight] : buckets_) {
            below += weight.value();
            if (below >= part * count_.value() - 1e-9) return std::clamp(middle_of(bucket), smallest_, largest_);
        }
        return largest();
    }

  private:
    static constexpr double growth = 1.02, least = 1e-15;
    // Those of negative numbers mirror those of positive ones.
    [[nodiscard]] static int bucket_of(double value) {
        const double size = std::abs(value);
        const int bucket = size <= least ? 0 : 1 + static_cast<int>(std::log(size / least) / std::log(growth));
        return value < 0 ? -bucket : bucket;
    }
    [[nodiscard]] static double middle_of(int bucket) {
        if (bucket < 0) return -middle_of(-bucket);
        return bucket == 0 ? 0 : least * std::pow(growth, bucket - 0.5);
    }

    std::map<int, exact_sum> buckets_;
    exact_sum count_;
    precise_sum sum_;
    double smallest_ = std::numeric_limits<double>::infinity(), largest_ = -smallest_;
};

}  // namespace insight
