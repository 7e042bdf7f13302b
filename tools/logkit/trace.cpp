// SPDX-License-Identifier: MIT
// `logkit trace`: one unit of work as a waterfall.
#include "commands.hpp"
#include "pretty.hpp"
#include "story.hpp"
#include "text.hpp"

#include <algorithm>

namespace tool {
namespace {

struct trace_options {
    input_options input;
    bool wants_last_error = false, wants_slowest = false, hides_records = false;
};

class waterfall {
  public:
    waterfall(story const& told, bool hides_records)
        : told_(told),
          hides_records_(hides_records),
          printer_(screen().has_colour()),
          columns_(std::clamp<std::size_t>(screen().width() / 4, 10, 40)),
          name_columns_(std::clamp<std::size_t>(screen().width() / 3, 24, 50)) {}

    [[nodiscard]] std::string text() {
        const auto common = common_fields(told_.records());
        std::string fields;
        for (auto const& [key, value] : common) {
            fields +=
                "  " + screen().paint(style::cyan, harmless(key)) + '=' + harmless(logkit::json_view(value).text());
            common_.push_back(key);
        }
        if (!fields.empty()) out_ += fields.substr(2) + '\n';
        out_ += '\n';
        printer_.hide(common_);
        add_inside(told_.loose(), told_.roots(), "", true);
        return std::move(out_);
    }

  private:
    [[nodiscard]] std::string chart(span_node const& span) const {
        const double whole = static_cast<double>(std::max<std::int64_t>(1, told_.end_ns() - told_.start_ns()));
        const double before = static_cast<double>(span.start_ns - told_.start_ns()) / whole;
        const double part = static_cast<double>(span.end_ns - span.start_ns) / whole;
        const auto columns = static_cast<double>(columns_);
        const auto start = static_cast<std::size_t>(std::min(columns - 1, before * columns));
        const auto length = std::max<std::size_t>(1, static_cast<std::size_t>(part * columns + 0.5));
        std::string text;
        for (std::size_t i = 0; i < std::min(length, columns_ - start); ++i) text += "█";
        return std::string(start, ' ') + screen().paint(span.has_failed ? style::red : style::blue, text) +
               std::string(columns_ - start - std::min(length, columns_ - start), ' ');
    }

    void add_span(std::size_t index, std::string const& branch, std::string const& below) {
        span_node const& span = told_.spans()[index];
        const std::string name = span.name.empty() ? "(span " + span.id.substr(0, 8) + ")" : span.name;
        out_ += screen().paint(style::dim, branch);
        const std::size_t used = std::min(width_of(branch), name_columns_ - 8);
        out_ += screen().paint(span.has_failed ? style::bold_red : style::bold,
                               padded(harmless(name), name_columns_ - used));
        out_ += ' ' + right(duration_text(span.dur_ms), 10) + ' ' + chart(span);
        if (!span.children.empty()) out_ += screen().paint(style::dim, "  self " + duration_text(span.self_ms));
        if (!span.end)
            out_ += "  " + screen().paint(style::yellow, "no END");
        else if (span.status != "success")
            out_ += "  " + screen().paint(style::red, harmless(span.status));
        // Where a child failed, this one only passed it on.
        const bool is_origin =
            span.has_failed && std::none_of(span.children.begin(), span.children.end(),
                                            [&](std::size_t child) { return told_.spans()[child].has_failed; });
        if (span.end && !is_origin) out_ += screen().paint(style::dim, end_fields(*span.end));
        out_ += '\n';
        add_inside(span.records, span.children, below, false);
        if (span.end && is_origin && !hides_records_) add_record(*span.end, below);
    }
    // What END says beyond what the whole trace has in common, on the span's own line.
    [[nodiscard]] std::string end_fields(std::size_t record) const {
        std::string fields;
        with_entry(told_.records()[record].line, [&](logkit::entry const& e) {
            for (auto const& m : e.members())
                if (m.meaning == logkit::slot::none &&
                    std::find(common_.begin(), common_.end(), m.key) == common_.end())
                    fields += "  " + harmless(m.key) + '=' + cut(harmless(m.value.text()), 40);
        });
        return fields;
    }
    // Records and spans in the order of time.
    void add_inside(std::vector<std::size_t> const& records, std::vector<std::size_t> const& spans,
                    std::string const& indent, bool is_top) {
        std::size_t r = 0;
        const auto add_records_until = [&](std::int64_t unix_ns) {
            for (; r < records.size() && told_.records()[records[r]].unix_ns <= unix_ns; ++r)
                if (!hides_records_) add_record(records[r], indent);
        };
        // A trace of a million levels is damage, not a program; it is shown flat.
        if (depth_ == 100) return;
        ++depth_;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            add_records_until(told_.spans()[spans[i]].start_ns);
            const bool is_last = i + 1 == spans.size();
            if (is_top)
                add_span(spans[i], indent, indent + "  ");
            else
                add_span(spans[i], indent + (is_last ? "└ " : "├ "), indent + (is_last ? "  " : "│ "));
        }
        --depth_;
        add_records_until(INT64_MAX);
    }
    void add_record(std::size_t index, std::string const& indent) {
        std::string text;
        with_entry(told_.records()[index].line, [&](logkit::entry const& e) { printer_.print(text, e); });
        for (std::string_view rest = text; !rest.empty();) {
            out_ += screen().paint(style::dim, indent);
            out_.append(logkit::detail::take_until(rest, '\n')) += '\n';
        }
    }

    story const& told_;
    bool hides_records_;
    pretty_printer printer_;
    std::size_t columns_, name_columns_, depth_ = 0;
    std::vector<std::string> common_;  // keys that every record has with the same value
    std::string out_;
};

[[nodiscard]] json to_json(story const& told, std::size_t index, unsigned depth) {
    span_node const& span = told.spans()[index];
    json out{{"span_id", span.id},    {"span", span.name},       {"start", timestamp_of(span.start_ns)},
             {"dur_ms", span.dur_ms}, {"self_ms", span.self_ms}, {"status", span.end ? span.status : "open"}};
    out["records"] = json::array();
    for (const std::size_t record : span.records) out["records"].push_back(parse_record(told.records()[record].line));
    if (span.end) out["end"] = parse_record(told.records()[*span.end].line);
    out["children"] = json::array();
    for (const std::size_t child : span.children)
        if (depth < 100) out["children"].push_back(to_json(told, child, depth + 1));
    return out;
}

// The id of the last trace that failed; "" where none did.
[[nodiscard]] std::string last_failed_trace(selection const& from) {
    logkit::query wanted = from.wanted;
    wanted.require_failure();
    std::string id;
    using ids = std::vector<std::string>;
    gather<ids>(
        from.files, wanted, direction::backward,
        [](unsigned, ids& some, logkit::entry const& e, place) {
            if (some.empty() && !e.trace_id().empty()) some.emplace_back(e.trace_id());
        },
        [&](ids some) {
            if (!some.empty()) id = some.front();
            return id.empty();
        });
    return id;
}

// That of the span which took longest.
[[nodiscard]] std::string slowest_trace(selection const& from) {
    struct slowest {
        double dur_ms = -1;
        place at;
        std::string id;
        void see(logkit::entry const& e, place where) {
            if (!e.is_span_end() || e.trace_id().empty()) return;
            take({e.get(logkit::slot::dur_ms).number().value_or(-1), where, ""}, e.trace_id());
        }
        void merge(slowest&& other) { take(other, other.id); }
        void take(slowest const& other, std::string_view trace) {
            if (other.dur_ms < dur_ms || (other.dur_ms == dur_ms && other.at > at) || trace.empty()) return;
            dur_ms = other.dur_ms;
            at = other.at;
            id = trace;
        }
    };
    scan_result scanned;
    return gather_all<slowest>(from.files, from.wanted, scanned).id;
}

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
    selection from = options.input.select();
    if (id.empty()) make_plain(from.files);  // to be read twice
    if (options.wants_last_error) id = last_failed_trace(from);
    if (options.wants_slowest) id = slowest_trace(from);
    scan_result scanned;
    std::vector<trace_record> records;
    if (!id.empty()) records = gather_trace(from.files, id, scanned);
    report(scanned.counts, scanned.read);
    if (records.empty()) {
        say(id.empty() ? (options.wants_slowest ? "no span has ended" : "nothing failed")
                       : "no record of trace " + harmless(id));
        return exit_code::nothing;
    }
    std::string whole_id;
    with_entry(records.front().line, [&](logkit::entry const& e) { whole_id = std::string(e.trace_id()); });
    const story told(std::move(records));
    const bool has_failed =
        std::any_of(told.spans().begin(), told.spans().end(), [](span_node const& s) { return s.has_failed; });
    const bool is_open =
        std::any_of(told.spans().begin(), told.spans().end(), [](span_node const& s) { return !s.end; });
    const double dur_ms = static_cast<double>(told.end_ns() - told.start_ns()) / 1e6;
    if (options.input.wants_json) {
        json out{{"trace_id", whole_id},
                 {"start", timestamp_of(told.start_ns())},
                 {"dur_ms", dur_ms},
                 {"failed", has_failed}};
        out["record_count"] = told.records().size();
        out["spans"] = json::array();
        for (const std::size_t root : told.roots()) out["spans"].push_back(to_json(told, root, 0));
        out["records"] = json::array();
        for (const std::size_t record : told.loose())
            out["records"].push_back(parse_record(told.records()[record].line));
        print_json(out);
        return exit_code::found;
    }
    screen().start_pager();
    screen().write(screen().paint(style::bold, "trace " + harmless(whole_id)) + "  " +
                   span_of_time(told.start_ns(), told.end_ns()) + "  " + duration_text(dur_ms) + "  " +
                   grouped(told.records().size()) + (told.records().size() == 1 ? " record  " : " records  ") +
                   (has_failed ? screen().paint(style::bold_red, "failed")
                    : is_open  ? screen().paint(style::yellow, "did not end")
                               : screen().paint(style::green, "succeeded")) +
                   '\n');
    screen().write(waterfall(told, options.hides_records).text());
    return exit_code::found;
}

}  // namespace

void add_trace(CLI::App& app, int& status) {
    auto options = std::make_shared<trace_options>();
    CLI::App& command = *app.add_subcommand("trace", "One trace as a waterfall of its spans");
    options->input.add_to(command);
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
