// SPDX-License-Identifier: MIT
// `logkit digest`: a log in a few words.
#include "insight/digest.hpp"
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/answers.hpp"
#include "screen/terminal.hpp"

namespace tool {
namespace {

struct digest_options {
    input_options input;
    std::size_t max_tokens = 2000;
};

int run(digest_options const& options) {
    selection from = options.input.select(stored_part::all);
    for (logkit::log_file& file : from.files)
        if (file.path() == "-") file.make_plain();
    scan_report scanned;
    const digest made = make_digest(source_of(from), options.max_tokens, scanned);
    report(scanned);
    if (options.input.wants_json) {
        print_json(digest_answer(made, options.max_tokens));
    } else {
        screen().start_pager();
        screen().write(made.text);
    }
    return made.records == 0 ? exit_code::nothing : exit_code::found;
}

}  // namespace

void add_digest(CLI::App& app, int& status) {
    auto options = std::make_shared<digest_options>();
    CLI::App& command = *app.add_subcommand("digest", "A log told within a budget of tokens, for an AI agent");
    options->input.add_to(command);
    add_symbols_to(command);
    options->input.add_json_to(command, "One JSON object, the digest in it: logkit schema digest");
    command.add_option("-m,--max-tokens", options->max_tokens, "The budget (2000)")->option_text("N");
    command.footer(
        "Failures first, each kind with its exception and its story back through the trace; then warnings, spans, "
        "other messages;\n"
        "repeated lines once, with their number; at the end, exactly what was left out. Tokens are estimated high. "
        "Text\n"
        "from the log stands between ⟦ and ⟧, without control characters. The same log gives the same digest.\n\n"
        "Examples:\n"
        "  logkit digest\n"
        "  logkit digest --max-tokens 800 --since 1h service=shop\n"
        "Exit status: 0 there were records, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
