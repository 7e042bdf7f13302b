// SPDX-License-Identifier: MIT
#pragma once

// Regular expressions (RE2: linear in the text) as rules of redaction: for what a pattern cannot say. Stage: adapter.
// Needs RE2, which the program links: -lre2.

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <re2/re2.h>
#include <logkit/redact/secret_finder.hpp>

namespace logkit {

// Masks what the expression matches, or, if it has a group, what its first group does. Throws std::invalid_argument for
// one that is none, or that may match nothing at all. For add_redactor().
[[nodiscard]] inline secret_finder re2_finder(std::string const& expression) {
    RE2::Options quiet;
    quiet.set_log_errors(false);
    const auto compiled = std::make_shared<RE2 const>(expression, quiet);
    if (!compiled->ok())
        throw std::invalid_argument("the expression \"" + expression + "\" cannot be: " + compiled->error());
    if (RE2::FullMatch("", *compiled))
        throw std::invalid_argument("the expression \"" + expression + "\" matches nothing at all");
    return [compiled](std::string_view text, std::size_t from) -> std::optional<std::pair<std::size_t, std::size_t>> {
        const re2::StringPiece all(text.data(), text.size());
        re2::StringPiece found[2];
        const int groups = compiled->NumberOfCapturingGroups() > 0 ? 2 : 1;
        for (std::size_t at = from; compiled->Match(all, at, text.size(), RE2::UNANCHORED, found, groups);) {
            const re2::StringPiece secret = found[groups - 1].data() != nullptr ? found[groups - 1] : found[0];
            const auto begin = static_cast<std::size_t>(secret.data() - text.data());
            if (!secret.empty()) return std::pair{begin, begin + secret.size()};
            at = static_cast<std::size_t>(found[0].data() - text.data()) + found[0].size() + 1;
            if (at > text.size()) break;
        }
        return std::nullopt;
    };
}

}  // namespace logkit
