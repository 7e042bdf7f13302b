// SPDX-License-Identifier: MIT
#pragma once

// Which keys' values are hidden. Stage: redact; asked on the caller's side, before a byte enters a ring. Immutable once
// made, so that it is read without a lock.
//
//   key             a name at any depth, with or without wildcards: pin, *_hash
//   path            from the top of the record: user.card, user.*.card, headers[*].value ("[*]": any item; arrays count
//                   for nothing in a path), **.token ("**": any keys, or none)

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>
#include <logkit/redact/telling_keys.hpp>

namespace logkit::detail {

class key_policy {
  public:
    key_policy() = default;

    friend bool operator==(key_policy const& a, key_policy const& b) noexcept {
        return a.knows_built_in_ == b.knows_built_in_ && a.patterns_ == b.patterns_;
    }

    // The built-in keys (telling_keys.hpp) and these.
    explicit key_policy(std::vector<std::string> const& more) : knows_built_in_(true) {
        for (std::string const& pattern : more) add(pattern);
        std::sort(last_keys_.begin(), last_keys_.end());
    }

    // Own names that stand for themselves wherever they are.
    [[nodiscard]] std::vector<std::string> plain_names() const {
        std::vector<std::string> names;
        for (std::vector<std::string> const& pattern : patterns_)
            if (pattern.size() == 1 && pattern[0].find('*') == std::string::npos) names.push_back(pattern[0]);
        return names;
    }
    // Is there nothing but such names?
    [[nodiscard]] bool is_plain() const { return plain_names().size() == patterns_.size(); }

    // Does it hide the value of `name` below `path` ("" at the top, else "user.address")?
    [[nodiscard]] bool hides(std::string_view path, std::string_view name) const {
        if (knows_built_in_ && may_tell(name) && find_telling(name) != nullptr) return true;
        if (patterns_.empty()) return false;
        // Nearly every key is decided by its hash.
        if (!has_wildcard_ && !std::binary_search(last_keys_.begin(), last_keys_.end(), hash_folded(name)))
            return false;
        const std::string whole = path.empty() ? std::string(name) : std::string(path) + '.' + std::string(name);
        const std::vector<std::string> keys = split(whole);
        return std::any_of(patterns_.begin(), patterns_.end(), [&](std::vector<std::string> const& pattern) {
            return pattern.size() == 1 ? matches(pattern[0], keys.back()) : matches_path(pattern, keys);
        });
    }

  private:
    void add(std::string_view pattern) {
        patterns_.push_back(split(pattern));
        std::string_view last = pattern.substr(pattern.find_last_of('.') + 1);
        has_wildcard_ = has_wildcard_ || patterns_.back().back().find('*') != std::string::npos;
        last_keys_.push_back(hash_folded(last.substr(0, last.find('['))));
    }

    // The keys of a path, folded, without the indices of items.
    [[nodiscard]] static std::vector<std::string> split(std::string_view path) {
        std::vector<std::string> keys(1);
        bool is_index = false;
        for (const char c : path) {
            if (c == '[' || c == ']')
                is_index = c == '[';
            else if (is_index)
                continue;
            else if (c == '.')
                keys.emplace_back();
            else if (!is_separator(c))
                keys.back() += fold_case(c);
        }
        return keys;
    }

    [[nodiscard]] static bool matches_path(std::vector<std::string> const& pattern,
                                           std::vector<std::string> const& keys) noexcept {
        return matches_each(
            pattern.size(), keys.size(), [&](std::size_t p) { return pattern[p] == "**"; },
            [&](std::size_t p, std::size_t k) { return matches(pattern[p], keys[k]); });
    }
    // '*' stands for any number of characters.
    [[nodiscard]] static bool matches(std::string_view pattern, std::string_view text) noexcept {
        return matches_each(
            pattern.size(), text.size(), [&](std::size_t p) { return pattern[p] == '*'; },
            [&](std::size_t p, std::size_t t) { return pattern[p] == text[t]; });
    }
    // Of a pattern's items and a text's; a star stands for any number of them. Iterative, with one way back: linear in
    // practice.
    template <class IsStar, class AreEqual>
    [[nodiscard]] static bool matches_each(std::size_t pattern, std::size_t text, IsStar&& is_star,
                                           AreEqual&& are_equal) noexcept {
        std::size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;
        while (t < text) {
            if (p < pattern && is_star(p)) {
                star = p++;
                retry = t;
            } else if (p < pattern && are_equal(p, t)) {
                ++p;
                ++t;
            } else if (star != SIZE_MAX) {
                p = star + 1;
                t = ++retry;
            } else {
                return false;
            }
        }
        while (p < pattern && is_star(p)) ++p;
        return p == pattern;
    }

    bool knows_built_in_ = false;
    std::vector<std::vector<std::string>> patterns_{};
    std::vector<std::uint64_t> last_keys_{};  // folded hashes of the patterns' last keys, sorted
    bool has_wildcard_ = false;               // some pattern's last key is not known beforehand
};

}  // namespace logkit::detail
