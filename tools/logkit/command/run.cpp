// SPDX-License-Identifier: MIT
// `logkit run`: a program, its log as it goes, and what failed in the end.
#include "command/commands.hpp"
#include "command/recover.hpp"
#include "input/follow.hpp"
#include "insight/digest.hpp"
#include "screen/pretty.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
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

// What the program writes to one of its own streams: passed on at once, and kept to be read at the end.
class captured_stream {
  public:
    explicit captured_stream(int to) : to_(to) {
        int ends[2];
        kept_ = logkit::detail::descriptor(::memfd_create("logkit-run", MFD_CLOEXEC));
        if (kept_.get() < 0 || ::pipe2(ends, O_CLOEXEC) != 0) return;
        from_ = logkit::detail::descriptor(ends[0]);
        program_end_ = logkit::detail::descriptor(ends[1]);
        ::fcntl(from_.get(), F_SETFL, O_NONBLOCK);
    }
    // -1: there is no room for it; the program has our own stream then.
    [[nodiscard]] int program_end() const noexcept { return program_end_.get(); }
    void program_has_begun() noexcept { program_end_ = {}; }
    [[nodiscard]] pollfd source() const noexcept { return {from_.get(), POLLIN, 0}; }

    // What has come, as far as it is not more than 4 MiB: there is other work to do.
    void pass_on() {
        char bytes[65536];
        for (int reads = 0; from_.get() >= 0 && reads < 64; ++reads) {
            const ssize_t n = ::read(from_.get(), bytes, sizeof bytes);
            if (n < 0) return;
            const std::string_view text(bytes, static_cast<std::size_t>(n));
            if (size_ < most_kept) (void)write_all(kept_.get(), text);
            size_ += text.size();
            // The end; or nobody reads it any more, which the program learns as it would without us.
            if (n == 0 || !write_all(to_, text)) from_ = {};
        }
    }
    [[nodiscard]] bool is_cut() const noexcept { return size_ > most_kept; }
    // As a file that can be opened.
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(kept_.get()); }
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }

  private:
    static constexpr std::uint64_t most_kept = std::uint64_t{256} << 20;

    [[nodiscard]] static bool write_all(int to, std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::write(to, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) {
                pollfd waiting{to, POLLOUT, 0};
                ::poll(&waiting, 1, 100);
                continue;
            }
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    int to_;
    logkit::detail::descriptor from_, program_end_, kept_;
    std::uint64_t size_ = 0;
};

// Its process id; minus the error where it cannot be run.
[[nodiscard]] pid_t start(std::vector<std::string> const& command, captured_stream* output, captured_stream& errors) {
    std::vector<char*> raw;
    for (std::string const& word : command) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (output != nullptr && output->program_end() >= 0)
        ::posix_spawn_file_actions_adddup2(&actions, output->program_end(), STDOUT_FILENO);
    if (errors.program_end() >= 0) ::posix_spawn_file_actions_adddup2(&actions, errors.program_end(), STDERR_FILENO);
    // It ends as it would without us when nobody reads what it writes.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, raw.front(), &actions, &attributes, raw.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (output != nullptr) output->program_has_begun();
    errors.program_has_begun();
    if (error != 0) {
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

    // A program that talks to a person at a terminal keeps its standard output: it behaves otherwise on a pipe.
    const bool is_interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    captured_stream output(STDOUT_FILENO), errors(STDERR_FILENO);
    std::signal(SIGPIPE, SIG_IGN);
    const pid_t child = start(options.command, is_interactive ? nullptr : &output, errors);
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
        output.pass_on();
        errors.pass_on();
        if (done == child || (done < 0 && errno != EINTR)) break;
        log.read(show);
        std::array<pollfd, 2> sources{output.source(), errors.source()};
        ::poll(sources.data(), sources.size(), 50);
    }
    child_id = 0;
    const auto recovered = recover(path);
    log.finish(show);
    if (recovered.records != 0 || recovered.spans != 0)
        say(std::to_string(recovered.records) + " records of the dead process were recovered, " +
            std::to_string(recovered.spans) + " open spans ended");
    say(harmless(options.command.front()) + ' ' + status_text(status));
    logkit::query since;
    since.require_time(started - 1'000'000, std::nullopt, logkit::without_time::is_in);
    std::vector<std::string> names;
    if (::access(path.c_str(), R_OK) == 0) names = logkit::rotated_set(path);
    const bool has_log = !names.empty();
    for (captured_stream const* stream : {&output, &errors}) {
        if (!stream->is_empty()) names.push_back(stream->path());
        if (stream->is_cut()) say("of what it printed, the first 256 MiB are looked at");
    }
    if (!has_log) say("it wrote no log to " + harmless(path));
    if (!names.empty()) {
        std::vector<logkit::log_file> files;
        for (std::string const& name : names) files.emplace_back(name);
        scan_report scanned;
        const digest made = make_digest(source_of(files, since), options.max_tokens, scanned);
        if (options.wants_digest || made.failures != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            std::fwrite(made.text.data(), 1, made.text.size(), stderr);
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
        "What the program prints goes where it went without this, and is read in the end as well: records in JSON, "
        "panics, "
        "tracebacks.\n"
        "Its log and the digest go to standard error. If it dies, what it had accepted and not written is recovered "
        "from its journal first. Signals are passed on to it.\n\n"
        "Examples:\n"
        "  logkit run -- ./shop --port 8080\n"
        "  logkit run -q --file ci.log -- ctest\n"
        "Exit status: the program's; 128 and its number for a signal; 126, 127 if it could not be run.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
