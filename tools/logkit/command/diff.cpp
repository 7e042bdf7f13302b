// SPDX-License-Identifier: MIT
// `logkit diff`: what is new, gone, or slower in one log against another.
#include "command/commands.hpp"
#include "insight/survey.hpp"
#include "insight/text.hpp"

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

struct changed_span {
    std::string name;
    group_profile const* before;
    group_profile const* after;
    double ratio;  // of the medians, after / before
};

// Spans with enough of them on both sides, whose median changed by more than a fifth and by more than clocks jitter.
[[nodiscard]] std::vector<changed_span> changed_spans(group_map const& before, group_map const& after) {
    constexpr double enough = 5, least_ratio = 1.2, least_ms = 0.01;
    std::vector<changed_span> changed;
    for (auto const& [name, group] : sorted_groups(after)) {
        const auto old = before.find(name);
        if (old == before.end() || old->second.durations.count() < enough || group->durations.count() < enough)
            continue;
        const double from = old->second.durations.quantile(0.5), to = group->durations.quantile(0.5);
        const double ratio = to / std::max(from, 1e-6);
        if ((ratio >= least_ratio || ratio <= 1 / least_ratio) && std::fabs(to - from) >= least_ms)
            changed.push_back({name, &old->second, group, ratio});
    }
    std::stable_sort(changed.begin(), changed.end(), [](auto const& a, auto const& b) { return a.ratio > b.ratio; });
    return changed;
}

// The names that one has and the other has not.
[[nodiscard]] std::vector<std::pair<std::string, group_profile const*>> only_in(group_map const& one,
                                                                                group_map const& other) {
    auto groups = sorted_groups(one);
    std::erase_if(groups, [&](auto const& group) { return other.contains(group.first); });
    return groups;
}
[[nodiscard]] std::vector<failure_group const*> only_in(failure_groups const& one, failure_groups const& other) {
    auto groups = one.sorted();
    const auto others = other.sorted();
    std::erase_if(groups, [&](failure_group const* group) {
        return std::any_of(others.begin(), others.end(),
                           [&](failure_group const* o) { return o->fingerprint == group->fingerprint; });
    });
    return groups;
}

class diff_report {
  public:
    diff_report(survey const& before, survey const& after) : before_(before), after_(after) {}

    [[nodiscard]] bool has_changes() const noexcept { return changes_ != 0; }

    [[nodiscard]] std::string text() {
        add_failures("New failures", style::bold_red, "+ ", only_in(after_.failures, before_.failures));
        add_failures("Failures that are gone", style::green, "- ", only_in(before_.failures, after_.failures));
        add_spans();
        add_groups("New spans", "+ ", only_in(after_.profile.spans, before_.profile.spans));
        add_groups("Spans that are gone", "- ", only_in(before_.profile.spans, after_.profile.spans));
        add_groups("New messages", "+ ", only_in(after_.profile.events, before_.profile.events));
        add_groups("Messages that are gone", "- ", only_in(before_.profile.events, after_.profile.events));
        if (changes_ == 0) out_ += "no differences\n";
        return std::move(out_);
    }

    [[nodiscard]] json document() {
        json out{{"before", {{"records", before_.profile.seen}, {"failures", before_.failures.count()}}},
                 {"after", {{"records", after_.profile.seen}, {"failures", after_.failures.count()}}}};
        const auto failures = [&](std::vector<failure_group const*> const& groups) {
            json list = json::array();
            for (failure_group const* group : groups) list.push_back(to_json(*group));
            changes_ += groups.size();
            return list;
        };
        const auto names = [&](auto const& groups) {
            json list = json::array();
            for (auto const& [name, group] : groups) list.push_back({{"name", name}, {"count", group->count.value()}});
            changes_ += groups.size();
            return list;
        };
        out["new_failures"] = failures(only_in(after_.failures, before_.failures));
        out["gone_failures"] = failures(only_in(before_.failures, after_.failures));
        out["changed_spans"] = json::array();
        for (changed_span const& span : changed_spans(before_.profile.spans, after_.profile.spans)) {
            ++changes_;
            out["changed_spans"].push_back({{"name", span.name},
                                            {"ratio", span.ratio},
                                            {"p50_before", span.before->durations.quantile(0.5)},
                                            {"p50_after", span.after->durations.quantile(0.5)},
                                            {"p99_before", span.before->durations.quantile(0.99)},
                                            {"p99_after", span.after->durations.quantile(0.99)}});
        }
        out["new_spans"] = names(only_in(after_.profile.spans, before_.profile.spans));
        out["gone_spans"] = names(only_in(before_.profile.spans, after_.profile.spans));
        out["new_messages"] = names(only_in(after_.profile.events, before_.profile.events));
        out["gone_messages"] = names(only_in(before_.profile.events, after_.profile.events));
        return out;
    }

  private:
    void add_title(std::string const& title) {
        out_ += (out_.empty() ? "" : "\n") + screen().paint(style::bold, title) + '\n';
    }

    void add_failures(std::string const& title, style colour, std::string const& sign,
                      std::vector<failure_group const*> const& groups) {
        if (groups.empty()) return;
        changes_ += groups.size();
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
        const auto changed = changed_spans(before_.profile.spans, after_.profile.spans);
        if (changed.empty()) return;
        changes_ += changed.size();
        add_title("Spans that take longer or shorter (p50, p99)");
        for (changed_span const& span : changed) {
            char ratio[40];
            std::snprintf(ratio, sizeof ratio, "%.2fx", span.ratio);
            out_ += screen().paint(span.ratio > 1 ? style::red : style::green, right(ratio, 8)) + "  " +
                    padded(harmless(span.name), 32) + ' ' + duration_text(span.before->durations.quantile(0.5)) +
                    " → " + duration_text(span.after->durations.quantile(0.5)) + "   " +
                    duration_text(span.before->durations.quantile(0.99)) + " → " +
                    duration_text(span.after->durations.quantile(0.99)) + '\n';
        }
    }
    void add_groups(std::string const& title, std::string const& sign,
                    std::vector<std::pair<std::string, group_profile const*>> const& groups) {
        if (groups.empty()) return;
        constexpr std::size_t most = 50;
        changes_ += groups.size();
        add_title(title);
        for (std::size_t i = 0; i < std::min(most, groups.size()); ++i)
            out_ += sign + "×" + grouped(static_cast<std::uint64_t>(std::llround(groups[i].second->count.value()))) +
                    "  " + harmless(groups[i].first) + '\n';
        if (groups.size() > most) out_ += "and " + std::to_string(groups.size() - most) + " more (--json)\n";
    }

    survey const& before_;
    survey const& after_;
    std::size_t changes_ = 0;
    std::string out_;
};

int run(diff_options const& options) {
    logkit::query wanted;
    wanted.require(options.filters.words);
    const survey before = read(options.before, wanted), after = read(options.after, wanted);
    diff_report comparison(before, after);
    if (options.filters.wants_json)
        print_json(comparison.document());
    else
        screen().write(comparison.text());
    return comparison.has_changes() ? exit_code::found : exit_code::nothing;
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
