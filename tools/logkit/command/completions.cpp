// SPDX-License-Identifier: MIT
// `logkit completions` and the man page: both told by the commands themselves, so that they cannot be out of date.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "screen/terminal.hpp"

#include <algorithm>

namespace tool {
namespace {

[[nodiscard]] std::vector<CLI::App const*> commands_of(CLI::App const& app) {
    std::vector<CLI::App const*> all = app.get_subcommands([](CLI::App const*) { return true; });
    return all;
}
[[nodiscard]] std::vector<CLI::Option const*> options_of(CLI::App const& command) {
    return command.get_options([](CLI::Option const* option) { return option->nonpositional(); });
}
// "-l", "--level".
[[nodiscard]] std::vector<std::string> names_of(CLI::Option const& option) {
    std::vector<std::string> names;
    for (std::string const& name : option.get_snames()) names.push_back("-" + name);
    for (std::string const& name : option.get_lnames()) names.push_back("--" + name);
    return names;
}
[[nodiscard]] std::string all_names(CLI::App const& command) {
    std::string names;
    for (CLI::Option const* option : options_of(command))
        for (std::string const& name : names_of(*option)) names += (names.empty() ? "" : " ") + name;
    return names;
}

constexpr const char* level_words = "trace debug info warning error critical debug+ info+ warning+ error+";

// Options whose value is a key, or several.
[[nodiscard]] bool takes_keys(CLI::Option const& option) {
    return option.get_option_text().starts_with("KEY");
}

// The keys of the log that is named, or of run.log: of its last lines, so that it is quick.
constexpr const char* key_function =
    "_logkit_keys() {\n"
    "    local word log=${LOG_FILE:-run.log}\n"
    "    for word in \"$@\"; do [ -f \"$word\" ] && log=$word; done\n"
    "    tail -n 2000 -- \"$log\" 2>/dev/null | logkit fields --names - 2>/dev/null\n"
    "}\n";

[[nodiscard]] std::string bash_completion(CLI::App const& app) {
    std::string names, cases, key_options;
    for (CLI::App const* command : commands_of(app)) {
        names += (names.empty() ? "" : " ") + command->get_name();
        cases += "        " + command->get_name() + ") words='" + all_names(*command) + "' ;;\n";
        for (CLI::Option const* option : options_of(*command))
            for (std::string const& name : names_of(*option))
                if (takes_keys(*option) && (key_options + '|').find(name + '|') == std::string::npos)
                    key_options += (key_options.empty() ? "" : "|") + name;
    }
    return "# bash completion for logkit: source <(logkit completions bash)\n" + std::string(key_function) +
           "_logkit() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=''\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '" +
           names +
           " --help --version' -- \"$current\"))\n"
           "        return\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]} in\n" +
           cases +
           "    esac\n"
           "    case $before in\n"
           "        -l|--level) COMPREPLY=($(compgen -W '" +
           level_words +
           "' -- \"$current\")); return ;;\n"
           "        top|" +
           key_options +
           ") COMPREPLY=($(compgen -W \"$(_logkit_keys \"${COMP_WORDS[@]}\")\" -- \"$current\")); return ;;\n"
           "    esac\n"
           "    case $current in\n"
           "        -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
           "        '') COMPREPLY=($(compgen -f)) ;;\n"
           "        *) COMPREPLY=($(compgen -f -- \"$current\")\n"
           "                      $(compgen -S = -W \"$(_logkit_keys \"${COMP_WORDS[@]}\")\" -- \"$current\"))\n"
           "           [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null ;;\n"
           "    esac\n"
           "}\n"
           "complete -o filenames -F _logkit logkit\n";
}

[[nodiscard]] std::string escaped(std::string text, std::string_view what) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (what.find(text[i]) != std::string_view::npos) text.insert(i++, "\\");
    return text;
}
// In single quotes of a shell.
[[nodiscard]] std::string shell_quoted(std::string const& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + '\'';
}

// What follows an option in zsh's and in fish's words.
[[nodiscard]] std::string zsh_value(CLI::Option const& option) {
    if (option.get_expected_min() == 0) return {};
    if (option.get_lnames() == std::vector<std::string>{"level"}) return ":level:(" + std::string(level_words) + ')';
    return takes_keys(option) ? ":key:($(_logkit_keys $words))" : ":value:";
}
[[nodiscard]] std::string fish_value(CLI::Option const& option) {
    if (option.get_expected_min() == 0) return {};
    if (option.get_lnames() == std::vector<std::string>{"level"}) return " -x -a '" + std::string(level_words) + '\'';
    return takes_keys(option) ? " -x -a '(tail -n 2000 -- run.log 2>/dev/null | logkit fields --names - 2>/dev/null)'"
                              : " -r";
}

[[nodiscard]] std::string zsh_completion(CLI::App const& app) {
    std::string names, cases;
    for (CLI::App const* command : commands_of(app)) {
        names += "        " + shell_quoted(command->get_name() + ':' + escaped(command->get_description(), ":")) + '\n';
        cases += "        " + command->get_name() + ")\n            _arguments '*:file:_files'";
        for (CLI::Option const* option : options_of(*command))
            for (std::string const& name : names_of(*option))
                cases += " \\\n                " + shell_quoted(name + '[' + escaped(option->get_description(), "[]:") +
                                                                ']' + zsh_value(*option));
        cases += "\n            ;;\n";
    }
    return "#compdef logkit\n"
           "# zsh completion: logkit completions zsh > a folder of $fpath/_logkit\n" +
           std::string(key_function) +
           "_logkit() {\n"
           "    local -a commands=(\n" +
           names +
           "    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    local command=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $command in\n" +
           cases +
           "    esac\n"
           "}\n"
           "_logkit \"$@\"\n";
}

[[nodiscard]] std::string fish_completion(CLI::App const& app) {
    std::string out = "# fish completion: logkit completions fish > ~/.config/fish/completions/logkit.fish\n";
    for (CLI::App const* command : commands_of(app)) {
        out += "complete -c logkit -n __fish_use_subcommand -a " + command->get_name() + " -d " +
               shell_quoted(command->get_description()) + '\n';
        for (CLI::Option const* option : options_of(*command)) {
            out += "complete -c logkit -n '__fish_seen_subcommand_from " + command->get_name() + '\'';
            for (std::string const& name : option->get_snames()) out += " -s " + name;
            for (std::string const& name : option->get_lnames()) out += " -l " + name;
            out += fish_value(*option) + " -d " + shell_quoted(option->get_description()) + '\n';
        }
    }
    return out;
}

// troff of man(7).
[[nodiscard]] std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out += std::string("\\&") + c;
        else
            out += c;
    }
    return out;
}

[[nodiscard]] std::string man_page(CLI::App const& app) {
    std::string out =
        ".TH LOGKIT 1\n.SH NAME\nlogkit \\- read structured logs\n.SH SYNOPSIS\n.B logkit\n.I COMMAND\n[options] "
        "[FILE|FILTER]...\n.SH DESCRIPTION\n" +
        roff(app.get_description()) + '\n' + roff(app.get_footer()) + '\n';
    const auto add_options = [&](CLI::App const& command) {
        for (CLI::Option const* option : command.get_options([](CLI::Option const*) { return true; })) {
            std::string names;
            for (std::string const& name : names_of(*option)) names += (names.empty() ? "" : ", ") + name;
            const std::string value = option->get_option_text();
            out += ".TP\n.B " + roff(names.empty() ? value : names + (value.empty() ? "" : " " + value)) + '\n' +
                   roff(option->get_description()) + '\n';
        }
    };
    add_options(app);
    for (CLI::App const* command : commands_of(app)) {
        out += ".SH LOGKIT " + command->get_name() + '\n' + roff(command->get_description()) + ".\n";
        add_options(*command);
        out += ".PP\n.nf\n" + roff(command->get_footer()) + "\n.fi\n";
    }
    return out + ".SH SEE ALSO\njq(1), lnav(1)\n";
}

}  // namespace

void add_completions(CLI::App& app, int& status) {
    auto shell = std::make_shared<std::string>();
    CLI::App& command = *app.add_subcommand("completions", "A shell's completions for this command, or its man page");
    command.add_option("shell", *shell, "bash, zsh, fish, or man")
        ->required()
        ->option_text("SHELL")
        ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}));
    command.footer(
        "Examples:\n"
        "  source <(logkit completions bash)\n"
        "  logkit completions fish > ~/.config/fish/completions/logkit.fish\n"
        "  logkit completions man > ~/.local/share/man/man1/logkit.1\n"
        "Exit status: 0 they were written, 2 wrong usage.");
    command.callback([&app, shell, &status] {
        status = exit_code::found;
        screen().write(*shell == "bash"   ? bash_completion(app)
                       : *shell == "zsh"  ? zsh_completion(app)
                       : *shell == "fish" ? fish_completion(app)
                                          : man_page(app));
    });
}

}  // namespace tool
