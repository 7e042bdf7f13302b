// SPDX-License-Identifier: MIT
// `logkit export`: records for other programs.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "insight/gather.hpp"
#include "insight/record_forms.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <logkit.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>

#include <algorithm>
#include <charconv>

namespace tool {
namespace {

using logkit::slot;
using logkit::detail::json_string;

struct export_options {
    input_options input;
    bool as_otlp = false, as_csv = false, as_chrome = false;
    std::string columns;
};

// ── OTLP/JSON: each line an ExportLogsServiceRequest or ExportTraceServiceRequest of one record.

[[nodiscard]] std::string any_value(logkit::json_view value) {
    if (value.is_text()) return R"({"stringValue":)" + json_string(value.text()) + '}';
    if (const auto whole = value.integer(); value.is_number() && whole)
        return R"({"intValue":")" + std::to_string(*whole) + "\"}";
    if (value.is_number() && value.number()) return R"({"doubleValue":)" + std::string(value.json()) + '}';
    if (value.json() == "true" || value.json() == "false") return R"({"boolValue":)" + std::string(value.json()) + '}';
    if (value.json() == "null") return "{}";
    return R"({"stringValue":)" + json_string(value.json()) +
           '}';  // nested: as JSON in a text, which every backend keeps
}

class attribute_list {
  public:
    void add(std::string_view key, std::string const& value) {
        json_ += (json_.empty() ? "" : ",") + (R"({"key":)" + json_string(key) + R"(,"value":)") + value + '}';
    }
    void add_text(std::string_view key, std::string_view text) {
        if (!text.empty()) add(key, R"({"stringValue":)" + json_string(text) + '}');
    }
    [[nodiscard]] std::string json() const { return R"("attributes":[)" + json_ + ']'; }

  private:
    std::string json_;
};

// OpenTelemetry's names for what went wrong.
void add_exception(attribute_list& to, logkit::entry const& e) {
    const logkit::exception_story exception = logkit::exception_of(e);
    to.add_text("exception.type", exception.type);
    to.add_text("exception.message", exception.what);
    std::string stack;
    for (std::string const& frame : exception.stack) stack += (stack.empty() ? "" : "\n") + frame;
    to.add_text("exception.stacktrace", stack);
}

[[nodiscard]] std::string otlp_line(logkit::entry const& e) {
    constexpr int severities[] = {1, 5, 9, 13, 17, 21};
    constexpr std::string_view names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    const bool is_span = e.is_span_end() && !e.span_id().empty();
    attribute_list attributes, resource;
    for (auto const& m : e.members()) {
        if (m.meaning == slot::none && m.key == "service")
            resource.add("service.name", any_value(m.value));
        else if (m.meaning == slot::none || (m.meaning == slot::span && !is_span) || m.meaning == slot::sample_rate ||
                 m.meaning == slot::recovered)
            attributes.add(m.key, any_value(m.value));
    }
    if (const std::string src = e.get(slot::src).text(); src.find(':') != std::string::npos) {
        attributes.add_text("code.file.path", src.substr(0, src.rfind(':')));
        attributes.add("code.line.number",
                       any_value(logkit::json_view(std::string_view(src).substr(src.rfind(':') + 1))));
    }
    attributes.add_text("thread.name", e.get(slot::thread).text());
    const auto id = [](std::string_view key, std::string_view text) {
        return text.empty() ? std::string() : "\"" + std::string(key) + "\":" + json_string(text) + ',';
    };
    const std::int64_t time = e.unix_ns().value_or(0);
    const std::string scope =
        R"("scope":{"name":)" + json_string(e.get(slot::logger).exists() ? e.get(slot::logger).text() : "logkit") + "}";
    if (!is_span) {
        add_exception(attributes, e);
        const auto severity = static_cast<std::size_t>(e.level());
        return R"({"resourceLogs":[{"resource":{)" + resource.json() + R"(},"scopeLogs":[{)" + scope +
               R"(,"logRecords":[{"timeUnixNano":")" + std::to_string(time) + R"(","severityNumber":)" +
               std::to_string(severities[severity]) + R"(,"severityText":")" + std::string(names[severity]) + "\"," +
               id("traceId", e.trace_id()) + id("spanId", e.span_id()) + R"("body":{"stringValue":)" +
               json_string(e.event()) + "}," + attributes.json() + "}]}]}]}\n";
    }
    const double dur_ms = std::clamp(e.get(slot::dur_ms).number().value_or(0), 0.0, 1e12);
    const bool has_failed = e.get(slot::status).escaped() != "success";
    attribute_list exception;
    add_exception(exception, e);
    std::string events;
    if (exception.json().size() > 20)
        events = R"("events":[{"timeUnixNano":")" + std::to_string(time) + R"(","name":"exception",)" +
                 exception.json() + "}],";
    return R"({"resourceSpans":[{"resource":{)" + resource.json() + R"(},"scopeSpans":[{)" + scope + R"(,"spans":[{)" +
           id("traceId", e.trace_id()) + id("spanId", e.span_id()) + id("parentSpanId", e.parent_span_id()) +
           R"("name":)" + json_string(e.get(slot::span).text()) + R"(,"kind":1,"startTimeUnixNano":")" +
           std::to_string(time - static_cast<std::int64_t>(dur_ms * 1e6)) + R"(","endTimeUnixNano":")" +
           std::to_string(time) + "\"," + events + attributes.json() + R"(,"status":{"code":)" +
           (has_failed ? "2" : "1") + "}}]}]}]}\n";
}

[[nodiscard]] std::string csv_line(logkit::entry const& e, column_list const& columns) {
    const std::string row = csv_row(e, columns);
    return (screen().is_terminal() ? harmless(row) : row) + '\n';
}

// ── Chrome's trace event format, which Perfetto loads: a track for each trace.

[[nodiscard]] std::string chrome_event(logkit::entry const& e) {
    const std::int64_t time = e.unix_ns().value_or(0);
    const auto micros = [](double us) {
        char text[40];
        return std::string(text, std::to_chars(text, text + sizeof text, us, std::chars_format::fixed, 3).ptr);
    };
    std::string arguments;
    for (auto const& m : e.members()) {
        if (m.meaning == slot::timestamp || m.meaning == slot::event || m.meaning == slot::dur_ms) continue;
        arguments += (arguments.empty() ? "" : ",") + json_string(m.key) + ':' + checked_json(m.value);
    }
    const std::uint64_t track = e.trace_id().empty() ? 0 : 1 + (logkit::detail::hash_text(e.trace_id()) >> 34);
    const std::string place = R"(,"pid":1,"tid":)" + std::to_string(track) + R"(,"args":{)" + arguments + "}}";
    if (!e.is_span_end())
        return R"({"ph":"i","s":"t","name":)" + json_string(e.event()) + R"(,"cat":")" +
               std::string(logkit::to_string(e.level())) + R"(","ts":)" + micros(static_cast<double>(time) / 1e3) +
               place;
    const double dur_us = std::clamp(e.get(slot::dur_ms).number().value_or(0), 0.0, 1e12) * 1e3;
    return R"({"ph":"X","name":)" + json_string(e.get(slot::span).text()) + R"(,"cat":"span","ts":)" +
           micros(static_cast<double>(time) / 1e3 - dur_us) + R"(,"dur":)" + micros(dur_us) + place;
}

int run(export_options const& options) {
    if (options.as_otlp + options.as_csv + options.as_chrome != 1)
        throw usage_error("export: one of --otlp, --csv, --chrome-trace");
    if (!options.columns.empty() && !options.as_csv) throw usage_error("--columns belongs to --csv");
    const selection from = options.input.select(stored_part::wanted);
    const column_list columns = columns_of({keys_of("--columns", options.columns), {}});
    std::uint64_t count = 0;
    if (options.as_csv) screen().write(csv_row(columns.names) + "\n");
    if (options.as_chrome) screen().write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
    struct chunk {
        std::string text;
        std::uint64_t count = 0;
    };
    const scan_report scanned = gather<chunk>(
        source_of(from), direction::forward,
        [&](unsigned, chunk& c, logkit::entry const& e, place) {
            ++c.count;
            if (options.as_otlp) c.text += otlp_line(e);
            if (options.as_csv) c.text += csv_line(e, columns);
            if (options.as_chrome) c.text += (c.text.empty() ? "" : ",\n") + chrome_event(e);
        },
        [&](chunk const& c) {
            if (options.as_chrome && count != 0 && c.count != 0) screen().write(",\n");
            count += c.count;
            screen().write(c.text);
            return true;
        });
    if (options.as_chrome) screen().write("\n]}\n");
    report(scanned);
    return count == 0 ? exit_code::nothing : exit_code::found;
}

}  // namespace

void add_export(CLI::App& app, int& status) {
    auto options = std::make_shared<export_options>();
    CLI::App& command = *app.add_subcommand("export", "Records for other programs: OTLP, CSV, Perfetto");
    options->input.add_to(command);
    command.add_flag("--otlp", options->as_otlp,
                     "OTLP/JSON lines, as the OpenTelemetry collector reads them: spans and log records");
    command.add_flag("--csv", options->as_csv,
                     "RFC 4180, with a head; fields of the program's own as JSON in `fields`");
    command.add_flag("--chrome-trace", options->as_chrome, "Chrome's trace events, for ui.perfetto.dev");
    command.add_option("--columns", options->columns, "Of --csv: these keys, with commas between them")
        ->option_text("KEY,...");
    command.footer(
        "Examples:\n"
        "  logkit export --otlp run.log* > otlp.jsonl\n"
        "  logkit export --csv --columns timestamp,span,dur_ms,http_status span=http.request\n"
        "  logkit export --chrome-trace --since 10m > trace.json    then open it in ui.perfetto.dev\n"
        "Exit status: 0 there were records, 1 there were none, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
