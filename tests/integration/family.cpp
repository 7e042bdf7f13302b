// SPDX-License-Identifier: MIT
// A process that starts another one:   family        (the child is started by the parent)
#include <spawn.h>
#include <sys/wait.h>

#include <cstring>

#include <logkit.hpp>
#include <logkit/adapter/process.hpp>

namespace lk = logkit;
using lk::kv;

int main(int argc, char** argv) {
    if (argc > 1) {
        lk::new_context();
        { const lk::capture span{"child"}; }
        lk::new_context();
        lk::log.info("second unit of work");
        return 0;
    }
    lk::new_context(lk::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "congo=1"));
    const lk::capture span{"parent"};
    lk::child_environment environment = lk::carry_environment();
    char child[] = "child";
    char* const arguments[] = {argv[0], child, nullptr};
    pid_t pid = 0;
    if (posix_spawn(&pid, argv[0], nullptr, nullptr, arguments, environment.data()) != 0) return 1;
    int status = 0;
    return waitpid(pid, &status, 0) == pid ? status : 1;
}
