// SPDX-License-Identifier: MIT
#pragma once

// Answers that never take more than so many tokens, whatever the log holds.
//
// What they promise: what was left out is counted in the answer; a long value is cut in its middle, because both its
// ends tell more than what is between; valid JSON; and the first item of a list is always told, if only a part of it.

#include "insight/json.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace mcp {

using insight::json;

// So many at most: bytes of a text, items of a list, keys of an object.
struct value_limits {
    std::size_t text_bytes, items, keys;
};
[[nodiscard]] json shortened(json const& value, value_limits limits);

// A document with one list, which is filled while there is room.
class bounded_list {
  public:
    // `head` comes before the list, shortened where it is long.
    bounded_list(json const& head, std::string key, std::size_t max_tokens);
    // False: there is no room for it.
    [[nodiscard]] bool add(json const& item, bool in_front = false);
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    // `cursor`: to go on, which the budget does not hold; none: this was all, or there is no going on. `left_out`: so
    // many items had no room.
    [[nodiscard]] std::string text(std::optional<std::string> const& cursor, std::size_t left_out = 0) const;

  private:
    json head_, items_ = json::array();
    std::string key_;
    std::size_t left_;
};

// A document of several lists: each cut to as many items as fit, with `left_out` saying how many are not told.
[[nodiscard]] std::string bounded_document(json const& document, std::size_t max_tokens);

}  // namespace mcp
