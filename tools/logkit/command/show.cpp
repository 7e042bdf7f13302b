// SPDX-License-Identifier: MIT
// `logkit show` and `logkit tail`: records, one after the other.
#include "command/commands.hpp"
#include "input/follow.hpp"
#include "input/options.hpp"
#include "insight/gather.hpp"
#include "insight/text.hpp"
#include "screen/pretty.hpp"
#include "screen/terminal.hpp"

#include <deque>

namespace tool {
namespace {

struct show_options {
    input_options input;
    std::size_t last = 0;  // 0: all
    bool is_reversed = false, follows = false, has_no_pager = false;
};

// One record's text, and the day it belongs to.
struct shown {
    std::string text, day;
};

// Writes records one after the other; for people, with a line between days.
class record_writer {
  public:
    explicit record_writer(bool as_json) : as_json_(as_json) {}

    [[nodiscard]] shown render(pretty_printer& printer, logkit::entry const& e) const {
        shown s;
        if (as_json_) {
            s.text = (screen().is_terminal() ? harmless_json(e.line()) : std::string(e.line())) + '\n';
            return s;
        }
        s.day = day_of(e.unix_ns());
        printer.print(s.text, e);
        return s;
    }
    void append(std::string& out, shown const& s) {
        if (!s.day.empty() && s.day != day_) {
            out += screen().paint(style::dim, "── " + s.day + " ──") + '\n';
            day_ = s.day;
        }
        out += s.text;
    }

  private:
    bool as_json_;
    std::string day_;
};

[[nodiscard]] std::vector<pretty_printer> printers() {
    std::vector<pretty_printer> all;
    for (unsigned i = 0; i < thread_count(); ++i) all.emplace_back(screen().has_colour());
    return all;
}

using page = std::vector<shown>;

// The whole selection, or its end: as many records as asked for, found from the back.
std::uint64_t show_all(show_options const& options, selection& from, record_writer& writer) {
    std::vector<pretty_printer> by_thread = printers();
    std::uint64_t count = 0;
    const bool is_backward = options.is_reversed || options.last != 0;
    if (is_backward) make_plain(from.files);
    std::deque<shown> kept;  // read from the back, to be shown forwards
    const auto see = [&](unsigned thread, page& p, logkit::entry const& e, place) {
        if (options.last == 0 || p.size() < options.last) p.push_back(writer.render(by_thread[thread], e));
    };
    const auto consume = [&](page p) {
        std::string out;
        for (shown& s : p) {
            if (options.last != 0 && count == options.last) break;
            ++count;
            if (is_backward && !options.is_reversed)
                kept.push_front(std::move(s));
            else
                writer.append(out, s);
        }
        screen().write(out);
        return options.last == 0 || count < options.last;
    };
    const scan_report scanned =
        gather<page>(source_of(from), is_backward ? direction::backward : direction::forward, see, consume);
    std::string out;
    for (shown const& s : kept) writer.append(out, s);
    screen().write(out);
    report(scanned);
    return count;
}

int run(show_options const& options) {
    if (options.follows && options.is_reversed) throw usage_error("--follow and --reverse exclude each other");
    selection from = options.input.select(options.follows ? missing_files::may_come : missing_files::are_errors);
    if (!options.has_no_pager && !options.follows && !options.input.wants_json && options.last == 0)
        screen().start_pager();
    record_writer writer(options.input.wants_json);
    std::vector<follow_point> points;
    if (options.follows) points = follow_points(from.files);
    std::uint64_t count = show_all(options, from, writer);
    if (options.follows) {
        pretty_printer printer(screen().has_colour());
        follow(options.input.file_names(), points, [&](logkit::entry const& e) {
            if (!from.wanted.matches(e)) return;
            ++count;
            std::string out;
            writer.append(out, writer.render(printer, e));
            screen().write(out);
        });
    }
    return count != 0 ? exit_code::found : exit_code::nothing;
}

}  // namespace

void add_show(CLI::App& app, int& status) {
    auto options = std::make_shared<show_options>();
    CLI::App& command = *app.add_subcommand("show", "Records as the development console shows them");
    options->input.add_to(command);
    options->input.add_json_to(command, "The lines as they are in the log");
    command.add_option("-n,--last", options->last, "Only the last so many")
        ->check(CLI::PositiveNumber)
        ->option_text("N");
    command.add_flag("-r,--reverse", options->is_reversed, "The newest first");
    command.add_flag("-f,--follow", options->follows, "Go on with what is written from now on, also through rotation");
    command.add_flag("--no-pager", options->has_no_pager, "Straight to the terminal");
    command.footer(
        "Examples:\n"
        "  logkit show                              run.log and the files that it was rotated to\n"
        "  logkit show -l warning+ --since 10m      what went wrong lately\n"
        "  logkit show run.log* user=ada 'dur_ms>100'\n"
        "  logkit show path~^/items --json | jq .   lines for other programs\n"
        "  zcat old.gz | logkit show - declined     a text, in standard input\n"
        "Exit status: 0 records were shown, 1 none matched, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

void add_tail(CLI::App& app, int& status) {
    auto options = std::make_shared<show_options>();
    options->last = 10;
    CLI::App& command = *app.add_subcommand("tail", "The last records");
    options->input.add_to(command);
    options->input.add_json_to(command, "The lines as they are in the log");
    command.add_option("-n,--last", options->last, "So many (10)")->check(CLI::PositiveNumber)->option_text("N");
    command.add_flag("-f,--follow", options->follows, "Go on with what is written from now on, also through rotation");
    command.footer(
        "Examples:\n"
        "  logkit tail -f\n"
        "  logkit tail -n 50 -l error+ run.log\n"
        "Exit status: 0 records were shown, 1 none matched, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
