// SPDX-License-Identifier: MIT
#pragma once

// The secrets in one text, one after the other. Stage: redact. No input makes it slow: every finder looks at a bounded
// number of bytes, or at some that are not looked at again.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <string_view>

#include <logkit/redact/card_number.hpp>
#include <logkit/redact/credentials.hpp>
#include <logkit/redact/named_secret.hpp>
#include <logkit/redact/personal_data.hpp>
#include <logkit/redact/rule_book.hpp>
#include <logkit/redact/text_span.hpp>
#include <logkit/redact/url_password.hpp>

namespace logkit::detail {

struct found_secret {
    text_span where{};
    counted_rule const* rule = nullptr;
};

// Is a text what is meant, or is it a line of JSON of which only this is asked: is there nothing in it? What may be
// something else when its escapes are gone, or may belong to a key that is not near, counts as found there.
enum class reading : std::uint8_t { text, line };

class secret_search {
  public:
    explicit secret_search(rule_book const& book) : book_(book), runs_(book.repetitions()) {}
    secret_search(secret_search const&) = delete;
    secret_search& operator=(secret_search const&) = delete;

    // `key` is the name of the value that the text is, or "". Both last as long as the text is searched.
    void begin(std::string_view text, std::string_view key, reading how = reading::text) {
        text_ = text;
        key_ = key;
        how_ = how;
        if (scan_ == nullptr) scan_ = &book_.scan();
        runs_.begin_text();
        places_ = {};
        scanned_ = 0;
        digits_seen_ = run_end_ = 0;
        from_ = 0;
    }

    // Is there nothing that could begin one? (Finders of the program's own are not asked.)
    [[nodiscard]] bool sees_nothing(std::string_view text) {
        if (scan_ == nullptr) scan_ = &book_.scan();
        return text.size() < trigger_scan::chunk && !scan_->next(text, 0).is_any();
    }

    // The first place from `from` on where one may be; the text's size where none is.
    [[nodiscard]] std::size_t next_suspect(std::string_view text, std::size_t from) {
        if (scan_ == nullptr) scan_ = &book_.scan();
        const trigger_scan::found f = scan_->next(text, from);
        if (!f.is_any()) return text.size();
        return std::max(from, f.at + static_cast<std::size_t>(std::countr_zero(f.triggers | f.digit_runs)));
    }

    [[nodiscard]] std::optional<found_secret> next() {
        std::optional<found_secret> first = next_of_rules();
        for (rule_book::finder const& own : book_.finders())
            if (const maybe_span found = ask(own); found.has_value())
                if (!first.has_value() || found->begin < first->where.begin) first = found_secret{*found, own.rule};
        if (first.has_value()) go_on_from(first->where.end);
        return first;
    }

  private:
    // One that throws, or says what cannot be, hides all of the text.
    [[nodiscard]] maybe_span ask(rule_book::finder const& own) noexcept {
        if (from_ >= text_.size()) return std::nullopt;
        try {
            const auto found = own.find(text_, from_);
            if (!found.has_value()) return std::nullopt;
            if (found->first < found->second && found->second <= text_.size() && found->second > from_)
                return text_span{std::max(found->first, from_), found->second};
        } catch (...) {
        }
        own.rule->failures.fetch_add(1, std::memory_order_relaxed);
        return text_span{from_, text_.size()};
    }

    void go_on_from(std::size_t place) noexcept {
        from_ = place;
        places_ = {};
        scanned_ = place;
    }

    [[nodiscard]] std::optional<found_secret> next_of_rules() {
        for (;;) {
            while ((places_.triggers | places_.digit_runs) != 0) {
                const auto i = static_cast<std::size_t>(std::countr_zero(places_.triggers | places_.digit_runs));
                const std::uint64_t bit = std::uint64_t{1} << i;
                const std::size_t place = places_.at + i;
                std::optional<found_secret> found;
                if ((places_.digit_runs & bit) != 0) found = card_in_run(place);
                places_.digit_runs &= ~bit;
                if (!found.has_value() && (places_.triggers & bit) != 0) found = at_trigger(place);
                places_.triggers &= ~bit;
                if (!found.has_value() || found->where.end <= from_) continue;
                found->where.begin = std::max(found->where.begin, from_);
                return found;
            }
            if (scanned_ >= text_.size()) return std::nullopt;
            places_ = scan_->next(text_, scanned_);
            scanned_ = places_.at + trigger_scan::chunk;
        }
    }

    [[nodiscard]] std::optional<found_secret> at_trigger(std::size_t place) noexcept {
        char bytes[trigger_scan::size] = {};
        for (std::size_t k = 0; k < sizeof bytes; ++k)
            if (place + k + 1 >= sizeof bytes) bytes[k] = text_[place + k + 1 - sizeof bytes];
        for (const std::uint16_t i : book_.ending_with(bytes[3])) {
            rule_book::trigger const& t = book_.trigger_at(i);
            if (!t.bytes[2].has(bytes[2]) || !t.bytes[1].has(bytes[1]) || !t.bytes[0].has(bytes[0])) continue;
            if (const maybe_span span = look_at(t, place); span.has_value()) return found_secret{*span, t.rule};
        }
        return std::nullopt;
    }

    [[nodiscard]] maybe_span look_at(rule_book::trigger const& t, std::size_t place) noexcept {
        switch (t.kind) {
            case trigger_kind::pattern:
                return matched(book_.pattern(t.pattern), place);
            case trigger_kind::named: {
                const std::size_t name_end = named_secret::end_of_name(text_, place);
                if (name_end >= 3 && !book_.endings().has(text_.substr(name_end - 3, 3))) return std::nullopt;
                return named_secret(text_, book_.own()).at(place);
            }
            case trigger_kind::option:
                return named_secret(text_, book_.own()).option_at(place);
            case trigger_kind::bearer:
                return bearer_token(text_, place);
            case trigger_kind::basic:
                return basic_credentials(text_, place);
            case trigger_kind::private_key:
                return private_key(text_, place);
            case trigger_kind::url:
                if (text_[place - 1] == '/') return url_password(text_, place + 1);
                return text_.substr(place + 1, 2) == "\\/" ? url_password(text_, place + 3) : std::nullopt;
            case trigger_kind::email:
                return email_address(text_, place);
            case trigger_kind::iban:
                return iban(text_, place);
            case trigger_kind::escape:
                break;
        }
        return how_ == reading::line ? maybe_span({place - 1, place + 1}) : std::nullopt;
    }

    [[nodiscard]] maybe_span matched(secret_pattern const& pattern, std::size_t place) noexcept {
        const std::size_t behind = trigger_scan::size - 1 + pattern.window_offset();
        if (place < behind || !pattern.may_begin(text_, place - behind)) return std::nullopt;
        const std::size_t end = pattern.match(text_, place - behind, runs_);
        if (end == secret_pattern::npos) return std::nullopt;
        return text_span{place - behind, end};
    }

    [[nodiscard]] std::optional<found_secret> card_in_run(std::size_t place) noexcept {
        if (place < digits_seen_ || book_.card() == nullptr) return std::nullopt;
        const auto is_in_run = [this](std::size_t at) { return card_bytes.has(text_[at]); };
        text_span run{place, std::max(place, run_end_)};  // its end is looked for once
        while (run.begin > std::max(digits_seen_, from_) && is_in_run(run.begin - 1)) --run.begin;
        while (run.end < text_.size() && is_in_run(run.end)) ++run.end;
        run_end_ = run.end;
        const maybe_span found = card_finder(text_, run, key_, how_ == reading::line).next(from_);
        digits_seen_ = found.has_value() ? found->end : run.end;
        if (!found.has_value()) return std::nullopt;
        return found_secret{*found, book_.card()};
    }

    rule_book const& book_;
    trigger_scan const* scan_ = nullptr;
    byte_runs runs_;
    std::string_view text_{}, key_{};
    reading how_ = reading::text;
    trigger_scan::found places_{};
    std::size_t scanned_ = 0;  // behind the places that are known
    std::size_t run_end_ = 0;
    std::size_t digits_seen_ = 0;  // behind the last run of digits
    std::size_t from_ = 0;         // behind the last secret
};

}  // namespace logkit::detail
