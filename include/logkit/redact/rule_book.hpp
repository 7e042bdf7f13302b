// SPDX-License-Identifier: MIT
#pragma once

// All rules in force: which there are, where in a text each may begin, and how often it has masked. Stage: redact.
// Immutable once made, but for the counts.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hex.hpp>
#include <logkit/redact/keyed_hash.hpp>
#include <logkit/redact/named_secret.hpp>
#include <logkit/redact/secret_finder.hpp>
#include <logkit/redact/secret_pattern.hpp>
#include <logkit/redact/secret_rules.hpp>
#include <logkit/redact/trigger_scan.hpp>

namespace logkit::detail {

// What the settings say about values (docs/redaction.md).
struct value_rules {
    bool is_off = false;
    std::vector<std::string> on{}, off{};                          // rules by name
    std::vector<std::pair<std::string, std::string>> patterns{};   // name, pattern
    std::vector<std::pair<std::string, secret_finder>> finders{};  // name, finder
    std::vector<std::string> names{};                              // that tell, beside the built-in ones

    [[nodiscard]] bool is_on(std::string_view rule, bool by_default) const noexcept {
        const auto is_among = [rule](std::vector<std::string> const& all) {
            return std::find(all.begin(), all.end(), rule) != all.end();
        };
        return is_among(on) || (by_default && !is_among(off));
    }
};

struct counted_rule {
    explicit counted_rule(std::string_view its_name) : name(its_name) {}
    std::string name;
    bool is_hashed = false;                        // its mask is a hash
    mutable std::atomic<std::uint64_t> masked{0};  // any thread
    mutable std::atomic<std::uint64_t> failures{0};
};

// Masks are "***", or that and a hash for the rules named here; "*": for all.
struct mask_style {
    std::vector<std::string> hashed{};
    hash_key key{};
};

// What to look at where a trigger is.
enum class trigger_kind : std::uint8_t { pattern, named, option, bearer, basic, private_key, url, email, iban, escape };

class rule_book {
  public:
    struct trigger {
        trigger_scan::sets bytes{};
        trigger_kind kind = trigger_kind::pattern;
        std::size_t pattern = 0;
        counted_rule const* rule = nullptr;
    };
    struct finder {
        counted_rule const* rule;
        secret_finder find;
    };

    // Throws std::invalid_argument, which names what cannot be, and the remedy.
    explicit rule_book(value_rules const& rules, mask_style const& style = {}) : key_(style.key) {
        by_key_ = &rule_named("key");
        if (!rules.is_off) add_all(rules);
        set_style(style);
    }
    rule_book(rule_book const&) = delete;
    rule_book& operator=(rule_book const&) = delete;

    [[nodiscard]] bool is_on() const noexcept { return is_on_; }
    // Made when it is first asked for: that takes half a millisecond, which is the backend's.
    [[nodiscard]] trigger_scan const& scan() const {
        std::call_once(scan_is_made_, [this] {
            std::vector<trigger_scan::sets> all;
            for (trigger const& t : triggers_) all.push_back(t.bytes);
            scan_ = std::make_unique<trigger_scan>(all);
        });
        return *scan_;
    }
    [[nodiscard]] std::vector<std::uint16_t> const& ending_with(char c) const noexcept {
        return by_last_[static_cast<unsigned char>(c)];
    }
    [[nodiscard]] trigger const& trigger_at(std::size_t i) const noexcept { return triggers_[i]; }
    [[nodiscard]] secret_pattern const& pattern(std::size_t i) const noexcept { return patterns_[i]; }
    [[nodiscard]] std::size_t repetitions() const noexcept { return repetitions_; }
    [[nodiscard]] own_names const& own() const noexcept { return own_; }
    [[nodiscard]] std::vector<finder> const& finders() const noexcept { return finders_; }
    // Of numbers; null: off.
    [[nodiscard]] counted_rule const* card() const noexcept { return card_; }
    // What is hidden by its key.
    [[nodiscard]] counted_rule const& by_key() const noexcept { return *by_key_; }
    [[nodiscard]] std::deque<counted_rule> const& rules() const noexcept { return rules_; }

    [[nodiscard]] std::uint64_t hash_of(std::string_view secret) const noexcept { return keyed_hash(key_, secret); }
    // Appends what stands for a secret.
    void append_mask(std::string& masked, counted_rule const& rule, std::string_view secret) const {
        masked += "***";
        if (!rule.is_hashed) return;
        char digits[16];
        (void)write_hex(digits, hash_of(secret));
        masked += ':';
        masked.append(digits, sizeof digits);
    }
    [[nodiscard]] name_endings const& endings() const noexcept { return endings_; }

  private:
    counted_rule& rule_named(std::string_view name) {
        for (counted_rule& known : rules_)
            if (known.name == name) return known;
        return rules_.emplace_back(name);
    }

    void add_all(value_rules const& rules) {
        check_names(rules);
        for (std::string const& name : rules.names) own_.add(name);
        add_built_in(rules);
        for (auto const& [name, pattern] : rules.patterns) add_pattern(name, pattern);
        for (auto const& [name, find] : rules.finders) finders_.push_back({&rule_named(name), find});
        for (std::size_t i = 0; i < triggers_.size(); ++i)
            triggers_[i].bytes.back().for_each(
                [&](unsigned char c) { by_last_[c].push_back(static_cast<std::uint16_t>(i)); });
        is_on_ = true;
    }
    void set_style(mask_style const& style) {
        for (std::string const& name : style.hashed) {
            bool is_known = name == "*";
            for (counted_rule& rule : rules_) {
                if (name != "*" && rule.name != name) continue;
                rule.is_hashed = is_known = true;
            }
            if (!is_known) throw std::invalid_argument("there is no rule \"" + name + "\" whose mask could be a hash");
        }
    }

    static void check_names(value_rules const& rules) {
        const auto is_known = [](std::string_view name) {
            const auto is_it = [name](auto const& known) { return known.name == name; };
            return std::any_of(std::begin(secret_rules), std::end(secret_rules), is_it) ||
                   std::any_of(std::begin(secret_forms), std::end(secret_forms),
                               [name](secret_form const& form) { return form.rule == name; });
        };
        for (auto const* names : {&rules.on, &rules.off})
            for (std::string const& name : *names)
                if (!is_known(name))
                    throw std::invalid_argument("there is no rule \"" + name + "\"; docs/redaction.md lists them");
        const auto is_taken = [&](std::string const& name) {
            return is_known(name) || name.empty() || name == "key" || name == "off";
        };
        for (auto const& [name, find] : rules.finders)
            if (is_taken(name) || find == nullptr)
                throw std::invalid_argument("a redactor needs a name that no rule has, not \"" + name +
                                            "\", and a function");
        for (auto const& [name, pattern] : rules.patterns)
            if (is_taken(name))
                throw std::invalid_argument("the name \"" + name + "\" of a pattern is taken; choose another");
    }

    void add_built_in(value_rules const& rules) {
        for (secret_rule const& rule : secret_rules)
            if (rules.is_on(rule.name, rule.is_on)) add_triggers(rule);
        for (secret_form const& form : secret_forms)
            if (rules.is_on(form.rule, true)) add_pattern(form.rule, form.pattern);
        const byte_set backslash("\\");
        add_trigger({any_byte(), any_byte(), backslash, byte_set("u/")}, trigger_kind::escape, nullptr);
    }
    [[nodiscard]] static byte_set any_byte() noexcept {
        byte_set all;
        for (unsigned c = 0; c < 0x100; ++c) all.add(static_cast<char>(c));
        return all;
    }
    void add_trigger(trigger_scan::sets const& bytes, trigger_kind kind, counted_rule const* rule,
                     std::size_t pattern = 0) {
        triggers_.push_back({bytes, kind, pattern, rule});
    }
    void add_pattern(std::string_view name, std::string_view text) {
        patterns_.emplace_back(text, repetitions_);
        add_trigger(patterns_.back().window(), trigger_kind::pattern, &rule_named(name), patterns_.size() - 1);
    }
    // "" : any byte.
    struct fixed_trigger {
        secret_kind rule;
        trigger_kind kind;
        const char* bytes[trigger_scan::size];
    };
    static constexpr fixed_trigger fixed_triggers[] = {
        {secret_kind::named, trigger_kind::option, {"", "-", "-", "A-Za-z"}},
        {secret_kind::named, trigger_kind::named, {"", "", "\t", "=:"}},
        {secret_kind::named, trigger_kind::named, {"", " ", " ", "=:"}},
        {secret_kind::bearer, trigger_kind::bearer, {"aA", "rR", "eE", "rR"}},
        {secret_kind::basic, trigger_kind::basic, {"aA", "sS", "iI", "cC"}},
        {secret_kind::private_key, trigger_kind::private_key, {"-", "-", "-", "-"}},
        {secret_kind::url, trigger_kind::url, {"", ":", "/", "/"}},
        {secret_kind::url, trigger_kind::url, {"", ":", "\\", "/"}},
        {secret_kind::iban, trigger_kind::iban, {"A-Z", "A-Z", "0-9", "0-9"}},
        {secret_kind::email, trigger_kind::email, {"", "", "@", "0-9A-Za-z"}},
    };
    void add_triggers(secret_rule const& rule) {
        counted_rule const* const counted = &rule_named(rule.name);
        if (rule.kind == secret_kind::card) card_ = counted;
        if (rule.kind == secret_kind::named) {
            for (telling_key const& key : telling_keys) add_name(key.name, counted);
            for (std::string const& name : own_.all()) add_name(name, counted);
        }
        for (fixed_trigger const& fixed : fixed_triggers) {
            if (fixed.rule != rule.kind) continue;
            trigger_scan::sets bytes;
            for (std::size_t k = 0; k < bytes.size(); ++k)
                bytes[k] = *fixed.bytes[k] == '\0' ? any_byte() : byte_set(fixed.bytes[k]);
            add_trigger(bytes, fixed.kind, counted);
        }
    }
    // By the last three letters of the name and what may stand behind it.
    void add_name(std::string_view name, counted_rule const* rule) {
        std::string folded;
        for (const char c : name)
            if (!is_separator(c)) folded += fold_case(c);
        if (folded.size() < 2)
            throw std::invalid_argument("the key \"" + std::string(name) + "\" is too short for a rule");
        endings_.add(folded);
        const auto letter = [&folded](std::size_t from_end) {
            if (folded.size() < from_end) return any_byte();
            byte_set either;
            const char c = folded[folded.size() - from_end];
            either.add(c);
            if (is_letter(c)) either.add(static_cast<char>(c - 'a' + 'A'));
            return either;
        };
        // Three sets of separators, each of which the scan can tell exactly.
        for (const char* separators : {"=:>", "\"'%", "\\]"})
            add_trigger_once({letter(3), letter(2), letter(1), byte_set(separators)}, trigger_kind::named, rule);
        add_trigger_once({letter(2), letter(1), byte_set(" "), byte_set("=:")}, trigger_kind::named, rule);
    }
    void add_trigger_once(trigger_scan::sets const& bytes, trigger_kind kind, counted_rule const* rule) {
        if (std::none_of(triggers_.begin(), triggers_.end(), [&](trigger const& t) { return t.bytes == bytes; }))
            add_trigger(bytes, kind, rule);
    }

    hash_key key_;
    bool is_on_ = false;
    std::deque<counted_rule> rules_{};  // each stays where it is
    counted_rule const* by_key_ = nullptr;
    counted_rule const* card_ = nullptr;
    own_names own_{};
    std::vector<secret_pattern> patterns_{};
    std::size_t repetitions_ = 0;
    std::vector<trigger> triggers_{};
    std::vector<finder> finders_{};
    mutable std::once_flag scan_is_made_{};
    mutable std::unique_ptr<trigger_scan const> scan_{};
    std::array<std::vector<std::uint16_t>, 256> by_last_{};
    name_endings endings_{};
};

}  // namespace logkit::detail
