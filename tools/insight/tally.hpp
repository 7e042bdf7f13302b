// SPDX-License-Identifier: MIT
#pragma once

// Records counted: by the values of keys, over time, and what their numbers come to. For count and top.
//
// What it promises: every wanted record is in one group, also one that lacks the keys; counts and sums do not depend on
// threads; memory is bounded, and what the bound left together is called (others).

#include "insight/gather.hpp"
#include "insight/histogram.hpp"
#include "insight/profile.hpp"

#include <logkit/reader.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace insight {

struct tally_question {
    std::vector<std::string> by{};       // keys whose values make the groups; none: one group
    std::vector<std::string> numbers{};  // keys whose numbers are summed up
    std::int64_t every_ns = 0;           // the length of a step of time; 0: not over time
};

// Counts are weighted by sample_rate, as in group_profile.
struct tally_group {
    place first_at{static_cast<std::size_t>(-1), 0};
    std::uint64_t seen = 0;
    exact_sum count;
    std::vector<histogram> numbers{};  // in the order of the question

    void merge(tally_group const& other);
};

// On cache lines of its own, as each thread has one.
class alignas(128) tally {
  public:
    // A group; its values as JSON, in the order of the question's keys, "" where records lack the key.
    struct row {
        std::vector<std::string> values{};
        tally_group const* group = nullptr;
    };
    struct step {
        std::int64_t start_ns = 0;
        tally_group whole{};
        std::vector<tally_group const*> groups{};  // as groups() has them; null: none of its records in this step
    };

    explicit tally(tally_question const& question) : question_(question) {}

    void see(logkit::entry const& e, place at);
    // So many records of a time, whose keys have these values (JSON, in the order of the question's); of no numbers.
    void add(std::int64_t unix_ns, std::vector<std::string> const& values, std::uint64_t records);
    void merge(tally&& other);

    [[nodiscard]] tally_group const& whole() const noexcept { return whole_; }
    // Of records without a time, which are in no step.
    [[nodiscard]] std::uint64_t without_time() const noexcept { return without_time_; }
    [[nodiscard]] std::size_t group_count() const noexcept { return groups_.size(); }
    // The `most` most frequent (0: all), of the same count the one that came first.
    [[nodiscard]] std::vector<row> groups(std::size_t most) const;
    // From the first to the last, also those without records. Throws question_error where they are too many.
    [[nodiscard]] std::vector<step> steps(std::vector<row> const& of) const;

  private:
    using tally_map = std::unordered_map<std::string, tally_group, text_hash, std::equal_to<>>;

    void add(tally_group& to, logkit::entry const& e, place at, double weight) const;
    void make_key(logkit::entry const& e);
    [[nodiscard]] std::int64_t zone_of(std::int64_t unix_ns);
    [[nodiscard]] std::int64_t start_of(std::int64_t unix_ns);
    [[nodiscard]] std::int64_t find_start(std::int64_t unix_ns);
    [[nodiscard]] tally_group& cell_of(std::int64_t start_ns, std::string_view key);

    tally_question question_;
    tally_group whole_;
    tally_map groups_;  // by the values, a line each
    tally_map cells_;   // by the step's start, and the values
    std::uint64_t without_time_ = 0;
    bool is_too_fine_ = false;
    std::string key_, cell_key_;
    std::int64_t zone_at_ = -1, zone_ns_ = 0;        // the time zone's offset in that quarter of an hour
    std::int64_t step_at_ = -1, step_start_ns_ = 0;  // and the step that all of it is in
};

}  // namespace insight
