// SPDX-License-Identifier: MIT
#pragma once

// A trace as a person sees it: its spans one below the other, a bar for when each ran, and the records inside.

#include "insight/story.hpp"

#include <string>

namespace tool {

// For the terminal of this process.
[[nodiscard]] std::string waterfall_of(insight::story const& told, bool hides_records);

}  // namespace tool
