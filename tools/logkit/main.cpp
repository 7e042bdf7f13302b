// SPDX-License-Identifier: MIT
// The `logkit` command.
#include <logkit/control/recovery.hpp>

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <logkit.hpp>

namespace {

constexpr const char* usage =
    "usage: logkit recover FILE|FOLDER\n"
    "\n"
    "Writes what processes that were killed had accepted and not yet written: for a log FILE, from the journals of\n"
    "processes that logged to it (LOG_JOURNAL says where those are, if not in the usual places); for a FOLDER of\n"
    "journals, each to its own log. Journals of living processes are left alone. A program that logs to the same\n"
    "file does this by itself when it starts.\n"
    "\n"
    "  logkit recover run.log\n"
    "  logkit recover /dev/shm/logkit-1000\n"
    "\n"
    "Exit status: 0 all is well, 1 a journal was damaged (it is kept as .bad), 2 wrong usage.\n";

int recover(std::string path) {
    using namespace logkit::detail;
    known_formatter.store(&format_event);
    const foreign_addresses no_symbols;
    recovery_report report;
    char* const whole = ::realpath(path.c_str(), nullptr);
    if (whole != nullptr) path = whole;
    std::free(whole);
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        for (std::string const& journal : all_journals(path))
            recover_journal(journal, {log_path_of(journal), 0, 1000, {path}}, report);
    } else {
        const char* const chosen = std::getenv("LOG_JOURNAL");
        const std::string folder = chosen == nullptr || std::string_view(chosen) == "auto" ? "" : chosen;
        report = recover_journals({path, 0, 1000, journal_folders(folder, path)});
    }
    std::printf("%llu journals, %llu records recovered, %llu open spans ended, %llu journals damaged\n",
                static_cast<unsigned long long>(report.journals), static_cast<unsigned long long>(report.records),
                static_cast<unsigned long long>(report.spans), static_cast<unsigned long long>(report.bad_journals));
    return report.bad_journals == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view command = argc > 1 ? argv[1] : "";
    if (command == "--help" || command == "-h") {
        std::fputs(usage, stdout);
        return 0;
    }
    if (command == "recover" && argc == 3) return recover(argv[2]);
    std::fputs(usage, stderr);
    return 2;
}
