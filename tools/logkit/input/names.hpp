// SPDX-License-Identifier: MIT
#pragma once

// Names that a person maps (logkit::record_names): --map NAME=PATH on the command line, `map NAME=PATH` lines in a
// file.

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tool {

// Adds --map to the program.
void add_map_to(CLI::App& app, std::vector<std::string>& maps);

// Those of the file first: that in LOGKIT_CONFIG, or logkit/config in XDG_CONFIG_HOME (~/.config), if there is one.
// Throws usage_error, which names the file and the line.
void take_names(std::vector<std::string> const& maps);

}  // namespace tool
