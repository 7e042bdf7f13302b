// SPDX-License-Identifier: MIT
#pragma once

// A record, and the parts of it that are rendered by themselves, with what is secret in them masked: on the backend,
// behind the program's processors and before any sink. Stage: redact.

#include <bit>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/call/exception_bytes.hpp>
#include <logkit/call/operand.hpp>
#include <logkit/pipe/channel.hpp>
#include <logkit/process/record.hpp>
#include <logkit/redact/redactor.hpp>
#include <logkit/render/json.hpp>

namespace logkit::detail {

class record_redactor final : public field_filter {
  public:
    // The policy hides, by their keys, fields that a processor has set: those of a call were hidden by the caller.
    record_redactor(rule_book const& book, key_policy const& policy) : redactor_(book, nullptr), policy_(policy) {}

    // Is nothing in the arguments of a record that is plain (json_renderer::is_plain)?
    [[nodiscard]] bool is_clean(raw_record const& raw) {
        site const& origin = *raw.origin;
        if (const auto rules = reinterpret_cast<std::uintptr_t>(&redactor_.book()); origin.found_clean_by != rules) {
            if (!redactor_.is_clean(origin.event)) return false;
            origin.found_clean_by = rules;
        }
        if (origin.is_span_end) return true;
        std::byte const* at = raw.payload;
        for (site_argument const& argument : origin.arguments)
            if (!is_clean(argument.key, decode(argument.encoding, at))) return false;
        if (origin.redacted != 0) count_hidden(static_cast<std::uint64_t>(std::popcount(origin.redacted)));
        return true;
    }
    // Masks in place.
    void redact(record& r) {
        std::string masked;
        if (redactor_.mask_text(masked, r.event(), {})) r.set_event(std::move(masked));
        for (record::field& f : r.fields()) {
            if (r.is_changed()) redact_key(r, f);
            const decoded& v = f.value.raw();
            if (f.value.is_redacted()) count_hidden(1);
            if (is_clean(f.key, v)) continue;
            decoded seen = with_masks(f.key, v);
            seen.text = r.keep(std::string(seen.text));
            f.value = value(seen);
        }
        redactor_.tell_counts();
    }
    // Valid until the next call.
    [[nodiscard]] decoded shown(std::string_view key, decoded const& v) override {
        const decoded seen = with_masks(key, v);
        redactor_.tell_counts();
        return seen;
    }

  private:
    [[nodiscard]] decoded with_masks(std::string_view key, decoded const& v) {
        masked_.clear();
        switch (v.what) {
            case kind::text:
                return redactor_.mask_text(masked_, v.text, key) ? decoded{kind::text, 0, masked_} : v;
            case kind::json:
                return redactor_.mask_json(masked_, v.text, key) ? decoded{kind::json, 0, masked_} : v;
            case kind::exception:
                rewrite_exception(masked_, v.text, stacks::kept, [this](std::string& out, std::string_view text) {
                    if (!redactor_.mask_text(out, text, {})) out += text;
                });
                return {kind::exception, 0, masked_};
            case kind::int64:
            case kind::uint64:
                return redactor_.mask_number(masked_, digits_of(v), key) ? decoded{kind::text, 0, masked_} : v;
            default:
                return v;
        }
    }
    [[nodiscard]] bool is_clean(std::string_view key, decoded const& v) {
        switch (v.what) {
            case kind::text:
                return redactor_.is_clean(v.text, key);
            case kind::json:
                return redactor_.is_clean_json(v.text);
            case kind::exception:
                return false;
            case kind::int64:
            case kind::uint64: {
                constexpr std::uint64_t least = 1'000'000'000'000;  // thirteen digits
                return v.bits < least || !has_card_word(key);
            }
            default:
                return true;
        }
    }
    void count_hidden(std::uint64_t n) const noexcept {
        redactor_.book().by_key().masked.fetch_add(n, std::memory_order_relaxed);
    }
    void redact_key(record& r, record::field& f) {
        if (f.value.is_redacted()) return;
        std::string masked;
        if (policy_.hides({}, f.key)) {
            const std::string json = f.value.json();
            redactor_.book().append_mask(masked, redactor_.book().by_key(), within_quotes(json));
            f.value = value({kind::hashed, 0, r.keep(std::exchange(masked, {}))});
        }
        if (redactor_.mask_text(masked, f.key, {})) f.key = r.keep(std::move(masked));
    }
    [[nodiscard]] std::string_view digits_of(decoded const& v) noexcept {
        const auto [end, error] = v.what == kind::int64
                                      ? std::to_chars(digits_, digits_ + sizeof digits_, v.as<std::int64_t>())
                                      : std::to_chars(digits_, digits_ + sizeof digits_, v.bits);
        return {digits_, static_cast<std::size_t>(end - digits_)};
    }

    redactor redactor_;
    key_policy const& policy_;
    std::string masked_{};
    char digits_[24] = {};
};

}  // namespace logkit::detail
