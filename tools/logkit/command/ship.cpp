// SPDX-License-Identifier: MIT
// `logkit ship`: the lines of logs, ours and others', to a logkit server, each exactly once (docs/shipping.md).
#include "command/ship.hpp"

#include "command/commands.hpp"
#include "command/ship_status.hpp"
#include "input/options.hpp"
#include "screen/terminal.hpp"

#include <logkit.hpp>
#include <logkit/control/recovery.hpp>
#include <logkit/render/timestamp.hpp>
#include <logkit/ship/curl_transport.hpp>
#include <logkit/ship/machine.hpp>
#include <logkit/ship/service.hpp>
#include <logkit/ship/shipper.hpp>

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>

namespace tool {

namespace lk = logkit::detail;

void hide_credentials(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const std::size_t scheme = word.find("://");
        if (scheme == word.npos) continue;
        const std::size_t end = std::min(word.find_first_of("/?#", scheme + 3), word.size());
        const std::size_t at = word.substr(0, end).rfind('@');
        if (at != word.npos && at > scheme) std::fill(argv[i] + scheme + 3, argv[i] + at, '*');
    }
}

namespace {

// As sysexits.h has them; docs/shipping.md lists them.
namespace ship_exit {
constexpr int done = 0, unreadable = 66, refused = 73, later = 75, held = 77;
}

struct ship_options {
    std::vector<std::string> logs;
    std::string url, name, rotated, compression, format;
    bool is_once = false, is_followed = false, wants_status = false, wants_json = false, is_unredacted = false;
};

// Ends all that waits, when the process is told to end.
class ending {
  public:
    explicit ending(lk::transport& network) : network_(network), woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        const sigset_t signals = those_that_end();
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        waiting_ = std::thread(&ending::wait_for_signal, this);
    }
    ending(ending const&) = delete;
    ending& operator=(ending const&) = delete;
    ~ending() {
        (void)::pthread_kill(waiting_.native_handle(), SIGTERM);  // to that thread, if it still waits
        waiting_.join();
    }
    [[nodiscard]] bool has_come() const noexcept { return has_come_.load(); }
    void wait(std::uint64_t ns) const noexcept {
        pollfd woken{woken_.get(), POLLIN, 0};
        const timespec most{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
        (void)::ppoll(&woken, 1, &most, nullptr);
    }

  private:
    [[nodiscard]] static sigset_t those_that_end() noexcept {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
        return signals;
    }
    void wait_for_signal() {
        const sigset_t signals = those_that_end();
        int number = 0;
        while (sigwait(&signals, &number) != 0) {
        }
        has_come_.store(true);
        network_.stop();
        const std::uint64_t one = 1;
        (void)!::write(woken_.get(), &one, sizeof one);
    }
    lk::transport& network_;
    lk::descriptor woken_;
    std::atomic<bool> has_come_{false};
    std::thread waiting_;
};

// The journals of dead writers, as the next process that logs there would write them. Only where that is ours to do.
void recover_writers(std::string const& log) {
    if (::access(log.c_str(), W_OK) != 0) return;
    lk::known_formatter.store(&lk::format_event);
    lk::recovery_target target;
    target.folders = lk::journals_of(log).folders;
    for (std::string const& name : std::set<std::string>{log, lk::file_of_log(log)}) {
        target.file.path = name;
        try {
            (void)lk::recover_journals(target);
        } catch (std::exception const&) {  // no memory: the next time
        }
    }
}

[[nodiscard]] logkit::ship::settings settings_of(ship_options const& options) {
    logkit::ship::settings s = logkit::ship::settings::from_environment();
    if (!options.url.empty()) s.url = options.url;
    if (!options.name.empty()) s.name = options.name;
    if (!options.format.empty()) s.format = options.format;
    if (!options.compression.empty()) s.compression = lk::parse_ship_compression("--compression", options.compression);
    if (s.url.empty()) throw usage_error("where to? Give --to URL, or set LOG_SHIP; such as http://127.0.0.1:3000");
    lk::check_ship_settings(s);
    return s;
}

// Absolute, each once; what a shell's pattern has found besides (cursors, locks, rotated files) is none of them.
[[nodiscard]] std::vector<std::string> logs_of(std::vector<std::string> const& words, std::string const& rotated) {
    std::vector<std::string> logs;
    for (std::string const& word : words) {
        std::vector<std::string> paths{word};
        if (::access(word.c_str(), F_OK) != 0)
            if (std::vector<std::string> found = logkit::matching_paths(word); !found.empty()) paths = std::move(found);
        for (std::string const& path : paths) {
            if (lk::is_beside_log(path)) continue;
            struct stat status {};
            if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
                throw usage_error("\"" + path + "\" is a folder; name logs, or a pattern such as '" + path + "/*.log'");
            std::string whole = std::filesystem::absolute(path).lexically_normal().string();
            const auto same = std::find_if(logs.begin(), logs.end(), [&](std::string const& log) {
                std::error_code error;
                return log == whole || std::filesystem::equivalent(log, whole, error);
            });
            if (same == logs.end()) {
                logs.push_back(std::move(whole));
            } else if (*same != whole) {  // the file's own name counts, not that of a link to it
                if (std::filesystem::is_symlink(*same)) std::swap(*same, whole);
                say(harmless("\"" + whole + "\" is \"" + *same + "\" under another name, and is shipped once"));
            }
        }
    }
    std::set<std::string> others;
    for (std::string const& log : logs)
        for (lk::found_file const& file : lk::files_of_shipped_log(log, rotated, lk::journals_of(log).is_ours))
            if (file.path != lk::file_of_log(log) && file.path != log) others.insert(file.path);
    std::erase_if(logs, [&](std::string const& log) { return others.contains(log); });
    return logs;
}

void make_room_for_descriptors(std::size_t logs) {
    const std::size_t needed = logs + 32;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, needed);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < needed)
        throw usage_error(std::to_string(logs) + " logs need " + std::to_string(needed) +
                          " open files (one lock each), and " + std::to_string(limit.rlim_max) +
                          " are allowed: raise `ulimit -n`, or LimitNOFILE= of the unit");
}

class ship_run {
  public:
    ship_run(ship_options const& options, logkit::ship::settings const& s, std::vector<std::string> const& logs)
        : is_once_(options.is_once),
          settings_(s),
          address_(lk::parse_ship_address("--to", s.url)),
          network_(s.http_timeout, address_.credentials),
          ending_(network_),
          is_terminal_(::isatty(STDERR_FILENO) == 1) {
        for (std::string const& log : logs) {
            lk::shipper_edges edges{
                network_,
                [] { return lk::clock_ns(CLOCK_BOOTTIME); },
                [this] { return ids_.next(); },
                [] { return lk::timestamp_text(static_cast<std::int64_t>(lk::clock_ns(CLOCK_REALTIME))); },
                [this](logkit::level, std::string const& of, std::string const& text) { tell(of, text); },
                &recover_writers,
                &lk::redaction_of_environment(),
                !options.is_unredacted,
                machine_};
            jobs_.push_back(std::make_unique<job>(log, options.rotated, s, address_, std::move(edges), !is_once_));
        }
    }

    int run() {
        started_ns_ = lk::clock_ns(CLOCK_BOOTTIME);
        while (!ending_.has_come()) {
            std::uint64_t next = UINT64_MAX;
            bool is_any_left = false;
            for (auto& one : jobs_) {
                if (one->is_over) continue;
                next = std::min(next, one->ship.step());
                if (is_over(*one)) {
                    one->is_over = true;
                    one->ship.finish();
                } else {
                    is_any_left = true;
                }
                if (ending_.has_come()) break;
            }
            show_progress();
            if (!is_any_left && !ending_.has_come()) break;
            const std::uint64_t now = lk::clock_ns(CLOCK_BOOTTIME);
            if (next > now) ending_.wait(std::min<std::uint64_t>(next - now, 1'000'000'000));
        }
        for (auto& one : jobs_)
            if (!one->is_over) one->ship.finish();
        end_progress();
        return result();
    }

  private:
    struct job {
        lk::shipper ship;
        std::optional<lk::log_cursor::milestone> goal{};
        std::uint64_t stuck_since_ns = 0, their_position = 0;
        int code = ship_exit::done;
        bool is_over = false, is_holder_said = false;

        job(std::string const& log, std::string const& rotated, logkit::ship::settings const& s,
            lk::ship_address const& address, lk::shipper_edges edges, bool is_followed)
            : ship(log, rotated, s, address, std::move(edges), is_followed) {}
    };

    // Is there nothing more to do for that log? Its exit code is set then.
    [[nodiscard]] bool is_over(job& one) {
        using state = lk::shipper::state;
        const state now = one.ship.now();
        const auto end_with = [&](int code) {
            one.code = code;
            return true;
        };
        if (now == state::refused) return end_with(ship_exit::refused);
        if (now == state::taken) return is_over_for_others(one);
        if (!is_once_) return false;
        if (now == state::idle) return true;
        if (now == state::absent) {
            tell(one.ship.path(), "there is no such log");
            return end_with(ship_exit::unreadable);
        }
        if (now == state::unreadable) return end_with(ship_exit::unreadable);
        if (now == state::held) return end_with(ship_exit::held);
        if (one.ship.failures_in_a_row() >= settings_.max_retries) return end_with(ship_exit::later);
        if (!one.goal.has_value() && one.ship.place().has_place()) one.goal = one.ship.log().newest_end();
        if (one.goal.has_value() && one.goal->offset != 0 && one.ship.log().has_passed(*one.goal)) return true;
        return (now == state::unsure || now == state::locked) && is_stuck(one) && end_with(ship_exit::later);
    }
    // The log's lock, or an unfinished gzip, is waited for, but not for ever.
    [[nodiscard]] bool is_stuck(job& one) const {
        constexpr std::uint64_t patience_ns = 10'000'000'000, farewell_ns = 35'000'000'000;
        const bool waits_for_writer = one.ship.log().waits_for_writer();
        const std::uint64_t now = lk::clock_ns(CLOCK_BOOTTIME);
        if (one.stuck_since_ns == 0) one.stuck_since_ns = now;
        if (now - one.stuck_since_ns < (waits_for_writer ? farewell_ns : patience_ns)) return false;
        tell(one.ship.path(),
             one.ship.now() == lk::shipper::state::locked
                 ? "another process holds the log's lock; what is behind it waits"
             : waits_for_writer ? "a renamed file ends within a line, and is still written to; what is behind it waits"
                                : "where to go on is not to be found yet (" +
                                      (one.ship.log().trouble().empty() ? std::string("files come and go")
                                                                        : one.ship.log().trouble()) +
                                      ")");
        return true;
    }
    // Another shipper has the cursor: --once waits for it.
    [[nodiscard]] bool is_over_for_others(job& one) {
        if (!std::exchange(one.is_holder_said, true) && !is_once_)
            tell(one.ship.path(), "process " + std::to_string(one.ship.holder()) + " ships this log already");
        if (!is_once_) {
            one.code = ship_exit::later;
            return true;
        }
        lk::cursor theirs;
        const bool is_known = one.ship.file().load(theirs) == lk::cursor_state::good;
        const std::uint64_t now = lk::clock_ns(CLOCK_BOOTTIME), position = theirs.position;
        const std::string error = theirs.error;
        if (!one.goal.has_value() && is_known) {
            lk::log_cursor there(one.ship.path(), "", false);
            there.resume(std::move(theirs), machine_);
            const auto looked = there.look(now);
            if (looked == lk::log_cursor::look_result::absent) {
                tell(one.ship.path(), "there is no such log");
                one.code = ship_exit::unreadable;
                return true;
            }
            if (looked == lk::log_cursor::look_result::good) one.goal = there.newest_end();
        }
        if (one.goal.has_value() && lk::others_have_passed(one.ship.file(), one.ship.path(), *one.goal)) return true;
        // It goes on, or it is not waited for without end.
        constexpr std::uint64_t patience_ns = 30'000'000'000;
        if (one.stuck_since_ns == 0 || one.their_position != position) one.stuck_since_ns = now;
        one.their_position = position;
        if (now - one.stuck_since_ns < patience_ns) return false;
        tell(one.ship.path(), "process " + std::to_string(one.ship.holder()) + " ships this log, and does not get on" +
                                  (error.empty() ? "" : ": " + error));
        one.code = ship_exit::later;
        return true;
    }

    [[nodiscard]] int result() const {
        int code = ship_exit::done;
        for (auto const& one : jobs_) code = std::max(code, one->code);
        return code;
    }

    void tell(std::string const& log, std::string const& text) const {
        end_progress();
        say(harmless(log + ": " + text));
    }
    void show_progress() {
        if (!is_terminal_) return;
        const std::uint64_t now = lk::clock_ns(CLOCK_BOOTTIME);
        if (now - shown_ns_ < 200'000'000) return;
        shown_ns_ = now;
        std::uint64_t records = 0, bytes = 0, behind = 0;
        for (auto const& one : jobs_) {
            records += one->ship.counts().records;
            bytes += one->ship.counts().bytes;
            behind += one->ship.lag();
        }
        const double seconds = static_cast<double>(now - started_ns_) / 1e9;
        const auto mb = [](std::uint64_t n) { return static_cast<double>(n) / 1e6; };
        std::fprintf(stderr, "\r%s records, %.1f MB shipped (%.1f MB/s), %.1f MB behind\x1b[K",
                     grouped(records).c_str(), mb(bytes), mb(bytes) / std::max(seconds, 0.001), mb(behind));
        is_line_open_ = true;
    }
    void end_progress() const {
        if (std::exchange(is_line_open_, false)) std::fputs("\n", stderr);
    }

    bool is_once_;
    logkit::ship::settings settings_;
    lk::ship_address address_;
    lk::id_generator ids_{};
    std::string machine_ = lk::machine_name();
    lk::curl_transport network_;
    ending ending_;
    std::vector<std::unique_ptr<job>> jobs_{};
    std::uint64_t started_ns_ = 0, shown_ns_ = 0;
    bool is_terminal_;
    mutable bool is_line_open_ = false;
};

int run(ship_options const& options) {
    const std::vector<std::string> logs = logs_of(options.logs, options.rotated);
    if (logs.empty()) throw usage_error("none of these is a log");
    if (options.wants_status) return show_status(logs, options.name, options.wants_json);
    if (options.is_once && options.is_followed) throw usage_error("--once and --follow exclude each other");
    const logkit::ship::settings s = settings_of(options);
    make_room_for_descriptors(logs.size());
    return ship_run(options, s, logs).run();
}

}  // namespace

void add_ship(CLI::App& app, int& status) {
    auto options = std::make_shared<ship_options>();
    CLI::App& command = *app.add_subcommand("ship", "Send the lines of logs to a logkit server, each exactly once");
    command
        .add_option("logs", options->logs,
                    "Logs, of any program that writes JSON lines; with the files they were rotated to")
        ->required()
        ->option_text("LOG...");
    command.add_option("--to", options->url, "The server: http(s)://host:port[/path]; else LOG_SHIP")
        ->option_text("URL");
    command.add_flag("--follow", options->is_followed,
                     "Go on when all is shipped, and wait for logs that are not there (default)");
    command.add_flag("--once", options->is_once, "End when what is there now has been shipped");
    command.add_flag("--status", options->wants_status, "Only tell how far shipping is");
    command.add_flag("--json", options->wants_json, "With --status: one JSON object a log (logkit schema ship)");
    command.add_option("--name", options->name, "Of a further destination, which has a cursor of its own")
        ->option_text("NAME");
    command
        .add_option("--rotated", options->rotated,
                    "A pattern of the files that the log is rotated to, where their names do not begin with its name")
        ->option_text("GLOB");
    command.add_option("--compression", options->compression, "zstd (default), gzip, none")->option_text("HOW");
    command.add_option("--format", options->format, "logkit (default, and the only one of this version)")
        ->option_text("FORMAT");
    command.add_flag("--no-redact", options->is_unredacted,
                     "Send lines as they are; by default secrets in them are masked (docs/redaction.md)");
    command.footer(
        "The log itself is the queue: how far it is shipped stands in LOG.cursor beside it. Kill this, the program or "
        "the "
        "server at any\n"
        "moment; no line is lost or sent twice. A key is read from LOG_SHIP_KEY. docs/shipping.md tells the rest.\n\n"
        "Examples:\n"
        "  logkit ship run.log --to http://127.0.0.1:3000\n"
        "  LOG_SHIP_KEY=lk_… logkit ship /var/log/app/*.log --once --to https://logs.example.com\n"
        "  logkit ship run.log --status\n"
        "Exit status: 0 all is shipped, or it was told to end; 2 wrong usage; 66 a log cannot be read; 73 a cursor "
        "cannot "
        "be written;\n"
        "75 the server is away, or another process ships the log; 77 the server refuses (key, path).");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
