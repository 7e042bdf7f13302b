// SPDX-License-Identifier: MIT
// `logkit diff`: what is new, gone, or slower in one log against another.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/answers.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <algorithm>
#include <cmath>

namespace tool {
namespace {

struct diff_options {
    std::string before, after;
    input_options filters;  // words are filters only
};

[[nodiscard]] survey read(std::string const& name, logkit::query const& wanted) {
    const std::vector<logkit::log_file> files = logkit::open_logs({name});
    survey result = survey_of(source_of(files, wanted));
    report(result.scanned);
    return result;
}

class diff_report {
  public:
    explicit diff_report(difference const& found) : found_(found) {}

    [[nodiscard]] std::string text() {
        add_failures("New failures", style::bold_red, "+ ", found_.new_failures);
        add_failures("Failures that are gone", style::green, "- ", found_.gone_failures);
        add_spans();
        add_groups("New spans", "+ ", found_.new_spans);
        add_groups("Spans that are gone", "- ", found_.gone_spans);
        add_groups("New messages", "+ ", found_.new_messages);
        add_groups("Messages that are gone", "- ", found_.gone_messages);
        if (found_.is_none()) out_ += "no differences\n";
        return std::move(out_);
    }

  private:
    void add_title(std::string const& title) {
        out_ += (out_.empty() ? "" : "\n") + screen().paint(style::bold, title) + '\n';
    }

    void add_failures(std::string const& title, style colour, std::string const& sign,
                      std::vector<failure_group const*> const& groups) {
        if (groups.empty()) return;
        add_title(title);
        for (failure_group const* group : groups)
            out_ += screen().paint(colour, sign + "×" + grouped(group->count) + "  " + harmless(group->title())) +
                    "  " + harmless(group->where()) +
                    (group->example.trace_id.empty()
                         ? ""
                         : "  " + screen().paint(style::dim, harmless(group->example.trace_id.substr(0, 12)))) +
                    '\n';
    }
    void add_spans() {
        if (found_.changed_spans.empty()) return;
        add_title("Spans that take longer or shorter (p50, p99)");
        for (changed_span const& span : found_.changed_spans) {
            char ratio[40];
            std::snprintf(ratio, sizeof ratio, "%.2fx", span.ratio);
            out_ += screen().paint(span.ratio > 1 ? style::red : style::green, right(ratio, 8)) + "  " +
                    padded(harmless(span.name), 32) + ' ' + duration_text(span.before->durations.quantile(0.5)) +
                    " → " + duration_text(span.after->durations.quantile(0.5)) + "   " +
                    duration_text(span.before->durations.quantile(0.99)) + " → " +
                    duration_text(span.after->durations.quantile(0.99)) + '\n';
        }
    }
    void add_groups(std::string const& title, std::string const& sign, difference::groups const& groups) {
        if (groups.empty()) return;
        constexpr std::size_t most = 50;
        add_title(title);
        for (std::size_t i = 0; i < std::min(most, groups.size()); ++i)
            out_ +=
                sign + "×" + grouped_count(groups[i].second->count.value()) + "  " + harmless(groups[i].first) + '\n';
        if (groups.size() > most) out_ += "and " + std::to_string(groups.size() - most) + " more (--json)\n";
    }

    difference const& found_;
    std::string out_;
};

int run(diff_options const& options) {
    logkit::query wanted;
    wanted.require(options.filters.words);
    const survey before = read(options.before, wanted), after = read(options.after, wanted);
    const difference found = difference_of(before, after);
    if (options.filters.wants_json)
        print_json(diff_answer(before, after, found));
    else
        screen().write(diff_report(found).text());
    return found.is_none() ? exit_code::nothing : exit_code::found;
}

}  // namespace

void add_diff(CLI::App& app, int& status) {
    auto options = std::make_shared<diff_options>();
    CLI::App& command = *app.add_subcommand("diff", "What is new, gone or slower in one log against another");
    command.add_option("before", options->before, "A file, or a pattern in quotes")->required()->option_text("A");
    command.add_option("after", options->after, "Another")->required()->option_text("B");
    command.add_option("filters", options->filters.words, "Only records for which these hold, as in show")
        ->option_text("[FILTER]...");
    options->filters.add_json_to(command, "One JSON object: logkit schema diff");
    command.footer(
        "Compared are kinds of failures (as logkit errors has them), messages without their variable parts, by source, "
        "and the\n"
        "medians of spans, where both have at least five and they differ by a fifth.\n\n"
        "Examples:\n"
        "  logkit diff yesterday.log run.log\n"
        "  logkit diff 'old/run.log*' 'new/run.log*' service=shop\n"
        "Exit status: 0 they differ, 1 they do not, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
