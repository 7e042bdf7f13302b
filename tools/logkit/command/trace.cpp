// SPDX-License-Identifier: MIT
// `logkit trace`: one unit of work as a waterfall.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/story.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"
#include "screen/waterfall.hpp"

#include <algorithm>

namespace tool {
namespace {

struct trace_options {
    input_options input;
    bool wants_last_error = false, wants_slowest = false, hides_records = false;
};

int run(trace_options options) {
    // The id is the first word that is neither a file nor a filter.
    std::string id = options.input.trace;
    options.input.trace.clear();
    if (id.empty() && !options.wants_last_error && !options.wants_slowest) {
        const auto at =
            std::find_if(options.input.words.begin(), options.input.words.end(), [&](std::string const& word) {
                return (!options.input.logs.empty() || !is_file_name(word)) &&
                       word.find_first_of("=~<>") == std::string::npos;
            });
        if (at == options.input.words.end())
            throw usage_error("which trace? Give an id, or the beginning of one, --last-error or --slowest");
        id = *at;
        options.input.words.erase(at);
    }
    options.input.trace = id;  // a store need not look at others
    selection from = options.input.select(stored_part::trace);
    if (id.empty()) make_plain(from.files);  // to be read twice
    if (options.wants_last_error) id = last_failed_trace(source_of(from));
    if (options.wants_slowest) id = slowest_trace(source_of(from));
    scan_report scanned;
    std::vector<trace_record> records;
    if (!id.empty()) records = gather_trace(source_of(from), id, scanned);
    report(scanned);
    if (records.empty()) {
        say(id.empty() ? (options.wants_slowest ? "no span has ended" : "nothing failed")
                       : "no record of trace " + harmless(id));
        return exit_code::nothing;
    }
    std::string whole_id;
    with_entry(records.front().line, [&](logkit::entry const& e) { whole_id = std::string(e.trace_id()); });
    const story told(std::move(records));
    if (options.input.wants_json) {
        print_json(to_json(told, whole_id));
        return exit_code::found;
    }
    screen().start_pager();
    screen().write(screen().fit(screen().paint(style::bold, "trace " + harmless(whole_id)) + "  " +
                                    (told.has_times() ? span_of_time(told.start_ns(), told.end_ns()) + "  " : "") +
                                    duration_text(told.dur_ms()) + "  " + grouped(told.records().size()) +
                                    (told.records().size() == 1 ? " record  " : " records  ") +
                                    (told.has_failed() ? screen().paint(style::bold_red, "failed")
                                     : told.is_open()  ? screen().paint(style::yellow, "did not end")
                                                       : screen().paint(style::green, "succeeded")) +
                                    '\n',
                                6));
    screen().write(waterfall_of(told, options.hides_records));
    return exit_code::found;
}

}  // namespace

void add_trace(CLI::App& app, int& status) {
    auto options = std::make_shared<trace_options>();
    CLI::App& command = *app.add_subcommand("trace", "One trace as a waterfall of its spans");
    options->input.add_to(command);
    add_symbols_to(command);
    options->input.add_json_to(command, "One JSON object: logkit schema trace");
    auto* last =
        command.add_flag("--last-error", options->wants_last_error, "The last trace in which something failed");
    command.add_flag("--slowest", options->wants_slowest, "The trace of the span that took longest")->excludes(last);
    command.add_flag("--spans-only", options->hides_records, "Without the records inside the spans");
    command.footer(
        "The id may be cut short. Filters choose among the traces (--last-error, --slowest); the chosen one is shown "
        "whole.\n\n"
        "Examples:\n"
        "  logkit trace 4bf92f35\n"
        "  logkit trace --last-error\n"
        "  logkit trace --slowest span=http.request --since 1h\n"
        "Exit status: 0 it was shown, 1 there is none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
