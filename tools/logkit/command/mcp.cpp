// SPDX-License-Identifier: MIT
// `logkit mcp`: a server on standard input and output, so that an agent can ask a log.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "mcp/protocol.hpp"
#include "screen/terminal.hpp"

#include <iostream>

namespace tool {
namespace {

int run(std::vector<std::string> const& files) {
    // Without files, those of the start: a log that goes away later is an error, and never another log.
    const mcp::server server([&](mcp::rotated_files which) {
        // An agent reads the logs that it was given, and no others.
        std::vector<std::string> names = files.empty() ? default_log() : files;
        if (which == mcp::rotated_files::all)
            for (std::size_t i = names.size(); i-- > 0;)
                for (std::string const& rotated : logkit::rotated_set(names[i])) names.push_back(rotated);
        return mcp::log_view{logkit::open_logs(names), {}};
    });
    for (std::string line; std::getline(std::cin, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const json answer = server.answer_line(line);
        if (!answer.is_null()) screen().write(document_text(answer) + '\n');
    }
    return exit_code::found;
}

}  // namespace

void add_mcp(CLI::App& app, int& status) {
    auto files = std::make_shared<std::vector<std::string>>();
    CLI::App& command = *app.add_subcommand("mcp", "A Model Context Protocol server on standard input and output");
    command
        .add_option("files", *files,
                    "The logs that it answers about; by default run.log with the files it was rotated to")
        ->option_text("[FILE]...");
    command.footer(
        "Tools: digest, errors, trace, search, stats, count, fields, diff. They read the named logs and nothing "
        "else.\n\n"
        "Examples:\n"
        "  logkit mcp /var/log/shop/run.log\n"
        "  claude mcp add logs -- logkit mcp /var/log/shop/run.log\n"
        "Exit status: 0 when standard input ends, 2 wrong usage.");
    command.callback([files, &status] { status = run(*files); });
}

}  // namespace tool
