// SPDX-License-Identifier: MIT
#pragma once

// The site table: what each call site says, registered once, before its first frame. Stage: pipe.
// Numbers are handed out under a lock; reading a published number needs none.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <logkit/base/bounded_mutex.hpp>
#include <logkit/base/decimal.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/base/padded_text.hpp>
#include <logkit/base/reserved_keys.hpp>
#include <logkit/call/message.hpp>
#include <logkit/call/site_description.hpp>
#include <logkit/pipe/frame.hpp>
#include <logkit/pipe/journal.hpp>
#include <logkit/pipe/site_entry.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

struct site_argument {
    std::string key{};          // as it is written, reserved names changed
    padded_text json_prefix{};  // ,"key":
    role what = role::field;
    kind encoding = kind::null;
    bool is_shadowed = false;  // a later argument of the same call has its name
};

struct site {
    level severity = level::info;
    std::string event{};
    std::string source{};       // file.cpp:42
    padded_text json_head{};    // ,"level":"info","event":"…"   (without the event, if that is formatted)
    padded_text json_tail{};    // ,"src":"file.cpp:42"
    std::size_t json_size = 0;  // of all its texts, arguments' prefixes and longest numbers, with slack
    std::uint64_t keys = 0;     // bloom filter of the keys as written
    std::uint32_t redacted = 0;
    bool has_placeholders = false;
    bool is_plain = true;  // fields only, none shadowed: rendered without a detour
    bool is_span_end = false;
    std::vector<site_argument> arguments{};
    mutable std::uintptr_t found_clean_by = 0;  // the rules by which its event has no secret; the drain's

    site() = default;
    site(site_description const& from, std::uint32_t redacted_arguments)
        : severity(from.severity), event(from.event), redacted(redacted_arguments) {
        source = base_name(from.where.file);
        if (from.where.line != 0) source += ':' + std::to_string(from.where.line);  // 0: not known
        for (std::size_t i = 0; i < from.argument_count; ++i) add(from.arguments[i], i);
        if (!has_placeholders) unescape_braces();
        std::string head = R"(,"level":")" + std::string(to_string(severity)) + R"(","event":)";
        if (is_event_fixed()) head += json_string(event);
        json_head.assign(head);
        json_tail.assign(R"(,"src":)" + json_string(source));
        json_size = json_head.size() + json_tail.size() + 2 * padded_text::slack;
        for (site_argument const& argument : arguments)
            json_size += argument.json_prefix.size() + padded_text::slack + longest_number;
        if (is_span_end) keys = bloom_bit(hash_text("dur_ms")) | bloom_bit(hash_text("status"));
    }

    [[nodiscard]] bool is_event_fixed() const noexcept {
        if (has_placeholders) return false;
        for (site_argument const& argument : arguments)
            if (argument.what == role::event) return false;
        return true;
    }

  private:
    void add(argument_description const& from, std::size_t index) {
        site_argument argument;
        argument.what = from.what;
        argument.encoding =
            (redacted >> index & 1) == 0 || from.encoding == kind::hashed ? from.encoding : kind::redacted;
        is_plain = is_plain && from.encoding != kind::exception;
        if (from.what == role::field) {
            argument.key = written_key(from.key);
            argument.json_prefix.assign(',' + json_string(argument.key) + ':');
            keys |= bloom_bit(hash_text(argument.key));
            for (site_argument& earlier : arguments) {
                if (earlier.what != role::field || earlier.key != argument.key) continue;
                earlier.is_shadowed = true;
                is_plain = false;
            }
        } else {
            is_plain = false;
            is_span_end = is_span_end || from.what == role::status;
            has_placeholders = has_placeholders || (from.what == role::positional && from.encoding != kind::null);
        }
        arguments.push_back(std::move(argument));
    }

    void unescape_braces() {
        std::string text;
        for (std::size_t i = 0; i < event.size(); ++i) {
            text += event[i];
            if ((event[i] == '{' || event[i] == '}') && i + 1 < event.size() && event[i + 1] == event[i]) ++i;
        }
        event = std::move(text);
    }
};

class site_table {
  public:
    // The number of the site with this key and these arguments redacted; registers it first if need be. The key is what
    // the site says, so a policy that is changed to and fro spends no numbers.
    [[nodiscard]] std::uint32_t number_of(std::uint64_t key, site_description const& description,
                                          std::uint32_t redacted) {
        key = hash_mix(key, redacted);
        const std::lock_guard lock(mutex_);
        if (const auto known = numbers_.find(key); known != numbers_.end()) return known->second;
        const std::size_t index = numbers_.size();
        if (index >= most_sites) throw std::bad_alloc();
        place_of(index) = site(description, redacted);
        const auto number = static_cast<std::uint32_t>(index) + first_site;
        entries_.push_back(encode_site({number, redacted}, description));
        if (journal_ != nullptr) (void)journal_->add_site(entries_.back());
        numbers_.emplace(key, number);
        return number;
    }

    // Another process's site, from its journal.
    void restore(std::uint32_t number, site&& known) {
        const std::size_t index = number - first_site;
        if (number < first_site || index >= most_sites) return;
        place_of(index) = std::move(known);
        restored_.insert(number);
    }
    [[nodiscard]] bool has_restored(std::uint32_t number) const { return restored_.count(number) != 0; }

    // Sites are told to this journal from now on, those that are known at once; null: to none.
    void tell(journal* told) {
        const std::lock_guard lock(mutex_);
        journal_ = told;
        if (told == nullptr) return;
        for (std::string const& entry : entries_) (void)told->add_site(entry);
    }

    // For a number read from a published frame: that publication ordered the registration before this.
    [[nodiscard]] site const& operator[](std::uint32_t number) const noexcept {
        const place at = place_in_chunk(number - first_site);
        return chunks_[at.chunk][at.offset];
    }

    [[nodiscard]] std::uint32_t redacted_arguments(std::uint32_t number) const noexcept {
        return (*this)[number].redacted;
    }

    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns) noexcept { return mutex_.try_lock_until(deadline_ns); }
    void unlock() noexcept { mutex_.unlock(); }

  private:
    // Each chunk is as large as all before it: sites never move, and there is room for more than there can be.
    static constexpr std::size_t first_chunk_bits = 8;
    static constexpr std::size_t first_chunk = std::size_t{1} << first_chunk_bits, chunk_count = 21;
    static constexpr std::size_t most_sites = first_chunk << (chunk_count - 1);
    static_assert(most_sites + first_site < hash_bit);
    struct place {
        std::size_t chunk, offset;
    };
    [[nodiscard]] static constexpr place place_in_chunk(std::size_t index) noexcept {
        if (index < first_chunk) return {0, index};
        const auto bits = static_cast<std::size_t>(63 - __builtin_clzll(index));
        return {bits - first_chunk_bits + 1, index - (std::size_t{1} << bits)};
    }
    [[nodiscard]] static constexpr std::size_t size_of_chunk(std::size_t chunk) noexcept {
        return chunk == 0 ? first_chunk : first_chunk << (chunk - 1);
    }

    [[nodiscard]] site& place_of(std::size_t index) {
        const place at = place_in_chunk(index);
        std::unique_ptr<site[]>& chunk = chunks_[at.chunk];
        if (chunk == nullptr) chunk = std::make_unique<site[]>(size_of_chunk(at.chunk));
        return chunk[at.offset];
    }

    bounded_mutex mutex_{};
    std::unordered_map<std::uint64_t, std::uint32_t> numbers_{};
    std::vector<std::string> entries_{};  // as a journal has them
    journal* journal_ = nullptr;
    std::set<std::uint32_t> restored_{};
    std::array<std::unique_ptr<site[]>, chunk_count> chunks_{};
};

}  // namespace logkit::detail
