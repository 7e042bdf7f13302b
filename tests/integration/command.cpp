// SPDX-License-Identifier: MIT
// A command, for command.sh.   command DEED [ARGUMENT…]
#include <logkit.hpp>
#include <logkit/adapter/command.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace lk = logkit;

namespace {

int waits() {
    std::puts("ready");
    std::fflush(stdout);
    ::sleep(60);
    std::puts("on it goes");
    std::fflush(stdout);
    return 0;
}

// As servers do: no thread of theirs takes the signal, but for one that waits for it.
int waits_for_signals() {
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &term, nullptr);
    ::kill(::getpid(), SIGTERM);
    for (auto const& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream status(thread.path() / "status");
        std::string line;
        while (std::getline(status, line) && !line.starts_with("SigBlk:")) {
        }
        if ((std::stoull(line.substr(7), nullptr, 16) >> (SIGTERM - 1) & 1) == 0) return 9;  // it could take it
    }
    int number = 0;
    return ::sigwait(&term, &number);
}

int works(std::string const& deed, const char* argument) {
    lk::log.info("at work", lk::kv("deed", deed));
    if (deed == "returns") return std::atoi(argument);
    if (deed == "throws") throw std::runtime_error("no such file");
    if (deed == "throws_odd") throw 42;
    if (deed == "exits") std::exit(std::atoi(argument));
    if (deed == "exits_elsewhere") std::thread([] { std::exit(7); }).join();
    if (deed == "waits") return waits();
    if (deed == "waits_for_signals") return waits_for_signals();
    if (deed == "child_returns") {  // and its parent dies of the signal nevertheless
        const pid_t child = ::fork();
        if (child == 0) return 0;
        ::waitpid(child, nullptr, 0);
        ::raise(SIGTERM);
        ::sleep(60);
    }
    if (deed == "ignores") {
        std::signal(SIGTERM, SIG_IGN);
        std::raise(SIGTERM);
    }
    if (deed == "handles") {
        std::signal(SIGTERM, [](int) {});
        std::raise(SIGTERM);
    }
    if (deed == "forks") {  // a child that dies of a signal does not end its parent's span
        const pid_t child = ::fork();
        if (child == 0) {
            std::raise(SIGTERM);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 0 : 9;
    }
    if (deed == "child_exits") {
        const pid_t child = ::fork();
        if (child == 0) std::exit(5);
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status) == 5 ? 0 : 9;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string deed = argc > 1 ? argv[1] : "";
    if (deed == "nothing") return lk::run_command(argc, argv, [] { lk::log.info("at work"); });
    if (deed == "twice") {
        (void)lk::run_command(argc, argv, [] { return 0; });
        return lk::run_command(argc, argv, [](int n, char**) { return n == 2 ? 0 : 9; });
    }
    return lk::run_command(argc, argv, [&] { return works(deed, argc > 2 ? argv[2] : "0"); });
}
