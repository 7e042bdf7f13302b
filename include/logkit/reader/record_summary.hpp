// SPDX-License-Identifier: MIT
#pragma once

// What is known of many records together, without looking at them: so that a query can pass all of them over. Reader.
//
// "May" is the word: yes where it is not known. A value is a text or a number that stands anywhere in a record, as a
// whole; a word is a piece of one, or of a key, that is made of is_word_byte() alone and ends where they end. Upper and
// lower case of ASCII are one, and numbers are what they come to, however they are written.

#include <string_view>

#include <logkit/base/level.hpp>

namespace logkit {

[[nodiscard]] constexpr bool is_word_byte(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || static_cast<signed char>(c) < 0;
}

class record_summary {
  public:
    virtual ~record_summary() = default;
    [[nodiscard]] virtual bool may_have_value(std::string_view value) const = 0;
    [[nodiscard]] virtual bool may_have_word(std::string_view word) const = 0;
    // Of an id in small letters.
    [[nodiscard]] virtual bool may_have_trace(std::string_view id) const = 0;
    [[nodiscard]] virtual bool may_have_level(level lowest, level highest) const = 0;
    [[nodiscard]] virtual bool may_have_failure() const = 0;
};

}  // namespace logkit
