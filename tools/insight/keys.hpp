// SPDX-License-Identifier: MIT
#pragma once

// Which keys the records have, of which types, and with which values: for fields.
//
// What it promises: the number of records that have a key is exact; so are the counts of values, of a key that has no
// more than `most_values` of them. Memory is bounded: beyond `most_keys` no further key is looked at, and that is said.

#include "insight/gather.hpp"
#include "insight/profile.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace insight {

enum class value_type : std::uint8_t { text, number, boolean, null, list, object };
inline constexpr std::array<std::string_view, 6> value_type_names{"text", "number", "boolean",
                                                                  "null", "list",   "object"};

class key_profile {
  public:
    // `record`: a number of its own; one that has the key twice counts once.
    void add(logkit::json_view value, std::uint64_t record);
    void merge(key_profile const& other);

    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
    [[nodiscard]] std::uint64_t of_type(value_type type) const noexcept {
        return types_[static_cast<std::size_t>(type)];
    }
    // Of the numbers; both 0 where there are none.
    [[nodiscard]] double smallest() const noexcept { return of_type(value_type::number) == 0 ? 0 : smallest_; }
    [[nodiscard]] double largest() const noexcept { return of_type(value_type::number) == 0 ? 0 : largest_; }
    // More different values than are kept: what values() says is of some of them.
    [[nodiscard]] bool has_many_values() const noexcept { return has_many_; }
    [[nodiscard]] std::size_t value_count() const noexcept { return values_.size(); }
    // As JSON, the most frequent first; texts of more than 200 bytes are cut.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> values(std::size_t most) const;

  private:
    static constexpr std::size_t most_values = 1'000;
    void count_value(std::string_view value, std::uint64_t times);

    std::uint64_t records_ = 0, last_record_ = 0;
    std::array<std::uint64_t, value_type_names.size()> types_{};
    double smallest_ = 0, largest_ = 0;
    std::unordered_map<std::string, std::uint64_t, text_hash, std::equal_to<>> values_;
    bool has_many_ = false;
};

// On cache lines of its own, as each thread has one.
class alignas(128) key_survey {
  public:
    void see(logkit::entry const& e, place);
    void merge(key_survey&& other);

    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
    [[nodiscard]] bool has_many_keys() const noexcept { return has_many_; }
    // Keys inside of objects as `a.b`; the most frequent first, then by name.
    [[nodiscard]] std::vector<std::pair<std::string_view, key_profile const*>> keys() const;

  private:
    static constexpr std::size_t most_keys = 2'000, deepest = 4;
    void see_value(std::string& path, logkit::json_view value, std::size_t depth);

    std::uint64_t records_ = 0;
    std::unordered_map<std::string, key_profile, text_hash, std::equal_to<>> keys_;
    bool has_many_ = false;
    std::string path_;
};

}  // namespace insight
