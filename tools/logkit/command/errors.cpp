// SPDX-License-Identifier: MIT
// `logkit errors`: what failed, each kind once.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/answers.hpp"
#include "insight/failures.hpp"
#include "insight/story.hpp"
#include "insight/text.hpp"
#include "screen/pretty.hpp"
#include "screen/terminal.hpp"

namespace tool {
namespace {

struct errors_options {
    input_options input;
    std::size_t most = 0;  // 0: all
};

void print_group(failure_group const& group) {
    terminal const& to = screen();
    std::string out = "\n" + to.paint(style::bold_red, "×" + grouped(group.count)) + "  " +
                      to.paint(style::bold, harmless(group.title())) + "  " + to.paint(style::dim, group.fingerprint) +
                      '\n';
    if (const std::string where = group.where(); !where.empty()) out += "    " + harmless(where) + '\n';
    std::string when = group.count == 1 ? clock_of(group.first) : span_of_time(group.first, group.last);
    if (const std::uint64_t traces = group.traces.estimate(); traces != 0)
        when += (when.empty() ? "" : " · ") + grouped(traces) + (traces == 1 ? " trace" : " traces") +
                " · logkit trace " + harmless(group.last_trace_id.substr(0, 12));
    if (!when.empty()) out += "    " + to.paint(style::dim, when) + '\n';
    out += "    " + to.paint(style::dim, "for example:") + '\n';
    with_entry(group.example.line, [&](logkit::entry const& e) {
        pretty_printer printer(to.has_colour());
        printer.shorten_stacks();
        printer.print(out, e);
    });
    to.write(to.fit(out, 4));
}

int run(errors_options const& options) {
    scan_report scanned;
    const selection from = options.input.select(stored_part::wanted);
    const failure_groups groups = gather_failures(source_of(from), scanned);
    std::vector<failure_group const*> sorted = groups.sorted();
    const std::size_t all = sorted.size();
    if (options.most != 0 && all > options.most) sorted.resize(options.most);
    if (options.input.wants_json) {
        print_json(errors_answer(groups, scanned, options.most));
    } else {
        screen().start_pager();
        std::string head = all == 0 ? "no failures"
                                    : grouped(groups.count()) + (groups.count() == 1 ? " failure" : " failures") +
                                          " of " + std::to_string(all) + (all == 1 ? " kind" : " kinds");
        screen().write(
            screen().paint(style::bold, head) + " in " + grouped(scanned.counts.records) +
            (scanned.counts.records == 1 ? " record" : " records") +
            (scanned.counts.texts == 0 ? "" : " and " + grouped(scanned.counts.texts) + " texts between them") + '\n');
        for (failure_group const* group : sorted) print_group(*group);
        if (sorted.size() < all)
            screen().write("\n" + std::to_string(all - sorted.size()) + " more kinds are not shown (-n)\n");
    }
    report(scanned);
    return options.input.status_of(all != 0);
}

}  // namespace

void add_errors(CLI::App& app, int& status) {
    auto options = std::make_shared<errors_options>();
    CLI::App& command = *app.add_subcommand("errors", "What failed: each kind once, with an example and its trace");
    options->input.add_to(command);
    add_symbols_to(command);
    options->input.add_json_to(command, "One JSON object: logkit schema errors");
    command.add_option("-n,--most", options->most, "Only the so many most frequent kinds")->option_text("N");
    command.footer(
        "Failures are records of level error or above and spans that failed or were aborted. Those with the same "
        "exception type\n"
        "and first own frame, or the same message and source, are one kind. An exception on its way through several "
        "spans of a\n"
        "trace counts once.\n\n"
        "Examples:\n"
        "  logkit errors\n"
        "  logkit errors --since 1h service=shop\n"
        "  logkit errors --json | jq -r '.groups[] | [.count, .title] | @tsv'\n"
        "Exit status: 0 there were failures, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
