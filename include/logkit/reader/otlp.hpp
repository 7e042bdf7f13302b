// SPDX-License-Identifier: MIT
#pragma once

// OTLP in JSON, as the OpenTelemetry collector's file exporter writes it: one line holds many records. They are
// rewritten in the record format, one line each. Reader.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/decimal.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/base/level.hpp>
#include <logkit/base/reserved_keys.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/render/timestamp.hpp>

namespace logkit::detail {

[[nodiscard]] constexpr bool is_otlp_line(std::string_view line) noexcept {
    return line.starts_with(R"({"resourceLogs")") || line.starts_with(R"({"resourceSpans")");
}

class otlp_converter {
  public:
    // The records of an OTLP line as lines of the record format; empty where it is not OTLP after all.
    [[nodiscard]] std::vector<std::string> convert(std::string_view line) {
        lines_.clear();
        element document;
        if (parser_.parse(line.data(), line.size()).get(document) == simdjson::SUCCESS) {
            for (element resource : list(document, "resourceLogs"))
                for (element scope : list(resource, "scopeLogs"))
                    for (element record : list(scope, "logRecords")) add_log(resource, record);
            for (element resource : list(document, "resourceSpans"))
                for (element scope : list(resource, "scopeSpans"))
                    for (element span : list(scope, "spans")) add_span(resource, span);
        }
        return std::move(lines_);
    }

  private:
    using element = simdjson::dom::element;
    // Values may nest; deeper ones are cut.
    static constexpr unsigned deepest = 32;

    [[nodiscard]] static std::vector<element> list(element of, const char* key) {
        std::vector<element> items;
        simdjson::dom::array array;
        if (of[key].get(array) == simdjson::SUCCESS)
            for (element item : array) items.push_back(item);
        return items;
    }
    [[nodiscard]] static std::string_view text(element of, const char* key) {
        std::string_view value;
        return of[key].get(value) == simdjson::SUCCESS ? value : std::string_view{};
    }
    // 64-bit integers come as texts.
    [[nodiscard]] static std::int64_t integer(element of, const char* key) {
        std::int64_t value = 0;
        if (of[key].get(value) == simdjson::SUCCESS) return value;
        const std::string_view digits = text(of, key);
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

    static void append_value(std::string& out, element value, unsigned depth = 0) {
        element inside;
        if (depth == deepest) {
            out += "null";
        } else if (value["intValue"].get(inside) == simdjson::SUCCESS) {
            out += std::to_string(integer(value, "intValue"));
        } else if (value["doubleValue"].get(inside) == simdjson::SUCCESS ||
                   value["boolValue"].get(inside) == simdjson::SUCCESS) {
            out += simdjson::minify(inside);
        } else if (value["arrayValue"].get(inside) == simdjson::SUCCESS) {
            out += '[';
            const char* comma = "";
            for (element item : list(inside, "values")) {
                out += comma;
                append_value(out, item, depth + 1);
                comma = ",";
            }
            out += ']';
        } else if (value["kvlistValue"].get(inside) == simdjson::SUCCESS) {
            out += '{';
            const char* comma = "";
            for (element item : list(inside, "values")) {
                out += comma + json_string(text(item, "key")) + ':';
                element member;
                if (item["value"].get(member) == simdjson::SUCCESS)
                    append_value(out, member, depth + 1);
                else
                    out += "null";
                comma = ",";
            }
            out += '}';
        } else {
            out += json_string(text(value, "stringValue"));
        }
    }

    void begin(std::string& line, std::int64_t unix_ns, level severity) {
        (void)timestamps_.write_line_start(start_, unix_ns);
        line.assign(start_, line_start_size);
        line += R"(,"level":")" + std::string(to_string(severity)) + R"(","event":)";
    }
    static void add_text(std::string& line, std::string_view key, std::string_view value) {
        if (!value.empty()) line += ",\"" + std::string(key) + "\":" + json_string(value);
    }
    static void add_attributes(std::string& line, element of, std::string* seen) {
        for (element attribute : list(of, "attributes")) {
            const std::string_view key = text(attribute, "key");
            element value;
            if (key.starts_with("exception.") || attribute["value"].get(value) != simdjson::SUCCESS) continue;
            const std::string name = json_string(written_key(key));
            if (seen->find(name + ':') != std::string::npos) continue;  // the innermost came first
            *seen += name + ':';
            line += ',' + name + ':';
            append_value(line, value);
        }
    }
    static void add_fields(std::string& line, element resource, element record) {
        std::string seen;
        add_attributes(line, record, &seen);
        element of_resource;
        if (resource["resource"].get(of_resource) == simdjson::SUCCESS) add_attributes(line, of_resource, &seen);
    }
    static void add_exception(std::string& line, element of) {
        std::string type, what, stack;
        for (element attribute : list(of, "attributes")) {
            element value;
            if (attribute["value"].get(value) != simdjson::SUCCESS) continue;
            const std::string_view key = text(attribute, "key");
            if (key == "exception.type") type = text(value, "stringValue");
            if (key == "exception.message") what = text(value, "stringValue");
            if (key == "exception.stacktrace") stack = text(value, "stringValue");
        }
        if (type.empty() && what.empty()) return;
        line += R"(,"exc_info":{"type":)" + json_string(type) + R"(,"what":)" + json_string(what) + R"(,"stack":[)";
        const char* comma = "";
        for (std::string_view rest = stack; !rest.empty();) {
            line += comma + json_string(take_until(rest, '\n'));
            comma = ",";
        }
        line += "]}";
    }
    // Severity numbers come in fours: TRACE 1-4, DEBUG 5-8, INFO 9-12, WARN, ERROR, FATAL.
    [[nodiscard]] static level severity_of(element record) {
        const std::int64_t number = integer(record, "severityNumber");
        if (number >= 1 && number <= 24) return static_cast<level>((number - 1) / 4);
        return level_from_name(text(record, "severityText")).value_or(level::info);
    }

    void add_log(element resource, element record) {
        std::string line;
        std::int64_t time = integer(record, "timeUnixNano");
        if (time == 0) time = integer(record, "observedTimeUnixNano");
        begin(line, time, severity_of(record));
        element body;
        if (record["body"].get(body) == simdjson::SUCCESS)
            append_value(line, body);
        else
            line += "\"\"";
        add_text(line, "trace_id", text(record, "traceId"));
        add_text(line, "span_id", text(record, "spanId"));
        add_fields(line, resource, record);
        add_exception(line, record);
        lines_.push_back(line + '}');
    }
    void add_span(element resource, element span) {
        std::string line;
        const std::int64_t end = integer(span, "endTimeUnixNano"), start = integer(span, "startTimeUnixNano");
        element status;
        const bool has_failed = span["status"].get(status) == simdjson::SUCCESS && integer(status, "code") == 2;
        begin(line, end, has_failed ? level::error : level::info);
        line += "\"END\"";
        add_text(line, "trace_id", text(span, "traceId"));
        add_text(line, "span_id", text(span, "spanId"));
        add_text(line, "parent_span_id", text(span, "parentSpanId"));
        add_text(line, "span", text(span, "name"));
        add_fields(line, resource, span);
        char number[longest_number + 8];
        line += ",\"dur_ms\":";
        line.append(number, write_float(number, static_cast<double>(end < start ? 0 : end - start) / 1e6));
        line += has_failed ? R"(,"status":"error")" : R"(,"status":"success")";
        for (element event : list(span, "events")) {
            if (text(event, "name") != "exception") continue;
            add_exception(line, event);
            break;
        }
        lines_.push_back(line + '}');
    }

    simdjson::dom::parser parser_;
    timestamp_writer timestamps_;
    char start_[64] = {};
    std::vector<std::string> lines_;
};

}  // namespace logkit::detail
