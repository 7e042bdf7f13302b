// SPDX-License-Identifier: MIT
#pragma once

// What an agent may ask for. Each call of a tool runs this program once more with the command of that name.

#include "insight/json.hpp"

#include <string>
#include <vector>

namespace tool {

// As tools/list answers.
[[nodiscard]] insight::json tool_list();

// As tools/call answers: `name` and `arguments` of its parameters, about these files. What is wrong is in the answer.
[[nodiscard]] insight::json call_tool(insight::json const& parameters, std::vector<std::string> const& files);

}  // namespace tool
