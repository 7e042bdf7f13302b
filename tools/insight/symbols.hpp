// SPDX-License-Identifier: MIT
#pragma once

// Names for the frames of programs that had none at hand. A frame "app+0x18fc4 BuildId:…" says which build of which
// module it is in; a file with the same build id, the program's own or its separate debugging information, has the
// functions (inlined ones, too), file and line. Nothing is taken from a file of another build. Without libdw at build
// time, frames stay as they are.

#include <logkit/reader.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace insight {

// A file, or a folder that has some, to look in before the usual ones: the working directory, PATH, /usr/lib/debug and
// debuginfod's cache. Before anything is read.
void look_for_symbols_in(std::filesystem::path place);

// The same stack with the frames that could be named. From any thread.
[[nodiscard]] std::vector<std::string> named_stack(std::vector<std::string> const& stack);

// logkit::exception_of with its stacks named.
[[nodiscard]] logkit::exception_story named_exception_of(logkit::entry const& e);

}  // namespace insight
