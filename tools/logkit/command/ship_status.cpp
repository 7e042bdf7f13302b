// SPDX-License-Identifier: MIT
// `logkit ship --status`
#include "command/ship_status.hpp"

#include "input/options.hpp"
#include "screen/terminal.hpp"

#include <logkit/reader.hpp>
#include <logkit/ship/cursor_file.hpp>
#include <logkit/ship/log_cursor.hpp>

#include <sys/statvfs.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>

namespace tool {
namespace {

namespace lk = logkit::detail;

struct ship_lag {
    std::uint64_t bytes = 0, records = 0;
    std::optional<double> seconds{};  // the age of the oldest record that is not shipped
};

[[nodiscard]] std::optional<double> age_of(std::string_view line) {
    std::string padded(line.substr(0, line.find('\n')));
    const std::size_t size = padded.size();
    padded.append(lk::line_padding, ' ');
    std::optional<double> age;
    logkit::record_reader reader;
    logkit::query everything;
    reader.read({padded.data(), size}, everything, [&](logkit::entry const& e, std::size_t) {
        if (const auto time = e.unix_ns(); time.has_value() && !age.has_value())
            age = (static_cast<double>(lk::clock_ns(CLOCK_REALTIME)) - static_cast<double>(*time)) / 1e9;
    });
    return age;
}

// By reading what is left, as the shipper would.
[[nodiscard]] ship_lag lag_of(std::string const& log, lk::cursor kept) {
    ship_lag lag;
    lk::log_cursor there(log, "", false);
    const std::string machine = kept.machine;
    there.resume(std::move(kept), machine);
    for (int tries = 0; tries < 3; ++tries) {
        const auto looked = there.look(lk::clock_ns(CLOCK_BOOTTIME));
        if (looked == lk::log_cursor::look_result::absent || looked == lk::log_cursor::look_result::unreadable)
            return lag;
        if (looked == lk::log_cursor::look_result::unsure) {
            ::sleep(1);
            continue;
        }
        while (auto batch = there.next({}, 0)) {
            if (batch->records != 0 && !lag.seconds.has_value()) lag.seconds = age_of(batch->body());
            lag.bytes += batch->end - batch->begin;
            lag.records += batch->records;
            there.set_aside(*batch);
        }
        if (!there.must_look_again()) break;
    }
    return lag;
}

// Why a cursor could not be written now; "" if nothing speaks against it.
[[nodiscard]] std::string obstacle_to(std::string const& cursor_path) {
    const std::size_t slash = cursor_path.rfind('/');
    const std::string folder = slash == cursor_path.npos ? "." : cursor_path.substr(0, slash + 1);
    struct statvfs space {};
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return std::strerror(errno);
    if (::statvfs(folder.c_str(), &space) == 0 && space.f_bavail == 0) return std::strerror(ENOSPC);
    return {};
}

[[nodiscard]] pid_t holder_of(std::string const& cursor_path) {
    const lk::descriptor file = lk::open_file((cursor_path + ".lock").c_str(), O_RDONLY | O_NOFOLLOW);
    struct flock whole {};
    whole.l_type = F_RDLCK;
    if (!file.is_open() || ::fcntl(file.get(), F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) return 0;
    return whole.l_pid;
}

[[nodiscard]] json text_or_null(std::string const& text) {
    return text.empty() ? json() : json(text);
}

}  // namespace

int show_status(std::vector<std::string> const& logs, std::string const& name, bool wants_json) {
    int code = exit_code::found;
    for (std::string const& log : logs) {
        const lk::cursor_file file(log, name);
        lk::cursor kept;
        const lk::cursor_state state = file.load(kept);
        if (state != lk::cursor_state::good) {
            const char* const why = state == lk::cursor_state::absent    ? "was never shipped"
                                    : state == lk::cursor_state::damaged ? "has a damaged cursor"
                                    : state == lk::cursor_state::unreadable
                                        ? "has a cursor that cannot be read"
                                        : "has a cursor of another version of logkit";
            code = exit_code::nothing;
            if (wants_json)
                print_json({{"log", log}, {"error", why}});
            else
                screen().write(harmless(log) + ' ' + why + '\n');
            continue;
        }
        const pid_t shipper = holder_of(file.path());
        const std::string obstacle = obstacle_to(file.path());
        const ship_lag lag = lag_of(log, kept);
        if (wants_json) {
            print_json({{"log", log},
                        {"stream", kept.stream},
                        {"position", kept.position},
                        {"lag_bytes", lag.bytes},
                        {"lag_records", lag.records},
                        {"lag_seconds", lag.seconds.has_value() ? json(*lag.seconds) : json()},
                        {"last_answer", text_or_null(kept.answer)},
                        {"last_error", text_or_null(kept.error)},
                        {"cursor_problem", text_or_null(obstacle)},
                        {"shipper_pid", shipper == 0 ? json() : json(shipper)}});
            continue;
        }
        std::string text = screen().paint(style::bold, harmless(log)) + '\n';
        const auto line = [&](std::string_view what, std::string const& value) {
            text += "  " + screen().paint(style::dim, padded(what, 12)) + value + '\n';
        };
        line("position", grouped(kept.position) + " bytes of stream " + kept.stream);
        std::string behind = lag.records == 0 ? screen().paint(style::green, "nothing: all is shipped")
                                              : grouped(lag.records) + " records, " + grouped(lag.bytes) + " bytes";
        if (lag.seconds.has_value())
            behind +=
                ", the oldest from " + grouped(static_cast<std::uint64_t>(std::max(0.0, *lag.seconds))) + " s ago";
        line("behind", behind);
        line("last answer", kept.answer.empty() ? "none yet" : harmless(kept.answer));
        if (!kept.error.empty()) line("last error", screen().paint(style::red, harmless(kept.error)));
        if (!obstacle.empty()) line("cursor", screen().paint(style::red, "cannot be written: " + obstacle));
        line("shipper", shipper == 0 ? "none is running" : "process " + std::to_string(shipper));
        screen().write(text);
    }
    return code;
}

}  // namespace tool
