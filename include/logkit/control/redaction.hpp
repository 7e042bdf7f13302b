// SPDX-License-Identifier: MIT
#pragma once

// From the settings to the policies in force. Stage: control. A policy is never forgotten, for somebody may be reading
// an old one; the same settings make the same.

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/text_parts.hpp>
#include <logkit/redact/key_policy.hpp>
#include <logkit/redact/rule_book.hpp>

namespace logkit::detail {

// LOG_REDACT, LOG_REDACT_VALUES, LOG_REDACT_HASH and LOG_REDACT_KEY, or what the program says in their place.
struct redaction_settings {
    std::vector<std::string> keys{}, values{}, hashed{};
    bool is_keys_off = false, is_values_off = false;
    std::string hash_key{};
    friend bool operator==(redaction_settings const&, redaction_settings const&) = default;
};

// "email" turns a rule on, "-card" off; "acme=acme_[A-Za-z0-9]{20}" is one more. Throws std::invalid_argument.
[[nodiscard]] inline value_rules rules_of(redaction_settings const& s) {
    value_rules rules;
    rules.is_off = s.is_values_off;
    for (std::string const& item : s.values) {
        const std::size_t equals = item.find('=');
        if (equals != std::string::npos)
            rules.patterns.emplace_back(item.substr(0, equals), item.substr(equals + 1));
        else if (item.starts_with('-'))
            rules.off.push_back(item.substr(1));
        else
            rules.on.push_back(item);
    }
    return rules;
}

// A list of such items, separated by commas outside of a pattern's brackets.
[[nodiscard]] inline std::vector<std::string> split_value_items(std::string_view text) {
    std::vector<std::string> items;
    for (std::size_t begin = 0, at = 0, depth = 0; at <= text.size(); ++at) {
        const char c = at < text.size() ? text[at] : ',';
        if (c == '\\') {
            ++at;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if ((c == ']' || c == '}') && depth != 0) {
            --depth;
        } else if (c == ',' && (depth == 0 || at == text.size())) {
            if (const std::string_view item = trimmed(text.substr(begin, at - begin)); !item.empty())
                items.emplace_back(item);
            begin = at + 1;
        }
    }
    return items;
}

struct redaction_policy {
    using named_finder = std::pair<std::string, secret_finder>;

    // Throws std::invalid_argument, which names what cannot be and the remedy.
    redaction_policy(redaction_settings const& s, std::vector<named_finder> const& finders)
        : keys(s.is_keys_off ? key_policy{} : key_policy(s.keys)), values(rules_with(s, keys, finders), style_of(s)) {}

    key_policy keys;
    rule_book values;

  private:
    [[nodiscard]] static value_rules rules_with(redaction_settings const& s, key_policy const& keys,
                                                std::vector<named_finder> const& finders) {
        value_rules rules = rules_of(s);
        rules.finders = finders;
        for (std::string const& name : keys.plain_names())
            if (name.size() > 1) rules.names.push_back(name);
        return rules;
    }
    [[nodiscard]] static mask_style style_of(redaction_settings const& s) {
        constexpr std::size_t shortest_key = 16;
        if (!s.hashed.empty() && s.hash_key.size() < shortest_key)
            throw std::invalid_argument("a hash needs a key of 16 characters or more (LOG_REDACT_KEY)");
        return {s.hashed, key_of(s.hash_key)};
    }
};

class redaction_policies {
  public:
    // Throws std::invalid_argument. (What comes from the environment was checked when it was read.)
    [[nodiscard]] redaction_policy const* intern(redaction_settings const& s) {
        const std::lock_guard lock(mutex_);
        for (auto const& known : known_)
            if (known->settings == s && known->finders == finders_.size()) return &known->made;
        try {
            known_.push_back(std::make_unique<entry>(s, finders_));
        } catch (std::invalid_argument const& error) {
            throw std::invalid_argument(std::string("logkit: the settings of redaction: ") + error.what());
        }
        return &known_.back()->made;
    }
    // For all that are made from now on. Throws std::invalid_argument where the name is taken.
    void add_finder(std::string name, secret_finder find) {
        const std::lock_guard lock(mutex_);
        std::vector<redaction_policy::named_finder> more = finders_;
        more.emplace_back(std::move(name), std::move(find));
        const redaction_policy checked({}, more);
        finders_ = std::move(more);
    }
    template <class Fn>
    void for_each_rule(Fn&& fn) const {
        const std::lock_guard lock(mutex_);
        for (auto const& known : known_)
            for (counted_rule const& rule : known->made.values.rules()) fn(rule);
    }

  private:
    struct entry {
        entry(redaction_settings const& s, std::vector<redaction_policy::named_finder> const& all)
            : settings(s), finders(all.size()), made(s, all) {}
        redaction_settings settings;
        std::size_t finders;
        redaction_policy made;
    };
    mutable std::mutex mutex_{};
    std::vector<redaction_policy::named_finder> finders_{};
    std::vector<std::unique_ptr<entry>> known_{};
};

}  // namespace logkit::detail
