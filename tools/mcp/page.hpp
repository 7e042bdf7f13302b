// SPDX-License-Identifier: MIT
#pragma once

// A page of an answer's list: what was told before is passed over, and the cursor goes on behind what is told now.

#include "mcp/bounded.hpp"
#include "mcp/question.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

namespace mcp {

// Of `count` items, item(i) is told while there is room, and at most so many; 0: all of them.
template <class Item>
[[nodiscard]] std::string page_of(question const& asked, json const& head, std::string const& list, std::size_t count,
                                  std::size_t most, Item&& item) {
    bounded_list page(head, list, asked.page_tokens());
    const std::size_t first = std::min(asked.skip(), count), left = count - first;
    const std::size_t wanted = most == 0 ? left : std::min(most, left);
    for (std::size_t i = 0; i < wanted; ++i)
        if (!page.add(item(first + i))) break;
    return page.text(page.size() == left ? std::nullopt : std::optional(asked.cursor_behind(page.size())));
}

}  // namespace mcp
