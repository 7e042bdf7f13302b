// SPDX-License-Identifier: MIT
// `logkit count` and `logkit top`: how many, of which kinds, when, and what their numbers come to.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/answers.hpp"
#include "insight/asked_time.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <algorithm>
#include <cmath>

namespace tool {
namespace {

struct count_options {
    input_options input;
    std::string by, numbers, every;
    std::size_t most = 20;  // 0: all
};

[[nodiscard]] tally_question question_of(count_options const& options) {
    tally_question question{keys_of("--by", options.by), keys_of("--of", options.numbers), 0};
    if (!options.every.empty()) question.every_ns = every_of("--every", options.every);
    return question;
}

// In nine columns.
[[nodiscard]] std::string number_text(std::string const& key, double value) {
    if (key.ends_with("_ms") && value >= 0) return duration_text(value);
    const double size = std::abs(value);
    char text[40];
    if (size >= 1e7) {
        constexpr std::string_view units = "MGTPEZY";
        std::size_t unit = 0;
        double scaled = value / 1e6;
        for (; std::abs(scaled) >= 1000 && unit + 1 < units.size(); ++unit) scaled /= 1000;
        std::snprintf(text, sizeof text, "%.4g %c", scaled, units[unit]);
        return text;
    }
    if (value == std::floor(value)) return (value < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(size));
    std::snprintf(text, sizeof text, size >= 1000 ? "%.1f" : "%.4g", value);
    return text;
}
[[nodiscard]] std::string value_text(std::string const& json) {
    return json.empty() ? "(none)" : harmless(logkit::json_view(json).text());
}

// What stands on the left of a table: the values of the keys, in columns as wide as they need to be.
class key_columns {
  public:
    key_columns(std::vector<std::string> const& keys, std::vector<tally::row> const& rows, std::size_t room) {
        const std::size_t most = keys.empty() ? 0 : std::max<std::size_t>(8, (room + 1) / keys.size() - 1);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            std::size_t wide = width_of(harmless(keys[i]));
            for (tally::row const& row : rows) wide = std::max(wide, width_of(value_text(row.values[i])));
            widths_.push_back(std::min(wide, most));
        }
    }
    [[nodiscard]] std::string head(std::vector<std::string> const& keys) const {
        std::string out;
        for (std::size_t i = 0; i < keys.size(); ++i) out += padded(harmless(keys[i]), widths_[i]) + ' ';
        return out;
    }
    [[nodiscard]] std::string line(tally::row const& row) const {
        std::string out;
        for (std::size_t i = 0; i < row.values.size(); ++i) out += padded(value_text(row.values[i]), widths_[i]) + ' ';
        return out;
    }

  private:
    std::vector<std::size_t> widths_;
};

constexpr std::size_t count_columns = 12, share_columns = 9, number_columns = 10;
constexpr std::size_t time_columns = 24;  // 2026-11-21 12:00:00.000

[[nodiscard]] std::string bar_of(double part) {
    return "  " + screen().paint(style::blue, bar(part, 20)) + '\n';
}

[[nodiscard]] std::string number_head() {
    std::string out;
    for (const char* const name : {"sum", "avg", "p50", "p90", "p99", "max"}) out += right(name, number_columns);
    return out;
}
[[nodiscard]] std::string number_line(std::string const& key, tally_group const& group, std::size_t which) {
    if (which >= group.numbers.size() || group.numbers[which].count() == 0) return right("–", number_columns);
    histogram const& numbers = group.numbers[which];
    std::string out;
    for (const double value : {numbers.sum(), numbers.average(), numbers.quantile(0.5), numbers.quantile(0.9),
                               numbers.quantile(0.99), numbers.largest()})
        out += right(number_text(key, value), number_columns);
    return out;
}
[[nodiscard]] std::string step_time(std::int64_t start_ns) {
    const bool is_whole_second = start_ns % 1'000'000'000 == 0;
    return padded(day_of(start_ns) + ' ' + clock_of(start_ns).substr(0, is_whole_second ? 8 : 12), time_columns);
}

// One printed table after the other: the counts, then what each number comes to.
class report_printer {
  public:
    report_printer(tally const& counted, tally_question const& question, std::size_t most)
        : counted_(counted), question_(question), rows_(counted.groups(most)) {
        if (question.every_ns != 0) steps_ = counted.steps(rows_);
    }

    void print() {
        if (question_.every_ns != 0)
            print_steps();
        else if (!question_.by.empty())
            print_groups();
        else if (question_.numbers.empty())
            out_ += grouped_count(counted_.whole().count.value()) + '\n';
        for (std::size_t i = 0; i < question_.numbers.size(); ++i) print_number(i);
        if (counted_.without_time() != 0)
            out_ += screen().paint(style::dim, grouped(counted_.without_time()) + " records have no time") + '\n';
        screen().write(out_);
    }

  private:
    void print_head(std::string const& text) {
        if (!out_.empty()) out_ += '\n';
        out_ += screen().paint(style::dim, text) + '\n';
    }
    void print_left_out() {
        if (const std::size_t all = counted_.group_count(); rows_.size() < all)
            out_ += screen().paint(style::dim, "and " + grouped(all - rows_.size()) + " more (-n)") + '\n';
    }
    [[nodiscard]] key_columns keys_beside(std::size_t columns) const {
        const std::size_t width = screen().width();
        return {question_.by, rows_, width > columns + 16 ? width - columns : 16};
    }
    void print_groups() {
        const key_columns keys = keys_beside(count_columns + share_columns + 23);
        print_head(keys.head(question_.by) + right("count", count_columns) + right("share", share_columns));
        for (tally::row const& row : rows_) {
            const double count = row.group->count.value();
            out_ += keys.line(row) + right(grouped_count(count), count_columns) +
                    right(percent(count / counted_.whole().count.value()), share_columns) +
                    bar_of(count / rows_.front().group->count.value());
        }
        print_left_out();
    }
    void print_steps() {
        double largest = 0;
        for (tally::step const& step : steps_) largest = std::max(largest, step.whole.count.value());
        const std::size_t fit = (screen().width() - time_columns - count_columns) / 11;
        const std::size_t shown = std::min(rows_.size(), fit);
        std::string head = padded("time", time_columns) + right("count", count_columns);
        for (std::size_t i = 0; i < shown; ++i) {
            std::string name;
            for (std::string const& value : rows_[i].values) name += (name.empty() ? "" : " ") + value_text(value);
            head += right(cut(name, 10), 11);
        }
        print_head(head);
        for (tally::step const& step : steps_) {
            out_ += step_time(step.start_ns) + right(grouped_count(step.whole.count.value()), count_columns);
            for (std::size_t i = 0; i < shown; ++i)
                out_ += right(step.groups[i] == nullptr ? "–" : grouped_count(step.groups[i]->count.value()), 11);
            out_ += question_.by.empty() ? bar_of(step.whole.count.value() / largest) : "\n";
        }
        if (shown < counted_.group_count())
            out_ += screen().paint(style::dim,
                                   "and " + grouped(counted_.group_count() - shown) + " more groups (--json has all)") +
                    '\n';
    }
    void print_number(std::size_t which) {
        std::string const& key = question_.numbers[which];
        const std::string name = harmless(key);
        const auto print_group = [&](std::string const& left, tally_group const& group) {
            out_ += left + number_line(key, group, which) + '\n';
        };
        if (question_.every_ns != 0) {
            print_head(padded(name, time_columns) + number_head());
            for (tally::step const& step : steps_) print_group(step_time(step.start_ns), step.whole);
            return;
        }
        if (question_.by.empty()) {
            print_head(padded(name, time_columns) + number_head());
            return print_group(padded(grouped(counted_.whole().seen) + " records", time_columns), counted_.whole());
        }
        const key_columns keys = keys_beside(6 * number_columns);
        const std::string left = keys.head(question_.by);
        if (question_.numbers.size() > 1) out_ += '\n' + screen().paint(style::bold, name);
        print_head(left + number_head());
        for (tally::row const& row : rows_) print_group(keys.line(row), *row.group);
        print_left_out();
    }

    tally const& counted_;
    tally_question const& question_;
    std::vector<tally::row> rows_;
    std::vector<tally::step> steps_;
    std::string out_;
};

int run(count_options const& options) {
    const tally_question question = question_of(options);
    const selection from = options.input.select(stored_part::wanted);
    scan_report scanned;
    const tally counted = gather_all(source_of(from), scanned, tally(question));
    report(scanned);
    if (options.input.wants_json)
        print_json(count_answer(counted, question, scanned, options.most));
    else
        report_printer(counted, question, options.most).print();
    return options.input.status_of(counted.whole().seen != 0);
}

void add_common(CLI::App& command, count_options& options) {
    options.input.add_json_to(command, "One JSON object: logkit schema count");
    command.add_option("--every", options.every, "Over time, in steps of this length: 30s, 5m, 1h, 1d")
        ->option_text("TIME");
    command.add_option("--of", options.numbers, "Sum, average and percentiles of these numbers")
        ->option_text("KEY,...");
}

}  // namespace

void add_count(CLI::App& app, int& status) {
    auto options = std::make_shared<count_options>();
    CLI::App& command = *app.add_subcommand("count", "How many records, by the values of keys, over time");
    options->input.add_to(command);
    add_common(command, *options);
    command.add_option("--by", options->by, "A count for each value of this key, or of these together")
        ->option_text("KEY,...");
    command.add_option("-n,--most", options->most, "Only the so many most frequent (20; 0: all)")->option_text("N");
    command.footer(
        "Records that sampling kept count for those it did not (1 / sample_rate). A record that lacks the key counts "
        "as (none).\n"
        "Percentiles are exact within 1 %.\n\n"
        "Examples:\n"
        "  logkit count level=error\n"
        "  logkit count --by service,level --since 1h\n"
        "  logkit count --every 5m --by level\n"
        "  logkit count --of dur_ms,bytes --by path span=http.request\n"
        "Exit status: 0 there were records, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

void add_top(CLI::App& app, int& status) {
    auto options = std::make_shared<count_options>();
    options->most = 10;
    CLI::App& command = *app.add_subcommand("top", "The most frequent values of a key");
    command.add_option("key", options->by, "The key, or several with commas between them")
        ->required()
        ->option_text("KEY");
    options->input.add_to(command);
    add_common(command, *options);
    command.add_option("-n,--most", options->most, "So many (10; 0: all)")->option_text("N");
    command.footer(
        "Examples:\n"
        "  logkit top user -l error+\n"
        "  logkit top path --of dur_ms --since 1h\n"
        "Exit status: 0 there were records, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
