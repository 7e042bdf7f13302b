// SPDX-License-Identifier: MIT
#pragma once

// Records in which no time or no message was found, and which of their keys may hold it: so that a person can be told
// what to map. Reader.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <logkit/reader/entry.hpp>
#include <logkit/reader/time.hpp>

namespace logkit {

class unnamed_keys {
  public:
    // Of a record of another program.
    void see(entry const& e) {
        ++seen_;
        if (!e.get(slot::timestamp).exists())
            note(times_, without_time_, e, [](json_view v) { return parse_time(v).has_value(); });
        if (!e.get(slot::event).exists())
            note(messages_, without_message_, e, [](json_view v) { return v.is_text() && v.json().size() > 8; });
    }
    unnamed_keys& operator+=(unnamed_keys const& other) {
        seen_ += other.seen_;
        without_time_ += other.without_time_;
        without_message_ += other.without_message_;
        for (auto const& [key, count] : other.times_) add(times_, key, count);
        for (auto const& [key, count] : other.messages_) add(messages_, key, count);
        return *this;
    }
    // More than half of them.
    [[nodiscard]] bool lack_time() const noexcept { return 2 * without_time_ > seen_; }
    [[nodiscard]] bool lack_message() const noexcept { return 2 * without_message_ > seen_; }
    // Paths whose values look like it, the most frequent first; at most five.
    [[nodiscard]] std::vector<std::string> time_candidates() const { return most_frequent(times_); }
    [[nodiscard]] std::vector<std::string> message_candidates() const { return most_frequent(messages_); }

  private:
    using counts = std::map<std::string, std::uint64_t>;
    static constexpr std::size_t most_looked_at = 200, most_keys = 100;

    static void add(counts& to, std::string const& key, std::uint64_t count) {
        if (to.size() < most_keys || to.contains(key)) to[key] += count;
    }
    template <class Likely>
    static void note(counts& to, std::uint64_t& without, entry const& e, Likely&& is_likely) {
        if (++without > most_looked_at) return;  // the others are like these
        for (entry::member const& m : e.members()) {
            if (m.meaning == slot::none && is_likely(m.value)) add(to, std::string(m.key), 1);
            if (!m.value.is_object()) continue;
            detail::for_each_inside(m.value, [&](std::string_view key, json_view value) {
                if (is_likely(value)) add(to, std::string(m.key).append(".").append(key), 1);
                return true;
            });
        }
    }
    [[nodiscard]] static std::vector<std::string> most_frequent(counts const& from) {
        std::vector<std::pair<std::uint64_t, std::string>> all;
        for (auto const& [key, count] : from) all.emplace_back(count, key);
        std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 5); ++i) keys.push_back(all[i].second);
        return keys;
    }

    std::uint64_t seen_ = 0, without_time_ = 0, without_message_ = 0;
    counts times_, messages_;
};

}  // namespace logkit
