// SPDX-License-Identifier: MIT
#pragma once

// How a digest tells things, and what that costs.

#include "insight/story.hpp"

#include <logkit/reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace insight {

// How many tokens a language model makes of a text, rather too many than too few: a word of letters is one for each
// four of them, digits and hexadecimal ids one for each two, other characters one, beyond ASCII two, and 5 % on top.
// (On digests, a few per cent above what the tokenizers o200k_base and cl100k_base count.)
[[nodiscard]] std::size_t estimate_tokens(std::string_view text);

// Puts pieces together while there is room.
class budget {
  public:
    explicit budget(std::size_t tokens) : left_(tokens) {}
    [[nodiscard]] bool add(std::string& to, std::string const& piece) {
        const std::size_t cost = estimate_tokens(piece);
        if (cost > left_) return false;
        left_ -= cost;
        to += piece;
        return true;
    }
    [[nodiscard]] std::size_t left() const noexcept { return left_; }

  private:
    std::size_t left_;
};

// Text from the log, so that it cannot be taken for the digest's own; cut after `most` characters.
[[nodiscard]] std::string marked(std::string_view text, std::size_t most = 200);

// "key=value key=value", not marked.
[[nodiscard]] std::string fields_text(field_list const& fields);

// One line of a story: when, what, and the fields that are not `common` to all of it.
[[nodiscard]] std::string tell_record(logkit::entry const& e, field_list const& common);

// What was thrown and where, and its causes, in lines of their own; "" where nothing was.
[[nodiscard]] std::string tell_exception(std::string const& line);

}  // namespace insight
