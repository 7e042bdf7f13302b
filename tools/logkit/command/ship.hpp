// SPDX-License-Identifier: MIT
#pragma once

namespace tool {

// Others may read a process's command line: user and password in an address there are written over.
void hide_credentials(int argc, char** argv);

}  // namespace tool
