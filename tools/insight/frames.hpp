// SPDX-License-Identifier: MIT
#pragma once

// Frames of stacks, "function (place)": which are the program's own, and what is enough of them for a person.

#include <string>
#include <string_view>
#include <vector>

namespace insight {

// Of the program, not of a runtime, a library or a framework.
[[nodiscard]] bool is_own_frame(std::string_view frame);
// The function of the first own frame; of a stack of foreign ones, of the first that names one.
[[nodiscard]] std::string own_frame(std::vector<std::string> const& stack);
// Own frames in front, shortened; how many are not told, and which of the others is the innermost.
[[nodiscard]] std::vector<std::string> told_stack(std::vector<std::string> const& stack);

}  // namespace insight
