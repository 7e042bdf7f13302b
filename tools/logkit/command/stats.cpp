// SPDX-License-Identifier: MIT
// `logkit stats`: how many, how often, how slow.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/answers.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <algorithm>
#include <cmath>

namespace tool {
namespace {

struct stats_options {
    input_options input;
    std::string by;
    std::size_t most = 20;
};

[[nodiscard]] std::string rate_text(double per_second) {
    if (per_second >= 100) return grouped_count(per_second) + "/s";
    char text[40];
    std::snprintf(text, sizeof text, per_second >= 1 ? "%.1f/s" : "%.3f/s", per_second);
    return text;
}

[[nodiscard]] style style_of(logkit::level severity) {
    if (severity >= logkit::level::error) return style::red;
    if (severity == logkit::level::warning) return style::yellow;
    return severity == logkit::level::info ? style::green : style::dim;
}

void print_levels(log_profile const& whole) {
    std::string out;
    for (std::size_t i = 0; i < whole.by_level.size(); ++i) {
        if (whole.by_level[i].value() == 0) continue;
        const auto severity = static_cast<logkit::level>(i);
        const double part = whole.by_level[i].value() / whole.count.value();
        out += "  " + padded(logkit::to_string(severity), 9) + right(grouped_count(whole.by_level[i].value()), 14) +
               right(percent(part), 9) + "  " + screen().paint(style_of(severity), bar(part, 30)) + '\n';
    }
    screen().write(out);
}

void print_groups(std::vector<std::pair<std::string, group_profile const*>> const& groups, std::size_t all,
                  std::string const& title, double seconds) {
    if (groups.empty()) return;
    terminal const& to = screen();
    const bool has_durations =
        std::any_of(groups.begin(), groups.end(), [](auto const& g) { return g.second->durations.count() > 0; });
    // A narrow screen has no room for rates and bars beside percentiles.
    constexpr std::size_t wide = 104;
    const bool is_wide = to.width() >= wide || !has_durations;
    const std::size_t duration_columns = is_wide ? 11 : 10, count_columns = is_wide ? 12 : 10;
    const std::size_t others = count_columns + 9 + (has_durations ? 4 * duration_columns : 0) + (is_wide ? 11 + 12 : 0);
    const std::size_t name_columns = std::clamp<std::size_t>(to.width() > others ? to.width() - others : 0, 16, 40);
    std::string out =
        '\n' + to.paint(style::bold, padded(title, name_columns)) +
        to.paint(style::dim, right("count", count_columns) + (is_wide ? right("rate", 11) : "") + right("failed", 9));
    if (has_durations)
        for (const char* const name : {"p50", "p90", "p99", "max"})
            out += to.paint(style::dim, right(name, duration_columns));
    out += '\n';
    double largest = 0;
    for (auto const& [name, group] : groups) largest = std::max(largest, group->count.value());
    for (auto const& [name, group] : groups) {
        const double failed = group->count.value() > 0 ? group->failures.value() / group->count.value() : 0;
        out += padded(harmless(name), name_columns) + right(grouped_count(group->count.value()), count_columns);
        if (is_wide) out += right(rate_text(rate_of(group->count.value(), seconds)), 11);
        out += to.paint(failed > 0 ? style::red : style::dim, right(percent(failed), 9));
        if (group->durations.count() > 0)
            for (const double value : {group->durations.quantile(0.5), group->durations.quantile(0.9),
                                       group->durations.quantile(0.99), group->durations.largest()})
                out += right(duration_text(value), duration_columns);
        else if (has_durations)
            out += std::string(4 * duration_columns, ' ');
        if (is_wide) out += "  " + to.paint(style::blue, bar(group->count.value() / largest, 10));
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    }
    if (groups.size() < all) out += to.paint(style::dim, "and " + grouped(all - groups.size()) + " more (-n)") + '\n';
    to.write(out);
}

int run(stats_options const& options) {
    const std::string key = options.by == "span" ? "" : options.by;
    const selection from = options.input.select(stored_part::wanted);
    scan_report scanned;
    const statistics counted = gather_all(source_of(from), scanned, statistics{key, {}, {}});
    log_profile const& whole = counted.whole;
    report(scanned);
    if (options.input.wants_json) {
        print_json(stats_answer(counted, scanned, options.most));
        return whole.seen == 0 ? exit_code::nothing : exit_code::found;
    }
    auto groups = sorted_groups(counted.chosen());
    const std::size_t all = groups.size();
    if (options.most != 0 && all > options.most) groups.resize(options.most);
    std::string head = screen().paint(style::bold, grouped(whole.seen) + " records");
    if (grouped_count(whole.count.value()) != grouped(whole.seen))
        head +=
            " (kept of about " + grouped_count(whole.count.value()) + ", by sample_rate; counts below are estimates)";
    if (!whole.first.empty())
        head += "  " +
                screen().paint(
                    style::dim,
                    span_of_time(whole.first_ns(), whole.last_ns()) +
                        (whole.seconds() > 0 ? "  " + rate_text(rate_of(whole.count.value(), whole.seconds())) : ""));
    screen().write(head + '\n');
    if (whole.dropped != 0)
        screen().write(screen().paint(style::red, grouped(whole.dropped) + " records were dropped by the program") +
                       '\n');
    print_levels(whole);
    print_groups(groups, all, key.empty() ? "span" : harmless(key), whole.seconds());
    return options.input.status_of(whole.seen != 0);
}

}  // namespace

void add_stats(CLI::App& app, int& status) {
    auto options = std::make_shared<stats_options>();
    CLI::App& command = *app.add_subcommand("stats", "Counts, rates, failure rates, and percentiles of durations");
    options->input.add_to(command);
    options->input.add_json_to(command, "One JSON object: logkit schema stats");
    command.add_option("--by", options->by, "Records by the value of this key; by default spans by name")
        ->option_text("KEY");
    command.add_option("-n,--most", options->most, "Only the so many most frequent (20; 0: all)")->option_text("N");
    command.footer(
        "Records that sampling kept count for those it did not (1 / sample_rate). Percentiles are exact within 1 %.\n\n"
        "Examples:\n"
        "  logkit stats\n"
        "  logkit stats --by http_status span=http.request\n"
        "  logkit stats --by user --since 1h -l error+\n"
        "Exit status: 0 there were records, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
