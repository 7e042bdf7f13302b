// SPDX-License-Identifier: MIT
// `logkit recover`: what processes that were killed had accepted and not yet written.
#include "command/recover.hpp"

#include "command/commands.hpp"
#include "input/options.hpp"
#include "screen/terminal.hpp"

#include <logkit.hpp>
#include <logkit/control/recovery.hpp>

#include <sys/stat.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <set>

namespace tool {

namespace {

// A log that is not rotated meanwhile, and where journals of it may be.
[[nodiscard]] logkit::detail::recovery_target target_of(std::string path, std::vector<std::string> folders) {
    logkit::detail::recovery_target target;
    target.file.path = std::move(path);
    target.folders = std::move(folders);
    return target;
}

}  // namespace

logkit::detail::recovery_report recover(std::string path) {
    using namespace logkit::detail;
    known_formatter.store(&format_event);
    const foreign_addresses no_symbols;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        recovery_report report;
        for (std::string const& journal : all_journals(path))
            recover_journal(journal, target_of(log_path_of(journal), {path}), report);
        return report;
    }
    const char* const chosen = std::getenv("LOG_JOURNAL");
    const std::string folder = chosen == nullptr || std::string_view(chosen) == "auto" ? "" : chosen;
    // A journal goes by the name that its process gave the log: that may have been a link.
    char resolved[PATH_MAX];
    std::set<std::string> names{std::filesystem::absolute(path).lexically_normal().string()};
    if (::realpath(path.c_str(), resolved) != nullptr) names.insert(resolved);
    recovery_report report;
    for (std::string const& name : names) {
        const recovery_report found = recover_journals(target_of(name, journal_folders(folder, name)));
        report.journals += found.journals;
        report.records += found.records;
        report.spans += found.spans;
        report.bad_journals += found.bad_journals;
    }
    return report;
}

namespace {

struct recover_options {
    std::string path;
    bool wants_json = false;
};

int run(recover_options const& options) {
    const auto report = recover(options.path);
    if (options.wants_json)
        print_json({{"journals", report.journals},
                    {"records", report.records},
                    {"spans", report.spans},
                    {"damaged", report.bad_journals}});
    else
        screen().write(std::to_string(report.journals) + " journals, " + std::to_string(report.records) +
                       " records recovered, " + std::to_string(report.spans) + " open spans ended, " +
                       std::to_string(report.bad_journals) + " journals damaged\n");
    return report.bad_journals == 0 ? 0 : 1;
}

}  // namespace

void add_recover(CLI::App& app, int& status) {
    auto options = std::make_shared<recover_options>();
    CLI::App& command =
        *app.add_subcommand("recover", "Write what processes that were killed had accepted and not yet written");
    command.add_option("path", options->path, "A log, or a folder of journals")->required()->option_text("FILE|FOLDER");
    command.add_flag("--json", options->wants_json, "One JSON object: logkit schema recover");
    command.footer(
        "For a log, from the journals of processes that logged to it (LOG_JOURNAL says where those are, if not in the "
        "usual places);\n"
        "for a folder of journals, each to its own log. Journals of living processes are left alone. A program that "
        "logs to the\n"
        "same file does this by itself when it starts.\n\n"
        "Examples:\n"
        "  logkit recover run.log\n"
        "  logkit recover /dev/shm/logkit-1000\n"
        "Exit status: 0 all is well, 1 a journal was damaged (it is kept as .bad), 2 wrong usage.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
