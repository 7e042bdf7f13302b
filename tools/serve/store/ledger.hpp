// SPDX-License-Identifier: MIT
#pragma once

// What commits have promised: how far each stream is stored, and which requests were answered how. It is made of
// intents alone, so it is the same after a restart, when they are read again. Pure: no file, no clock.

#include "store/log_store.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace serve {

// What one batch of a commit promises; it is kept beside the commit's records.
struct intent {
    std::int64_t arrival_ns = 0;
    std::string service;
    struct stream {
        std::string name;
        std::uint64_t from = 0;  // where the store had the stream before; behind it begins a gap, if `gap` says why
        std::uint64_t position = 0, end = 0;
        std::string after, gap;
        std::vector<refused_line> refused;
        std::uint64_t refused_count = 0;
    };
    std::optional<stream> filled{};
    struct request {
        std::string scope, key;
        std::uint64_t body_hash = 0;
        std::string answer;
    };
    std::optional<request> answered{};
};

// What is to be done with a batch.
struct decision {
    outcome result{};
    bool is_new = false;   // it is to be committed, from records[skip] on
    std::size_t skip = 0;  // the stream has these
};
// `known`: what the store has of its stream; null for nothing.
[[nodiscard]] decision decide(batch const& b, stream_state const* known);

class ledger {
  public:
    static constexpr std::int64_t request_age_ns = 24 * std::int64_t{3'600'000'000'000};
    static constexpr std::size_t most_requests = 1'000'000;                    // of each scope
    static constexpr std::size_t most_request_bytes = std::size_t{256} << 20;  // of each scope's keys and answers
    static constexpr std::size_t most_named = 100;                             // refused lines, and gaps

    // Null: unknown.
    [[nodiscard]] stream_state const* find_stream(std::string const& name) const;
    [[nodiscard]] intent::request const* find_request(std::string const& scope, std::string const& key,
                                                      std::int64_t now_ns) const;
    void apply(intent const& committed);
    // Forgets streams that nobody has used since, and requests whose day is over.
    void forget_before(std::int64_t streams_ns, std::int64_t now_ns);
    // What makes a ledger that knows the same.
    [[nodiscard]] std::vector<intent> intents() const;

    [[nodiscard]] std::map<std::string, stream_state> const& streams() const noexcept { return streams_; }
    [[nodiscard]] std::uint64_t gaps() const noexcept { return gaps_; }
    // Answers that were forgotten before their day was over, because there were too many.
    [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

  private:
    struct answered {
        intent::request request;
        std::int64_t arrival_ns = 0;
    };
    struct scope {
        std::unordered_map<std::string, answered> by_key;
        std::deque<std::pair<std::int64_t, std::string>> oldest_first;
        std::size_t bytes = 0;
    };
    void forget_oldest(scope& of, std::int64_t now_ns);

    std::map<std::string, stream_state> streams_;
    std::unordered_map<std::string, scope> scopes_;
    std::uint64_t gaps_ = 0, forgotten_ = 0;
};

// Decides on the batches of one commit, each as if those before it had been committed.
class ledger_draft {
  public:
    ledger_draft(ledger const& committed, std::int64_t arrival_ns) : committed_(committed), arrival_ns_(arrival_ns) {}
    // If it is new, its intent is among intents() from now on.
    [[nodiscard]] decision take(batch const& b);
    [[nodiscard]] std::vector<intent> const& intents() const noexcept { return intents_; }

  private:
    ledger const& committed_;
    std::int64_t arrival_ns_;
    ledger ahead_;  // of those intents alone
    std::vector<intent> intents_;
};

}  // namespace serve
