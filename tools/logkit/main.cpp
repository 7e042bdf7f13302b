// SPDX-License-Identifier: MIT
// The `logkit` command.
#include "command/commands.hpp"
#include "command/ship.hpp"
#include "input/names.hpp"
#include "input/options.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

// CLI11 takes "[a,b]" for a list of values, which no word of ours is. So what begins with '[' is marked before it sees
// it, and every option takes the mark away again.
constexpr char mark = '\x01';

// The last word first, as CLI::App::parse wants them.
[[nodiscard]] std::vector<std::string> marked_words(int argc, char** argv) {
    std::vector<std::string> words;
    for (int i = argc - 1; i > 0; --i) {
        std::string& word = words.emplace_back(argv[i]);
        const std::size_t value = word.starts_with("--") ? word.find('=') + 1 : 0;  // npos + 1 is 0
        if (word.compare(value, 1, "[") == 0) word.insert(value, 1, mark);
    }
    return words;
}

void take_marks_away(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        option->transform([](std::string word) { return word.starts_with(mark) ? word.substr(1) : word; });
    for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) take_marks_away(*command);
}

// Descriptions beside their options, as wide as the screen.
class help_formatter final : public CLI::Formatter {
  public:
    help_formatter() { column_width(description_column); }
    std::string make_option(CLI::Option const* option, bool is_positional) const override {
        return tool::screen().fit(CLI::Formatter::make_option(option, is_positional), description_column - 2);
    }

  private:
    static constexpr std::size_t description_column = 34;
};

}  // namespace

int main(int argc, char** argv) {
    using namespace tool;
    if (argc > 1 && std::string_view(argv[1]) == "serve") return become_server(argv + 1);
    CLI::App app{"Reads logs: those of logkit, and JSON lines of other loggers.", "logkit"};
    app.set_version_flag("--version", "logkit " + version_text());
    app.require_subcommand(1);
    app.fallthrough();
    app.formatter(std::make_shared<help_formatter>());
    std::string colour = "auto";
    app.add_option("--color", colour, "auto (default; NO_COLOR and FORCE_COLOR count), always, never")
        ->option_text("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    bool is_utc = false;
    app.add_flag("--utc", is_utc, "Times are read and shown in UTC, not in the zone of this machine");
    app.footer(
        "`logkit COMMAND --help` has examples. Without a file, run.log is read, with the files that it was rotated "
        "to.");
    int status = 0;
    std::vector<std::string> maps;
    add_map_to(app, maps);
    app.parse_complete_callback([&] {
        screen().choose_colour(colour);
        if (is_utc) {
            ::setenv("TZ", "UTC", 1);
            ::tzset();
        }
        take_names(maps);
    });
    for (auto* add : {add_show,   add_tail,        add_errors, add_trace,  add_count,   add_top,    add_fields,
                      add_stats,  add_diff,        add_digest, add_verify, add_recover, add_redact, add_export,
                      add_schema, add_completions, add_mcp,    add_run,    add_ship,    add_serve})
        add(app, status);
    if (argc == 1) {
        std::fputs(app.help().c_str(), stderr);
        return exit_code::usage;
    }
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]).starts_with("-")) {
            if (std::string_view(argv[i]) == "--color" || std::string_view(argv[i]) == "--map") ++i;
            continue;
        }
        if (!app.get_subcommands([&](CLI::App const* command) { return command->get_name() == argv[i]; }).empty())
            break;
        std::vector<std::string> names;
        for (CLI::App const* command : app.get_subcommands([](CLI::App*) { return true; }))
            names.push_back(command->get_name());
        const std::string suggestion = suggestion_for(argv[i], names);
        say("there is no command '" + harmless(argv[i]) + "'; " + suggestion + (suggestion.empty() ? "" : " ") +
            "logkit --help lists them");
        return exit_code::usage;
    }
    take_marks_away(app);
    try {
        std::vector<std::string> words = marked_words(argc, argv);
        hide_credentials(argc, argv);
        app.parse(std::move(words));
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
