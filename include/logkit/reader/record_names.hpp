// SPDX-License-Identifier: MIT
#pragma once

// How other programs name what the record format has a name for. Reader. A line of logkit's own is known by how it
// begins, and is never reinterpreted.
//
// One table says it all: a path of keys, what stands there, which name wins where a line has several (rank 0 before 1),
// which letter cases count, beside which other key it counts at all, and what its numbers mean. To teach the reader
// another program's log, add rows; a person adds some with `logkit --map`.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>
#include <logkit/reader/severity.hpp>

namespace logkit {

// What a value is: the record format's own keys, in the order of `reserved_keys`, then what others have a name for;
// `none` is a field of the program's.
enum class slot : std::uint8_t {
    timestamp,
    level,
    event,
    trace_id,
    span_id,
    parent_span_id,
    span,
    dur_ms,
    status,
    exc_info,
    src,
    logger,
    thread,
    sample_rate,
    dropped,
    recovered,
    exc_type,          // of an exception whose parts have keys of their own
    exc_message,       //
    exc_stack,         //
    message_template,  // Serilog's "{Count} items packed"
    text_lines,        // of text between the records: how many lines it has (reader/text_record.hpp)
    http_status,       // these three stay fields as well
    http_method,       //
    http_path,         //
    none
};
inline constexpr auto slot_count = static_cast<std::size_t>(slot::none);

// A name cannot be mapped; the message says which are there.
class mapping_error : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

namespace detail {

struct record_name {
    std::string_view path;
    slot meaning;
    std::uint8_t rank;
    bool folds_case = true;
    std::string_view sibling = {};  // counts only where the line has this key, too
    level_scale scale = level_scale::common;
};

inline constexpr bool exact = false;
inline constexpr record_name record_names_known[] = {
    // ── when
    {"timestamp", slot::timestamp, 0},
    {"@timestamp", slot::timestamp, 0},
    {"@t", slot::timestamp, 0, exact},  // Serilog's CLEF
    {"time", slot::timestamp, 1},
    {"ts", slot::timestamp, 2},
    {"datetime", slot::timestamp, 2},  // Monolog
    {"asctime", slot::timestamp, 3},   // Python
    {"instant", slot::timestamp, 3},   // log4j2
    {"timeMillis", slot::timestamp, 3},
    {"eventTime", slot::timestamp, 3},  // CloudTrail
    {"event_time", slot::timestamp, 3},
    {"t", slot::timestamp, 3, exact, "lvl"},  // log15
    {"t", slot::timestamp, 3, exact, "s"},    // MongoDB
    {"T", slot::timestamp, 3, exact, "M"},    // zap's development keys
    {"_time", slot::timestamp, 3},            // VictoriaLogs
    {"stageTimestamp", slot::timestamp, 3},   // Kubernetes' audit log
    {"requestReceivedTimestamp", slot::timestamp, 4},
    {"StartUTC", slot::timestamp, 3},  // Traefik
    {"start_time", slot::timestamp, 5},
    {"time_iso8601", slot::timestamp, 3},  // nginx
    {"time_local", slot::timestamp, 4},
    {"msec", slot::timestamp, 5},
    {"date", slot::timestamp, 4},  // fluent-bit
    {"__REALTIME_TIMESTAMP", slot::timestamp, 4, exact},
    {"_SOURCE_REALTIME_TIMESTAMP", slot::timestamp, 3, exact},  // journald: when it was sent
    {"timestamp_ms", slot::timestamp, 3},
    {"timestampMillis", slot::timestamp, 3},
    {"logged_at", slot::timestamp, 4},
    {"created", slot::timestamp, 6, true, "levelname"},  // Python
    {"receiveTimestamp", slot::timestamp, 6},
    {"created_at", slot::timestamp, 7},
    // ── how serious
    {"level", slot::level, 0, true, "short_message", level_scale::syslog},  // GELF
    {"level", slot::level, 0, true, "facility", level_scale::syslog},
    {"level", slot::level, 0},
    {"log.level", slot::level, 0},
    {"@l", slot::level, 0, exact},
    {"@level", slot::level, 0},  // hclog
    {"level.name", slot::level, 1},
    {"error_severity", slot::level, 0},  // PostgreSQL
    {"severity", slot::level, 1, true, "facility", level_scale::syslog},
    {"severity", slot::level, 1, true, {}, level_scale::google},
    {"severity_text", slot::level, 1},
    {"severityText", slot::level, 1},
    {"level_name", slot::level, 1},  // Monolog
    {"loglevel", slot::level, 1},    // .NET
    {"log_level", slot::level, 1},
    {"lvl", slot::level, 2},
    {"levelname", slot::level, 2},
    {"jsonPayload.level", slot::level, 2},
    {"jsonPayload.severity", slot::level, 2},
    {"s", slot::level, 3, exact, "t"},  // MongoDB
    {"L", slot::level, 3, exact, "M"},
    {"label", slot::level, 3, true, "prio"},  // MySQL
    {"levelno", slot::level, 3, true, {}, level_scale::python},
    {"severity_number", slot::level, 3, true, {}, level_scale::otel},
    {"severityNumber", slot::level, 3, true, {}, level_scale::otel},
    {"PRIORITY", slot::level, 3, exact, {}, level_scale::syslog},  // journald
    {"priority", slot::level, 4, true, {}, level_scale::syslog},
    {"syslog_severity", slot::level, 4, true, {}, level_scale::syslog},
    {"level_value", slot::level, 4},
    // ── what
    {"msg", slot::event, 0},
    {"@m", slot::event, 0, exact},
    {"@message", slot::event, 0},
    {"MESSAGE", slot::event, 1, exact},  // journald, in an array of bytes where it has control characters
    {"message", slot::event, 1},
    {"RenderedMessage", slot::event, 1},
    {"short_message", slot::event, 1},
    {"textPayload", slot::event, 1},
    {"fields.message", slot::event, 1},  // Rust's tracing
    {"_msg", slot::event, 1},
    {"event", slot::event, 2},
    {"jsonPayload.message", slot::event, 2},
    {"jsonPayload.msg", slot::event, 2},
    {"M", slot::event, 2, exact, "L"},
    {"body", slot::event, 3},
    {"log", slot::event, 4},
    {"eventName", slot::event, 4},
    {"protoPayload.methodName", slot::event, 5},
    {"event.original", slot::event, 5},
    {"errorMessage", slot::event, 5},
    {"text", slot::event, 6},
    {"line", slot::event, 7},
    {"request", slot::event, 8},  // nginx: "GET / HTTP/1.1"
    // ── of what
    {"trace_id", slot::trace_id, 0},
    {"@tr", slot::trace_id, 0, exact},
    {"trace.id", slot::trace_id, 1},
    {"traceId", slot::trace_id, 1},
    {"otelTraceID", slot::trace_id, 1},
    {"logging.googleapis.com/trace", slot::trace_id, 1},
    {"contextMap.traceId", slot::trace_id, 2},  // log4j2
    {"contextMap.trace_id", slot::trace_id, 2},
    {"mdc.traceId", slot::trace_id, 2},  // Quarkus
    {"mdc.trace_id", slot::trace_id, 2},
    {"context.trace_id", slot::trace_id, 2},
    {"dd.trace_id", slot::trace_id, 3},
    {"trace", slot::trace_id, 4},
    {"span_id", slot::span_id, 0},
    {"@sp", slot::span_id, 0, exact},
    {"span.id", slot::span_id, 1},
    {"spanId", slot::span_id, 1},
    {"otelSpanID", slot::span_id, 1},
    {"logging.googleapis.com/spanId", slot::span_id, 1},
    {"contextMap.spanId", slot::span_id, 2},
    {"contextMap.span_id", slot::span_id, 2},
    {"mdc.spanId", slot::span_id, 2},
    {"mdc.span_id", slot::span_id, 2},
    {"dd.span_id", slot::span_id, 3},
    {"parent_span_id", slot::parent_span_id, 0},
    {"parent.id", slot::parent_span_id, 1},
    {"parentSpanId", slot::parent_span_id, 1},
    {"mdc.parentId", slot::parent_span_id, 2},
    {"span", slot::span, 0},
    {"span.name", slot::span, 1},
    {"dur_ms", slot::dur_ms, 0},
    {"duration_ms", slot::dur_ms, 1},
    {"elapsed_ms", slot::dur_ms, 2},
    {"responseTime", slot::dur_ms, 2},  // pino-http
    {"attr.durationMillis", slot::dur_ms, 3},
    {"status", slot::status, 0},
    {"sample_rate", slot::sample_rate, 0},
    // ── what went wrong
    {"exc_info", slot::exc_info, 0},
    {"@x", slot::exc_info, 0, exact},
    {"err", slot::exc_info, 1},
    {"exception", slot::exc_info, 1},
    {"thrown", slot::exc_info, 1},             // log4j2
    {"context.exception", slot::exc_info, 1},  // Monolog
    {"error", slot::exc_info, 2},
    {"fields.error", slot::exc_info, 2},
    {"attr.error", slot::exc_info, 3},
    {"jsonPayload.exception", slot::exc_info, 3},
    {"error.type", slot::exc_type, 0},
    {"exception.type", slot::exc_type, 0},
    {"error.kind", slot::exc_type, 1},
    {"errorCode", slot::exc_type, 2, true, "eventName"},
    {"error.message", slot::exc_message, 0},
    {"exception.message", slot::exc_message, 0},
    {"errorMessage", slot::exc_message, 2, true, "errorCode"},
    {"stack", slot::exc_stack, 0},
    {"stacktrace", slot::exc_stack, 0},
    {"stack_trace", slot::exc_stack, 0},
    {"error.stack_trace", slot::exc_stack, 0},
    {"error.stack", slot::exc_stack, 0},
    {"exception.stacktrace", slot::exc_stack, 0},
    {"exc_text", slot::exc_stack, 1},
    {"traceback", slot::exc_stack, 1},
    {"backtrace", slot::exc_stack, 1},
    {"S", slot::exc_stack, 1, exact, "M"},
    {"errorVerbose", slot::exc_stack, 2},
    // ── where
    {"src", slot::src, 0},
    {"caller", slot::src, 1},
    {"source", slot::src, 2},
    {"C", slot::src, 2, exact, "M"},
    {"logging.googleapis.com/sourceLocation", slot::src, 2},
    {"log.origin", slot::src, 3},
    {"logger", slot::logger, 0},
    {"logger_name", slot::logger, 1},
    {"loggerName", slot::logger, 1},
    {"log.logger", slot::logger, 1},
    {"@module", slot::logger, 1},
    {"@logger", slot::logger, 1},
    {"SourceContext", slot::logger, 1},
    {"Properties.SourceContext", slot::logger, 1},
    {"name", slot::logger, 2},
    {"N", slot::logger, 2, exact, "M"},
    {"target", slot::logger, 2, true, "fields"},
    {"category", slot::logger, 3},
    {"channel", slot::logger, 3, true, "level_name"},
    {"SYSLOG_IDENTIFIER", slot::logger, 3, exact},
    {"c", slot::logger, 4, exact, "s"},
    {"thread", slot::thread, 0},
    {"threadName", slot::thread, 1},
    {"thread_name", slot::thread, 1},
    {"text_lines", slot::text_lines, 0, exact},
    // ── who asked, and what came of it
    {"http_status", slot::http_status, 0},
    {"http.response.status_code", slot::http_status, 0},
    {"http.status_code", slot::http_status, 0},
    {"DownstreamStatus", slot::http_status, 0},  // Traefik
    {"responseStatus.code", slot::http_status, 0},
    {"httpRequest.status", slot::http_status, 0},
    {"res.statusCode", slot::http_status, 0},
    {"response.status_code", slot::http_status, 0},
    {"response.status", slot::http_status, 1},
    {"response_code", slot::http_status, 1},  // Envoy
    {"statusCode", slot::http_status, 1},
    {"status_code", slot::http_status, 1},
    {"status", slot::http_status, 2},
    {"method", slot::http_method, 1},
    {"http.request.method", slot::http_method, 0},
    {"http.method", slot::http_method, 0},
    {"RequestMethod", slot::http_method, 0},
    {"request_method", slot::http_method, 0},
    {"httpRequest.requestMethod", slot::http_method, 0},
    {"req.method", slot::http_method, 0},
    {"request.method", slot::http_method, 0},
    {"http_method", slot::http_method, 0},
    {"verb", slot::http_method, 2},
    {"url.path", slot::http_path, 0},
    {"url.original", slot::http_path, 1},
    {"http.target", slot::http_path, 0},
    {"http.url", slot::http_path, 1},
    {"RequestPath", slot::http_path, 0},
    {"requestURI", slot::http_path, 0},
    {"request_uri", slot::http_path, 0},
    {"httpRequest.requestUrl", slot::http_path, 0},
    {"req.url", slot::http_path, 0},
    {"request.uri", slot::http_path, 0},
    {"path", slot::http_path, 1},
    {"uri", slot::http_path, 1},
    {"url", slot::http_path, 2},
    {"request", slot::http_path, 3},
    {"@mt", slot::message_template, 0, exact},
    {"MessageTemplate", slot::message_template, 0},
};

}  // namespace detail

// The table, made fit for looking things up. One for the process: what a person adds counts for every reader; it is
// added before the first line is read.
class record_names {
  public:
    [[nodiscard]] static record_names& known() {
        static record_names names;
        return names;
    }

    // From now on, what stands at `path` ("fields.message") is `name` ("message"), before all other names for it.
    // Throws mapping_error. Not while anybody reads.
    void add(std::string_view name, std::string_view path) {
        struct nameable {
            std::string_view name;
            slot meaning;
        };
        constexpr nameable all[] = {
            {"time", slot::timestamp},
            {"timestamp", slot::timestamp},
            {"level", slot::level},
            {"message", slot::event},
            {"event", slot::event},
            {"trace_id", slot::trace_id},
            {"span_id", slot::span_id},
            {"parent_span_id", slot::parent_span_id},
            {"span", slot::span},
            {"dur_ms", slot::dur_ms},
            {"status", slot::status},
            {"exception", slot::exc_info},
            {"exc_info", slot::exc_info},
            {"stack", slot::exc_stack},
            {"src", slot::src},
            {"logger", slot::logger},
            {"thread", slot::thread},
            {"http_status", slot::http_status},
            {"sample_rate", slot::sample_rate},
        };
        for (nameable const& n : all) {
            if (n.name != name) continue;
            if (path.empty()) break;
            owned_.emplace_back(std::make_unique<std::string>(path));
            rows_.push_back({*owned_.back(), n.meaning, mapped_rank, false, {}, detail::level_scale::common});
            index();
            return;
        }
        throw mapping_error("map '" + std::string(name) + "=" + std::string(path) +
                            "': write NAME=PATH, as in message=fields.message; NAME is one of time, level, message, "
                            "trace_id, span_id, parent_span_id, span, dur_ms, status, exception, stack, src, logger, "
                            "thread, http_status, sample_rate");
    }

    struct found {
        detail::record_name const* first = nullptr;  // the rows of that path stand one after the other
        std::size_t count = 0;
        bool is_parent = false;  // some path goes on inside of it
    };
    [[nodiscard]] found find(std::string_view path) const noexcept {
        if (path.size() > longest_) return {};
        for (std::size_t at = hash(path) % table_size; table_[at] != 0; at = (at + 1) % table_size) {
            group const& g = groups_[table_[at] - 1];
            if (g.path.size() != path.size() || !is_same(g.path, path)) continue;
            return {rows_.data() + g.first, g.count, g.is_parent};
        }
        return {};
    }
    // Does this row count for a key that is spelled so?
    [[nodiscard]] static bool is_spelled(detail::record_name const& row, std::string_view path) noexcept {
        return row.folds_case || row.path == path;
    }

  private:
    struct group {
        std::string_view path;
        std::size_t first = 0, count = 0;
        bool is_parent = false;
    };
    static constexpr std::size_t table_size = 2048;
    static constexpr std::uint8_t mapped_rank = 0, first_known_rank = 1;

    record_names() {
        for (detail::record_name row : detail::record_names_known) {
            row.rank = static_cast<std::uint8_t>(row.rank + first_known_rank);
            rows_.push_back(row);
        }
        index();
    }
    [[nodiscard]] static std::uint64_t hash(std::string_view path) noexcept {
        std::uint64_t h = path.size();
        for (const char c : path) h = (h ^ static_cast<unsigned char>(c | 0x20)) * 0x9e3779b97f4a7c15ULL;
        return h >> 40;
    }
    [[nodiscard]] static bool is_same(std::string_view a, std::string_view b) noexcept {
        for (std::size_t i = 0; i < a.size(); ++i)
            if (a[i] != b[i] && detail::fold_case(a[i]) != detail::fold_case(b[i])) return false;
        return true;
    }
    void index() {
        const auto folded_less = [](detail::record_name const& a, detail::record_name const& b) {
            return std::lexicographical_compare(
                a.path.begin(), a.path.end(), b.path.begin(), b.path.end(),
                [](char x, char y) { return detail::fold_case(x) < detail::fold_case(y); });
        };
        std::stable_sort(rows_.begin(), rows_.end(), folded_less);
        groups_.clear();
        table_.fill(0);
        longest_ = 0;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            group& g = group_at(rows_[i].path);
            if (g.count++ == 0) g.first = i;
            for (std::size_t dot = rows_[i].path.find('.'); dot != std::string_view::npos;
                 dot = rows_[i].path.find('.', dot + 1))
                group_at(rows_[i].path.substr(0, dot)).is_parent = true;
        }
    }
    group& group_at(std::string_view path) {
        longest_ = std::max(longest_, path.size());
        std::size_t at = hash(path) % table_size;
        for (; table_[at] != 0; at = (at + 1) % table_size)
            if (group& g = groups_[table_[at] - 1]; g.path.size() == path.size() && is_same(g.path, path)) return g;
        if (groups_.size() + 1 >= table_size / 2) throw mapping_error("map: there are too many");
        groups_.push_back({path, 0, 0, false});
        table_[at] = static_cast<std::uint16_t>(groups_.size());
        return groups_.back();
    }

    std::vector<detail::record_name> rows_;
    std::vector<group> groups_;
    std::array<std::uint16_t, table_size> table_{};  // of groups_, plus one; 0: nothing
    std::size_t longest_ = 0;
    std::vector<std::unique_ptr<std::string>> owned_;  // the paths that were added
};

}  // namespace logkit
