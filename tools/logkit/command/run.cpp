// SPDX-License-Identifier: MIT
// `logkit run`: a program, its log as it goes, and what failed in the end.
#include "command/commands.hpp"
#include "command/recover.hpp"
#include "input/follow.hpp"
#include "insight/digest.hpp"
#include "screen/pretty.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

extern char** environ;

namespace tool {
namespace {

struct run_options {
    std::vector<std::string> command;
    std::string file, level;
    std::size_t max_tokens = 1000;
    bool is_quiet = false, wants_digest = false;
};

// Signals that reach this process go on to the program; it decides.
volatile std::sig_atomic_t child_id = 0;
void pass_on(int signal) {
    if (child_id > 0) ::kill(static_cast<pid_t>(child_id), signal);
}

// Its process id; minus the error where it cannot be run.
[[nodiscard]] pid_t start(std::vector<std::string> const& command) {
    std::vector<char*> raw;
    for (std::string const& word : command) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    pid_t child = 0;
    if (const int error = ::posix_spawnp(&child, raw.front(), nullptr, nullptr, raw.data(), environ); error != 0) {
        say("cannot run " + harmless(command.front()) + ": " + std::strerror(error));
        return -error;
    }
    return child;
}

[[nodiscard]] std::string status_text(int status) {
    if (WIFEXITED(status)) return "exited with status " + std::to_string(WEXITSTATUS(status));
    return std::string("was killed by signal ") + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
}

int run(run_options const& options) {
    if (!options.file.empty()) ::setenv("LOG_FILE", options.file.c_str(), 1);
    if (!options.level.empty()) ::setenv("LOG_LEVEL", options.level.c_str(), 1);
    ::setenv("LOG_FILE", "run.log", 0);
    ::setenv("LOG_CONSOLE", "off", 1);  // shown from here
    const std::string path = std::getenv("LOG_FILE");
    if (path.empty()) throw usage_error("LOG_FILE is empty, so there is no log; set it, or use --file");
    struct stat before {};
    follow_point point{path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC), 0};
    if (point.fd >= 0 && ::fstat(point.fd, &before) == 0)
        point.offset = logkit::detail::line_start_before(point.fd, static_cast<std::uint64_t>(before.st_size));
    follower log(std::move(point));
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::int64_t started = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;

    const pid_t child = start(options.command);
    if (child < 0) return child == -ENOENT ? 127 : 126;
    child_id = static_cast<std::sig_atomic_t>(child);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, pass_on);
    const bool has_colour =
        screen().has_colour() || (::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr);
    pretty_printer printer(has_colour);
    // The program has standard output for itself.
    const auto show = [&](logkit::entry const& e) {
        std::string text;
        printer.print(text, e);
        if (!options.is_quiet) std::fwrite(text.data(), 1, text.size(), stderr);
    };
    int status = 0;
    while (true) {
        const pid_t done = ::waitpid(child, &status, WNOHANG);
        if (done == child || (done < 0 && errno != EINTR)) break;
        log.read(show);
        const timespec moment{0, 50'000'000};
        ::nanosleep(&moment, nullptr);
    }
    child_id = 0;
    const auto recovered = recover(path);
    log.finish(show);
    if (recovered.records != 0 || recovered.spans != 0)
        say(std::to_string(recovered.records) + " records of the dead process were recovered, " +
            std::to_string(recovered.spans) + " open spans ended");
    say(harmless(options.command.front()) + ' ' + status_text(status));
    logkit::query since;
    since.require_time(started - 1'000'000, std::nullopt);
    scan_report scanned;
    if (::access(path.c_str(), R_OK) == 0) {
        const std::vector<logkit::log_file> files = logkit::open_logs(logkit::rotated_set(path));
        const digest made = make_digest(source_of(files, since), options.max_tokens, scanned);
        if (options.wants_digest || made.failures != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            std::fwrite(made.text.data(), 1, made.text.size(), stderr);
    } else {
        say("it wrote no log to " + harmless(path));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

void add_run(CLI::App& app, int& status) {
    auto options = std::make_shared<run_options>();
    CLI::App& command =
        *app.add_subcommand("run", "Run a program, show its log as it goes, and in the end what failed");
    command.add_option("--file", options->file, "Its log (LOG_FILE, or run.log)")->option_text("FILE");
    command.add_option("-l,--level", options->level, "Its LOG_LEVEL")->option_text("LEVEL");
    command.add_option("-m,--max-tokens", options->max_tokens, "The digest's budget (1000)")
        ->check(CLI::Range(least_digest_tokens, std::size_t{1'000'000}))
        ->option_text("N");
    command.add_flag("-q,--quiet", options->is_quiet, "Only the end");
    command.add_flag("--digest", options->wants_digest, "A digest also when all went well");
    command.add_option("command", options->command, "The program and its arguments, behind --")
        ->required()
        ->option_text("-- CMD...");
    command.footer(
        "The program keeps standard input and output; its log and the digest go to standard error. If it dies, what it "
        "had\n"
        "accepted and not written is recovered from its journal first. Signals are passed on to it.\n\n"
        "Examples:\n"
        "  logkit run -- ./shop --port 8080\n"
        "  logkit run -q --file ci.log -- ctest\n"
        "Exit status: the program's; 128 and its number for a signal; 126, 127 if it could not be run.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
