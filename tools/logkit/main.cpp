// SPDX-License-Identifier: MIT
// The `logkit` command.
#include "commands.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
    using namespace tool;
    CLI::App app{"Reads logs: those of logkit, and JSON lines of other loggers.", "logkit"};
    app.set_version_flag("--version", "logkit " + version_text());
    app.require_subcommand(1);
    app.fallthrough();
    app.get_formatter()->column_width(34);
    std::string colour = "auto";
    app.add_option("--color", colour, "auto (default; NO_COLOR and FORCE_COLOR count), always, never")
        ->option_text("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    app.footer("`logkit COMMAND --help` has examples. Without a file, run.log is read, with the files that it was rotated to.");
    int status = 0;
    app.parse_complete_callback([&] { screen().choose_colour(colour); });
    for (auto* add : {add_show, add_tail, add_errors, add_trace, add_stats, add_diff, add_digest, add_verify, add_recover,
                      add_export, add_schema, add_completions, add_mcp, add_run})
        add(app, status);
    if (argc == 1) {
        std::fputs(app.help().c_str(), stderr);
        return exit_code::usage;
    }
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]).starts_with("-")) {
            if (std::string_view(argv[i]) == "--color") ++i;
            continue;
        }
        if (!app.get_subcommands([&](CLI::App const* command) { return command->get_name() == argv[i]; }).empty()) break;
        say("there is no command '" + harmless(argv[i]) + "'; logkit --help lists them");
        return exit_code::usage;
    }
    // CLI11 takes "[a,b]" for a list of values, which no word of ours is: such words are marked (options.hpp).
    std::vector<std::string> words;
    for (int i = argc - 1; i > 0; --i) words.push_back((*argv[i] == '[' ? std::string(1, word_mark) : "") + argv[i]);
    try {
        app.parse(words);
    } catch (CLI::Success const& e) {  // --help, --version
        return app.exit(e);
    } catch (CLI::ParseError const& e) {
        say(harmless(e.what()) + "; --help tells more");
        return exit_code::usage;
    } catch (std::invalid_argument const& e) {
        say(harmless(e.what()));
        return exit_code::usage;
    } catch (std::exception const& e) {  // log_file_error, mostly
        say(harmless(e.what()));
        return exit_code::unreadable;
    }
    return status;
}
