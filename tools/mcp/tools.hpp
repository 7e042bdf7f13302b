// SPDX-License-Identifier: MIT
#pragma once

// What an agent may ask for: each tool is a line of a table, and a function that answers within a budget.

#include "insight/json.hpp"
#include "mcp/question.hpp"

#include <string>
#include <vector>

namespace mcp {

// As tools/list answers.
[[nodiscard]] json tool_list();

// As tools/call answers: `name` and `arguments` of its parameters. What is wrong is in the answer.
[[nodiscard]] json call_tool(json const& parameters, log_opener const& open);

// The answers. They throw what question throws.
[[nodiscard]] std::string answer_digest(question& asked);
[[nodiscard]] std::string answer_errors(question& asked);
[[nodiscard]] std::string answer_stats(question& asked);
[[nodiscard]] std::string answer_count(question& asked);
[[nodiscard]] std::string answer_fields(question& asked);
[[nodiscard]] std::string answer_diff(question& asked);
[[nodiscard]] std::string answer_search(question& asked);
[[nodiscard]] std::string answer_trace(question& asked);

}  // namespace mcp
