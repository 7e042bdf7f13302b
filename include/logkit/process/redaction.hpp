// SPDX-License-Identifier: MIT
#pragma once

// Which keys' values are hidden. Stage: process; asked on the caller's side, before a byte enters a ring.
// Immutable once made, so that it is read without a lock.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>

namespace logkit::detail {

// Compared without letter case, '_', '-' and ' '; see hash_folded.
inline constexpr std::string_view built_in_secrets[] = {"password",      "passwd",
                                                        "pwd",           "passphrase",
                                                        "secret",        "client_secret",
                                                        "secret_key",    "token",
                                                        "access_token",  "refresh_token",
                                                        "id_token",      "auth_token",
                                                        "session_token", "csrf_token",
                                                        "bearer_token",  "api_key",
                                                        "x_api_key",     "access_key",
                                                        "authorization", "cookie",
                                                        "set_cookie",    "proxy_authorization",
                                                        "credit_card",   "card_number",
                                                        "cvv",           "cvc",
                                                        "ssn",           "private_key",
                                                        "credentials"};

class redaction_policy {
  public:
    redaction_policy() = default;

    friend bool operator==(redaction_policy const& a, redaction_policy const& b) noexcept {
        return a.patterns_ == b.patterns_;
    }

    // The built-in list and these: a key ("pin"), a key with wildcards ("*_token"), or a dotted path from the
    // top of the record ("user.card", "headers.*token").
    explicit redaction_policy(std::vector<std::string> const& more) {
        for (const std::string_view name : built_in_secrets) add(name);
        for (std::string const& pattern : more) add(pattern);
        std::sort(suspects_.begin(), suspects_.end());
    }

    // All ones when a pattern's last key is not known beforehand.
    [[nodiscard]] std::uint64_t bloom() const noexcept { return bloom_; }

    [[nodiscard]] bool hides(std::string_view path, std::string_view name) const {
        // Nearly every key is decided by its hash: the bloom filter lets every third pass, this none by
        // chance.
        if (!has_wildcard_ && !std::binary_search(suspects_.begin(), suspects_.end(), hash_folded(name))) return false;
        const std::string whole = path.empty() ? std::string(name) : std::string(path) + '.' + std::string(name);
        const std::vector<std::string> keys = split(whole);
        return std::any_of(patterns_.begin(), patterns_.end(), [&](std::vector<std::string> const& pattern) {
            if (pattern.size() == 1) return matches(pattern[0], keys.back());
            return std::equal(pattern.begin(), pattern.end(), keys.begin(), keys.end(),
                              [](std::string const& p, std::string const& k) { return matches(p, k); });
        });
    }

  private:
    void add(std::string_view pattern) {
        patterns_.push_back(split(pattern));
        const std::string_view last = pattern.substr(pattern.find_last_of('.') + 1);
        has_wildcard_ = has_wildcard_ || last.find('*') != std::string_view::npos;
        suspects_.push_back(hash_folded(last));
        bloom_ |= has_wildcard_ ? ~std::uint64_t{0} : bloom_bit(suspects_.back());
    }

    // The keys of a path, folded.
    [[nodiscard]] static std::vector<std::string> split(std::string_view path) {
        std::vector<std::string> keys(1);
        for (const char c : path) {
            if (c == '.')
                keys.emplace_back();
            else if (!is_separator(c))
                keys.back() += fold_case(c);
        }
        return keys;
    }

    // '*' stands for any number of characters. Iterative, with one way back: linear in practice.
    [[nodiscard]] static bool matches(std::string_view pattern, std::string_view text) noexcept {
        std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
        while (t < text.size()) {
            if (p < pattern.size() && pattern[p] == '*') {
                star = p++;
                retry = t;
            } else if (p < pattern.size() && pattern[p] == text[t]) {
                ++p;
                ++t;
            } else if (star != std::string_view::npos) {
                p = star + 1;
                t = ++retry;
            } else {
                return false;
            }
        }
        while (p < pattern.size() && pattern[p] == '*') ++p;
        return p == pattern.size();
    }

    std::vector<std::vector<std::string>> patterns_{};
    std::vector<std::uint64_t> suspects_{};  // folded hashes of the patterns' last keys, sorted
    bool has_wildcard_ = false;              // some pattern's last key is not known beforehand
    std::uint64_t bloom_ = 0;
};

// All policies that have ever been in force, for somebody may be reading an old one; each once.
class redaction_policies {
  public:
    [[nodiscard]] redaction_policy const* intern(bool is_off, std::vector<std::string> const& more) {
        auto wanted = std::make_unique<redaction_policy>(is_off ? redaction_policy{} : redaction_policy(more));
        for (auto const& known : known_)
            if (*known == *wanted) return known.get();
        known_.push_back(std::move(wanted));
        return known_.back().get();
    }

  private:
    std::vector<std::unique_ptr<redaction_policy>> known_{};
};

}  // namespace logkit::detail
