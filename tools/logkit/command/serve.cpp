// SPDX-License-Identifier: MIT
// `logkit serve`: a program of its own, which is found beside this one (docs/serve.md).
#include "command/commands.hpp"
#include "screen/terminal.hpp"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace tool {

int become_server(char** argv) {
    char own[PATH_MAX];
    const ssize_t n = ::readlink("/proc/self/exe", own, sizeof own);
    std::string path(own, n > 0 ? static_cast<std::size_t>(n) : 0);
    path.resize(path.rfind('/') + 1);
    path += "logkit-serve";
    ::execv(path.c_str(), argv);
    say("the server, " + path + ", cannot be run: " + std::strerror(errno) +
        "; it comes with logkit where it is built with Boost");
    constexpr int cannot_run = 127;
    return cannot_run;
}

void add_serve(CLI::App& app, int&) {
    app.add_subcommand("serve", "Store the logs that programs send, and answer questions about them");
}

}  // namespace tool
