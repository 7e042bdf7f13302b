// SPDX-License-Identifier: MIT
#pragma once

// Texts, JSON and lines of a log with what is secret in them masked. Stage: redact.
//
//   text              masked where a secret is
//   JSON              each of its texts, members' names too; numbers that are a card's; members whose name hides them
//   line of a log     as JSON if it is an object of JSON, else as text; what has no secret is not taken apart
//
// One for each thread; the rules and the policy of keys are shared. What was masked is counted in lots (tell_counts),
// for threads that count in one place wait for each other.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/redact/key_policy.hpp>
#include <logkit/redact/rule_book.hpp>
#include <logkit/redact/secret_search.hpp>
#include <logkit/render/json_document.hpp>

namespace logkit::detail {

class redactor final : public json_filter {
  public:
    // Members of JSON are hidden as the policy says; null: none is.
    redactor(rule_book const& book, key_policy const* policy)
        : book_(book), policy_(policy), is_policy_plain_(policy == nullptr || policy->is_plain()), search_(book) {
        untold_.reserve(largest_lot);
    }
    ~redactor() { tell_counts(); }
    redactor(redactor const&) = delete;
    redactor& operator=(redactor const&) = delete;

    [[nodiscard]] rule_book const& book() const noexcept { return book_; }

    // Is there no secret in the text of the field `name`?
    [[nodiscard]] bool is_clean(std::string_view text, std::string_view name = {}) {
        if (sees_nothing(text)) return true;
        search_.begin(text, name);
        return !search_.next().has_value();
    }
    // Is there none in JSON? (That there is one is only a possibility.)
    [[nodiscard]] bool is_clean_json(std::string_view json) {
        if (!is_policy_plain_ || !book_.finders().empty()) return false;
        if (!book_.is_on()) return policy_ == nullptr;
        search_.begin(json, {}, reading::line);
        return !search_.next().has_value();
    }

    // The first place from `from` on where something may be to mask; the text's size where nothing is.
    [[nodiscard]] std::size_t next_suspect(std::string_view text, std::size_t from) {
        if (!is_policy_plain_ || !book_.finders().empty()) return from;
        return book_.is_on() ? search_.next_suspect(text, from) : policy_ == nullptr ? text.size() : from;
    }

    // Appends the text of the field `name` with its secrets masked. False, and nothing is appended: there is none.
    [[nodiscard]] bool mask_text(std::string& masked, std::string_view text, std::string_view name) override {
        if (sees_nothing(text)) return false;
        search_.begin(text, name);
        std::size_t done = 0;
        bool is_any = false;
        while (const auto secret = search_.next()) {
            const auto [begin, end, is_bare] = secret->where;
            masked.append(text.substr(done, begin - done));
            if (is_bare) masked += '"';  // a number of JSON: a mask is a text
            append_mask(masked, *secret->rule, text.substr(begin, end - begin));
            if (is_bare) masked += '"';
            done = end;
            is_any = true;
        }
        if (is_any) masked.append(text.substr(done));
        return is_any;
    }
    // Appends JSON, masked, that is the value of `name`. False, and nothing is appended: there is nothing to mask, or
    // it is no JSON (RFC 8259).
    [[nodiscard]] bool mask_json(std::string& masked, std::string_view json, std::string_view name = {}) {
        return !is_clean_json(json) && copy_json(masked, json, name) == copied::with_masks;
    }
    // Appends a line of a log, masked, without its end.
    [[nodiscard]] bool mask_line(std::string& masked, std::string_view line) {
        if (untold_.size() >= largest_lot) tell_counts();
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
        const std::size_t first = line.find_first_not_of(" \t");
        const bool may_be_json = first != line.npos && (line[first] == '{' || line[first] == '[' || line[first] == '"');
        if (may_be_json) {
            if (is_clean_json(line)) return false;
            if (const copied made = copy_json(masked, line, {}); made != copied::no_json)
                return made == copied::with_masks;
        }
        return mask_text(masked, line, {});
    }

    // What stands for a secret.
    void append_mask(std::string& masked, counted_rule const& rule, std::string_view secret) {
        untold_.push_back(&rule);
        book_.append_mask(masked, rule, secret);
    }
    // Adds what was masked since the last time to the rules' counts.
    void tell_counts() noexcept {
        std::sort(untold_.begin(), untold_.end());
        for (auto first = untold_.begin(); first != untold_.end();) {
            const auto end = std::upper_bound(first, untold_.end(), *first);
            (*first)->masked.fetch_add(static_cast<std::uint64_t>(end - first), std::memory_order_relaxed);
            first = end;
        }
        untold_.clear();
    }

    [[nodiscard]] bool mask_number(std::string& masked, std::string_view digits, std::string_view name) override {
        if (book_.card() == nullptr || !has_card_word(name) || digits.find_first_not_of("0123456789") != digits.npos ||
            !is_card_number(digits))
            return false;
        append_mask(masked, *book_.card(), digits);
        return true;
    }
    [[nodiscard]] bool hides(std::string_view path, std::string_view name) override {
        return policy_ != nullptr && policy_->hides(path, name);
    }
    void mask_hidden(std::string& masked, std::string_view json) override {
        append_mask(masked, book_.by_key(), within_quotes(json));
    }

  private:
    enum class copied : std::uint8_t { no_json, without_masks, with_masks };
    // Appends only what has masks.
    [[nodiscard]] copied copy_json(std::string& masked, std::string_view json, std::string_view name) {
        const std::size_t before = masked.size(), untold_before = untold_.size();
        const bool is_json = json_document(masked, json, {name, 0, deepest_document}, this).copy();
        if (is_json && untold_.size() != untold_before) return copied::with_masks;
        masked.resize(before);
        untold_.resize(untold_before);  // what was masked of what is no document does not count
        return is_json ? copied::without_masks : copied::no_json;
    }
    // Decides for nearly every value.
    [[nodiscard]] bool sees_nothing(std::string_view text) {
        if (!book_.is_on()) return true;
        return book_.finders().empty() && (text.size() < shortest_secret || search_.sees_nothing(text));
    }

    static constexpr std::size_t shortest_secret = 5;
    static constexpr unsigned deepest_document = 1'000;  // others' may be deeper than ours

    rule_book const& book_;
    key_policy const* policy_;
    bool is_policy_plain_;
    secret_search search_;
    static constexpr std::size_t largest_lot = 1024;
    std::vector<counted_rule const*> untold_{};
};

}  // namespace logkit::detail
