// SPDX-License-Identifier: MIT
#pragma once

// This program once more, with another command: what goes wrong there ends that command, and not who asked for it.

#include <string>
#include <vector>

namespace tool {

struct finished {
    int status = -1;  // its exit status; -1: it could not be run, or was killed
    std::string output, complaints;
};

// Runs it with nothing as standard input. What it writes is kept up to 1 MiB (an agent would not read more), and it
// has two minutes.
[[nodiscard]] finished run_self(std::vector<std::string> arguments);

}  // namespace tool
