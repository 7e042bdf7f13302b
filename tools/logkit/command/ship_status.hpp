// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace tool {

// Tells how far each log is shipped; changes nothing. The exit code: 1 if one of them has never been.
[[nodiscard]] int show_status(std::vector<std::string> const& logs, std::string const& name, bool wants_json);

}  // namespace tool
