// SPDX-License-Identifier: MIT
#include "mcp/child.hpp"

#include "input/names.hpp"

#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

extern char** environ;

namespace tool {
namespace {

constexpr std::size_t most_output = 1U << 20;
constexpr std::chrono::seconds longest_call{120};

}  // namespace

finished run_self(std::vector<std::string> arguments) {
    finished result;
    int out[2], err[2];
    if (::pipe2(out, O_CLOEXEC) != 0) return result;
    if (::pipe2(err, O_CLOEXEC) != 0) {
        ::close(out[0]);
        ::close(out[1]);
        return result;
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), given_names().begin(), given_names().end());
    arguments.insert(arguments.begin(), {"logkit", "--color", "never"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    pid_t child = 0;
    const bool has_begun = ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, raw.data(), environ) == 0;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(err[1]);
    const auto deadline = std::chrono::steady_clock::now() + longest_call;
    std::array<pollfd, 2> sources{pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
    std::array<std::string*, 2> texts{&result.output, &result.complaints};
    while (has_begun && (sources[0].fd >= 0 || sources[1].fd >= 0)) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0 || result.output.size() > most_output) {
            ::kill(child, SIGKILL);
            if (left <= 0) result.complaints = "it took longer than 120 seconds; ask for less, with filters";
            break;
        }
        if (::poll(sources.data(), sources.size(), static_cast<int>(left)) < 0 && errno != EINTR) break;
        for (std::size_t i = 0; i < sources.size(); ++i) {
            if ((sources[i].revents & (POLLIN | POLLHUP)) == 0) continue;
            char bytes[65536];
            const ssize_t n = ::read(sources[i].fd, bytes, sizeof bytes);
            if (n <= 0)
                sources[i].fd = -1;
            else
                texts[i]->append(bytes, static_cast<std::size_t>(n));
        }
    }
    ::close(out[0]);
    ::close(err[0]);
    if (has_begun) {
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    if (result.output.size() > most_output) {
        result.output.resize(most_output);
        result.output += "\n(more was cut off here; ask for less)\n";
        result.status = 0;
    }
    return result;
}

}  // namespace tool
