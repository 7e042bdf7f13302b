// SPDX-License-Identifier: MIT
// `logkit show` and `logkit tail`: records, one after the other.
//
//   logs ─► filter ─► in one order, by time ─► neighbours (-A -B -C) ─► the first or last so many ─► writer
#include "command/commands.hpp"
#include "input/follow.hpp"
#include "input/options.hpp"
#include "insight/by_time.hpp"
#include "insight/neighbours.hpp"
#include "insight/story.hpp"
#include "screen/record_writer.hpp"
#include "screen/terminal.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace tool {
namespace {

struct show_options {
    input_options input;
    std::size_t last = 0, head = 0;  // 0: all
    std::size_t before = 0, behind = 0, both = 0;
    std::string around, trace_of, fields, hidden, form, times = "clock";
    bool is_reversed = false, follows = false, has_no_pager = false;

    [[nodiscard]] std::size_t records_before() const noexcept { return before != 0 ? before : both; }
    [[nodiscard]] std::size_t records_behind() const noexcept { return behind != 0 ? behind : both; }
};

const std::map<std::string, record_form> forms{{"pretty", record_form::pretty},
                                               {"json", record_form::json},
                                               {"csv", record_form::csv},
                                               {"tsv", record_form::tsv},
                                               {"logfmt", record_form::logfmt}};
const std::map<std::string, time_form> times_forms{
    {"clock", time_form::clock}, {"full", time_form::full}, {"unix", time_form::epoch}};

[[nodiscard]] record_look look_of(show_options const& options) {
    record_look look;
    if (!options.form.empty()) look.form = forms.at(options.form);
    if (options.input.wants_json) look.form = record_form::json;
    look.times = times_forms.at(options.times);
    look.keys = {keys_of("--fields", options.fields), keys_of("--hide", options.hidden)};
    return look;
}

// A record on its way to the screen: rendered, or where only some will be, its line.
struct passing {
    shown_record shown;
    std::string line;
    std::size_t log;
    bool is_match;
};

// Records that are shown when all have been read: the last ones, with their neighbours.
class kept_records {
  public:
    // Read from the end: it stands before all others. `is_apart`: from the one that was added before.
    void add_in_front(shown_record shown, bool is_apart) {
        if (is_apart) all_.front().is_apart = true;
        all_.push_front({std::move(shown), false, false});
    }
    // So many that match are kept.
    void add(shown_record shown, bool is_match, bool is_apart, std::size_t most) {
        all_.push_back({std::move(shown), is_apart, is_match});
        matches_ += is_match ? 1 : 0;
        for (; matches_ > most; all_.pop_front()) matches_ -= all_.front().is_match ? 1 : 0;
    }
    // Takes away what stood behind a record that is kept no more; `before`: so many belong to the first that is.
    void trim(std::size_t before) {
        auto first = std::find_if(all_.begin(), all_.end(), [](record const& one) { return one.is_match; });
        for (; before > 0 && first != all_.begin() && !first->is_apart; --before) --first;
        all_.erase(all_.begin(), first);
    }
    [[nodiscard]] std::size_t matches() const noexcept { return matches_; }
    void append_to(std::string& out, record_writer& writer) const {
        for (record const& one : all_) writer.append(out, one.shown, one.is_apart);
    }

  private:
    struct record {
        shown_record shown;
        bool is_apart, is_match;
    };
    std::deque<record> all_;
    std::size_t matches_ = 0;
};

// How many are shown; 0: all.
struct shown_part {
    std::size_t last = 0, head = 0, before = 0, behind = 0;
};

class showing {
  public:
    showing(show_options const& options, log_set const& logs, record_writer& writer)
        : options_(options), logs_(logs), writer_(writer), printer_(writer.printer()) {
        for (auto const& files : logs) bytes_ += bytes_of(files);
        for (std::size_t i = 0; i < logs.size(); ++i)
            printers_.emplace_back(logs.size() == 1 ? thread_count() : 1, writer.printer());
    }

    // The last ones of one log are read from its end; those of several are kept as they come by, because only so is
    // their order the one that all of them are shown in.
    void run(logkit::query const& wanted, shown_part part) {
        const bool is_backward = options_.is_reversed || (part.last != 0 && logs_.size() == 1);
        const bool keeps_last = part.last != 0 && !is_backward;
        const bool has_neighbours = part.before + part.behind != 0;
        const std::size_t most = keeps_last ? 0 : part.last != 0 ? part.last : part.head;
        if (is_backward) std::swap(part.before, part.behind);
        kept_records kept;
        std::string out;
        const auto flush = [&] {
            if (!out.empty()) screen().write(std::exchange(out, {}));
        };
        const auto show = [&](passing&& one, bool is_match, bool is_apart) {
            if (has_neighbours)
                with_entry(one.line, [&](logkit::entry const& e) { one.shown = writer_.render(printer_, one.log, e); });
            if (is_backward && !options_.is_reversed) return kept.add_in_front(std::move(one.shown), is_apart);
            if (keeps_last) return kept.add(std::move(one.shown), is_match, is_apart, part.last);
            writer_.append(out, one.shown, is_apart);
            if (out.size() > flush_bytes) flush();
        };
        neighbour_filter<passing> neighbours(part.before, part.behind);
        std::size_t matches = 0, left = part.behind;  // to be shown behind the last one that matches
        const auto consume = [&](std::size_t, passing&& one) {
            if (most != 0 && matches == most) {
                if (left == 0 || one.is_match) return false;
                --left;
            }
            const bool is_match = one.is_match;
            matches += is_match ? 1 : 0;
            neighbours.take(std::move(one), is_match, show);
            return most == 0 || matches != most || left != 0;
        };
        const auto see = [&](std::size_t log, unsigned thread, logkit::entry const& e) {
            if (has_neighbours) return passing{{}, std::string(e.line()), log, wanted.matches(e)};
            return passing{writer_.render(printers_[log][thread], log, e), {}, log, true};
        };
        const auto bar = std::make_shared<progress>(bytes_);
        const logkit::scan_options how{is_backward ? direction::backward : direction::forward, 0,
                                       [bar](std::uint64_t bytes) { bar->advance_to(bytes); }};
        merge_into(scanned_,
                   gather_by_time<passing>(logs_, has_neighbours ? logkit::query() : wanted, how, see, consume, flush));
        if (keeps_last) {
            kept.trim(part.before);
            matches = kept.matches();
        }
        kept.append_to(out, writer_);
        flush();
        count_ += matches;
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] scan_report const& scanned() const noexcept { return scanned_; }

  private:
    static constexpr std::size_t flush_bytes = 1U << 16;

    show_options const& options_;
    log_set const& logs_;
    record_writer& writer_;
    pretty_printer printer_;                             // of the thread that consumes
    std::vector<std::vector<pretty_printer>> printers_;  // of those that read: by log and thread
    std::uint64_t bytes_ = 0, count_ = 0;
    scan_report scanned_;
};

void check(show_options const& options) {
    const auto exclude = [](bool one, bool other, const char* names) {
        if (one && other) throw usage_error(std::string(names) + " exclude each other");
    };
    exclude(options.follows, options.is_reversed, "--follow and --reverse");
    exclude(options.follows, options.head != 0, "--follow and --head");
    exclude(options.head != 0, options.last != 0, "--head and --last");
    exclude(options.head != 0, options.is_reversed, "--head and --reverse (--last has the newest)");
    exclude(!options.around.empty(), options.last + options.head != 0 || options.is_reversed || options.follows,
            "--around and --head, --last, --reverse, --follow");
    exclude(!options.around.empty(), !options.input.since.empty() || !options.input.until.empty(),
            "--around and --since, --until");
    exclude(options.follows, !options.trace_of.empty(), "--follow and --trace-of");
    exclude(!options.form.empty() && options.form != "json", options.input.wants_json, "--json and --output");
}

int run(show_options const& options) {
    check(options);
    record_look look = look_of(options);
    const bool shows_others = options.records_before() + options.records_behind() != 0 || !options.around.empty() ||
                              !options.trace_of.empty();
    selection from = options.input.select(shows_others ? stored_part::all : stored_part::wanted,
                                          options.follows ? missing_files::may_come : missing_files::are_errors);
    if (!options.trace_of.empty()) {
        make_plain(from.files);  // they are read twice
        logkit::query chosen;
        chosen.require(options.trace_of);
        from.wanted.require_one_of_traces(trace_ids_of(source_of(from.files, std::move(chosen))));
    }
    if (look.form == record_form::pretty && !options.has_no_pager && !options.follows &&
        options.last + options.head == 0)
        screen().start_pager();
    std::vector<follow_point> points;
    if (options.follows) points = follow_points(from.files);
    if (options.is_reversed || options.last != 0 || !options.around.empty()) make_plain(from.files);
    if (are_many(from.files))
        say("more than " + std::to_string(most_merged_logs) + " logs are shown one after the other, not by time");
    const log_set logs = logs_to_merge(std::move(from.files));
    if (logs.size() > 1 && !options.follows)
        for (auto const& log : logs) look.logs.push_back(log.back().path());
    record_writer writer(std::move(look));
    screen().write(writer.head());
    showing all(options, logs, writer);
    if (options.around.empty()) {
        all.run(from.wanted, {options.last, options.head, options.records_before(), options.records_behind()});
    } else {
        constexpr std::size_t usual = 10;
        const std::int64_t time = moment("--around", options.around);
        const bool is_chosen = options.before + options.behind + options.both != 0;
        logkit::query wanted = from.wanted;
        wanted.require_time(std::nullopt, time);
        if (const std::size_t n = is_chosen ? options.records_before() : usual; n != 0) all.run(wanted, {n, 0, 0, 0});
        wanted.require_time(time + 1, std::nullopt);
        if (const std::size_t n = is_chosen ? options.records_behind() : usual; n != 0) all.run(wanted, {0, n, 0, 0});
    }
    report(all.scanned());
    std::uint64_t count = all.count();
    const std::vector<std::string> names = options.input.file_names();
    // A pipe has been read to its end: nothing more comes from there.
    if (options.follows && names != std::vector<std::string>{"-"}) {
        pretty_printer printer = writer.printer();
        neighbour_filter<shown_record> neighbours(options.records_before(), options.records_behind());
        follow(names, points, [&](logkit::entry const& e) {
            const bool is_match = from.wanted.matches(e);
            if (is_match) ++count;
            if (!is_match && options.records_before() + options.records_behind() == 0) return;
            neighbours.take(writer.render(printer, 0, e), is_match, [&](shown_record&& record, bool, bool is_apart) {
                std::string out;
                writer.append(out, record, is_apart);
                screen().write(out);
            });
        });
    }
    return options.input.status_of(count != 0);
}

// What show and tail have in common.
void add_look(CLI::App& command, show_options& options) {
    options.input.add_to(command);
    add_symbols_to(command);
    options.input.add_json_to(command, "The lines as they are in the log");
    command.add_flag("-f,--follow", options.follows, "Go on with what is written from now on, also through rotation");
    const auto keys = [&](const char* name, std::string& into, const char* what) {
        command.add_option(name, into, what)->option_text("KEY,...");
    };
    keys("--fields", options.fields, "Only these keys; of a table, its columns");
    keys("--hide", options.hidden, "Without these keys");
    command.add_option("-o,--output", options.form, "pretty (default), json, logfmt, csv, tsv")
        ->option_text("FORM")
        ->check(CLI::IsMember(forms));
    command.add_option("--time", options.times, "Times as clock (default), full (RFC 3339), unix (seconds)")
        ->option_text("FORM")
        ->check(CLI::IsMember(times_forms));
    const auto number = [&](const char* name, std::size_t& into, const char* what) {
        command.add_option(name, into, what)->check(so_many)->option_text("N");
    };
    number("-A,--after", options.behind, "Also so many records behind each");
    number("-B,--before", options.before, "Also so many before each");
    number("-C,--context", options.both, "Also so many on both sides");
    command.add_option("--trace-of", options.trace_of, "Whole traces: those in which a record matches this filter")
        ->option_text("FILTER");
}

}  // namespace

void add_show(CLI::App& app, int& status) {
    auto options = std::make_shared<show_options>();
    CLI::App& command = *app.add_subcommand("show", "Records as the development console shows them");
    add_look(command, *options);
    command.add_option("-n,--last", options->last, "Only the last so many")->check(so_many)->option_text("N");
    command.add_option("--head", options->head, "Only the first so many")->check(so_many)->option_text("N");
    command
        .add_option("--around", options->around,
                    "What was logged around this time: 10 records before and behind, or -A -B -C")
        ->option_text("TIME");
    command.add_flag("-r,--reverse", options->is_reversed, "The newest first");
    command.add_flag("--no-pager", options->has_no_pager, "Straight to the terminal");
    command.footer(
        "Several logs are shown in one order, by time.\n\n"
        "Examples:\n"
        "  logkit show                              run.log and the files that it was rotated to\n"
        "  logkit show -l warning+ --since 10m      what went wrong lately\n"
        "  logkit show run.log* user=ada 'dur_ms>100'\n"
        "  logkit show shop.log pay.log -C 3 declined   and what happened around it\n"
        "  logkit show --trace-of status=error      whole units of work in which something failed\n"
        "  logkit show -o csv --fields timestamp,path,dur_ms span=http.request\n"
        "  logkit show path~^/items --json | jq .   lines for other programs\n"
        "  zcat old.gz | logkit show - declined     a text, in standard input\n"
        "Exit status: 0 records were shown, 1 none matched, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

void add_tail(CLI::App& app, int& status) {
    auto options = std::make_shared<show_options>();
    options->last = 10;
    CLI::App& command = *app.add_subcommand("tail", "The last records");
    add_look(command, *options);
    command.add_option("-n,--last", options->last, "So many (10)")->check(so_many)->option_text("N");
    command.footer(
        "Examples:\n"
        "  logkit tail -f\n"
        "  logkit tail -n 50 -l error+ run.log\n"
        "Exit status: 0 records were shown, 1 none matched, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
