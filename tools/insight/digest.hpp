// SPDX-License-Identifier: MIT
#pragma once

// A log told within a budget of tokens, for a reader that pays by the token: an AI agent.
//
// What it promises: never more than the budget; failures first; every count exact, also of what is left out; the same
// bytes for the same log; and text from the log between ⟦ and ⟧ only, on one line, without control and bidirectional
// characters, so that it cannot be taken for the digest's own words.

#include "insight/gather.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace insight {

struct digest_omissions {
    std::uint64_t failure_kinds = 0, failures = 0;  // kinds not mentioned, and how many failures they are
    std::uint64_t stories = 0, story_records = 0;   // mentioned kinds without a story; records left out of told stories
    std::uint64_t spans = 0, messages = 0, message_records = 0;
};

struct digest {
    std::string text;
    std::size_t tokens = 0;  // as estimate_tokens (digest_text.hpp) counts them
    std::uint64_t records = 0, failures = 0, unreadable = 0;
    digest_omissions omitted;
};

inline constexpr std::size_t least_digest_tokens = 300;

// The files are read twice. Throws question_error where the budget is too small to say anything.
[[nodiscard]] digest make_digest(source const& from, std::size_t max_tokens, scan_report& scanned);

}  // namespace insight
