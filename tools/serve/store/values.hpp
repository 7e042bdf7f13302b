// SPDX-License-Identifier: MIT
#pragma once

// What records say, as hashes: of each value as a whole and of each word, as logkit::record_summary means them. Made
// when records arrive, and asked when somebody looks for them.
//
// Times of our own form are left out on both sides: nearly each would be a value of its own, and nobody looks for one
// by its text. So are numbers of two digits, which stand everywhere.

#include <logkit/reader/record_summary.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

// Hashes without repetition.
class hash_set {
  public:
    void add(std::uint64_t hash) {
        if (hash == 0) hash = 1;
        if (2 * all_.size() >= places_.size()) grow();
        std::size_t at = hash & (places_.size() - 1);
        while (places_[at] != 0) {
            if (places_[at] == hash) return;
            at = (at + 1) & (places_.size() - 1);
        }
        places_[at] = hash;
        all_.push_back(hash);
    }
    [[nodiscard]] std::vector<std::uint64_t> const& all() const noexcept { return all_; }
    void clear() {
        places_.assign(places_.size(), 0);
        all_.clear();
    }

  private:
    void grow() {
        constexpr std::size_t least = 64;
        places_.assign(places_.empty() ? least : 2 * places_.size(), 0);
        for (const std::uint64_t hash : all_) {
            std::size_t at = hash & (places_.size() - 1);
            while (places_[at] != 0) at = (at + 1) & (places_.size() - 1);
            places_[at] = hash;
        }
    }
    std::vector<std::uint64_t> places_;  // 0: empty
    std::vector<std::uint64_t> all_;
};

// Of a value or a word, decoded; 0: it is one of those that are left out.
[[nodiscard]] std::uint64_t hash_value(std::string_view text) noexcept;

// Of a trace's id, which is a text also where it is made of digits.
[[nodiscard]] std::uint64_t hash_trace(std::string_view id) noexcept;

struct line_values {
    hash_set values, traces;
    bool is_opaque = false;  // a line holds records of its own, whose values are not among these
};

// Adds what the line says; one JSON object, with line_padding readable bytes behind it.
void collect_values(std::string_view line, line_values& into);
// Adds a text, and its words.
void collect_text(std::string_view decoded, hash_set& into);
// The id of a trace; of a longer one also how it begins, as a whole id may be asked for.
void collect_trace(std::string_view id, hash_set& into);

}  // namespace serve
