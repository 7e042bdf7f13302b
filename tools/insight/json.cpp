// SPDX-License-Identifier: MIT
#include "insight/json.hpp"

#include "insight/text.hpp"

#include <cmath>

namespace insight {
namespace {

[[nodiscard]] json span_to_json(story const& told, std::size_t index, unsigned depth) {
    span_node const& span = told.spans()[index];
    json out{{"span_id", span.id},    {"span", span.name},       {"start", timestamp_of(span.start_ns)},
             {"dur_ms", span.dur_ms}, {"self_ms", span.self_ms}, {"status", span.end ? span.status : "open"}};
    out["records"] = json::array();
    for (const std::size_t record : span.records) out["records"].push_back(parse_record(told.records()[record].line));
    if (span.end) out["end"] = parse_record(told.records()[*span.end].line);
    out["children"] = json::array();
    for (const std::size_t child : span.children)
        if (depth < 100) out["children"].push_back(span_to_json(told, child, depth + 1));
    return out;
}

}  // namespace

double quantile_of(histogram const& numbers, double part) {
    const double value = numbers.quantile(part);
    if (value == 0 || value == numbers.largest() || value == numbers.smallest()) return value;
    const double unit = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
    return std::round(value * unit) / unit;
}

json parse_limited(std::string_view text) {
    constexpr int deepest = 64;
    return json::parse(
        text, [](int depth, json::parse_event_t, json&) { return depth <= deepest; }, false);
}

std::string document_text(json const& document) {
    return harmless_json(document.dump(-1, ' ', false, json::error_handler_t::replace));
}

json parse_record(std::string_view line) {
    json record = parse_limited(line);
    return record.is_discarded() ? json(std::string(line)) : record;
}

json to_json(failure_group const& group) {
    failure const& f = group.example;
    json out{{"fingerprint", group.fingerprint},
             {"title", group.title()},
             {"count", group.count},
             {"records", group.records},
             {"traces", group.traces.estimate()}};
    out["level"] = logkit::to_string(f.severity);
    for (auto const& [key, value] :
         {std::pair{"type", &f.type}, {"frame", &f.frame}, {"span", &f.span}, {"src", &f.src}})
        if (!value->empty()) out[key] = *value;
    if (group.first) out["first"] = timestamp_of(group.first);
    if (group.last) out["last"] = timestamp_of(group.last);
    if (!f.trace_id.empty()) out["trace_id"] = f.trace_id;
    if (!group.last_trace_id.empty()) out["last_trace_id"] = group.last_trace_id;
    out["example"] = parse_record(f.line);
    return out;
}

json to_json(std::string const& name, group_profile const& group, double seconds) {
    json out{{"name", name},
             {"seen", group.seen},
             {"count", group.count.value()},
             {"per_second", rate_of(group.count.value(), seconds)},
             {"failures", group.failures.value()},
             {"failure_rate", group.count.value() > 0 ? group.failures.value() / group.count.value() : 0}};
    if (group.durations.count() > 0) {
        json& ms = out["dur_ms"];
        ms = {{"p50", quantile_of(group.durations, 0.5)},
              {"p90", quantile_of(group.durations, 0.9)},
              {"p99", quantile_of(group.durations, 0.99)},
              {"max", group.durations.largest()},
              {"sum", group.durations.sum()}};
    }
    return out;
}

json to_json(histogram const& numbers) {
    json out{{"count", numbers.count()}};
    if (numbers.count() == 0) return out;
    out.update({{"sum", numbers.sum()},
                {"avg", numbers.average()},
                {"min", numbers.smallest()},
                {"p50", quantile_of(numbers, 0.5)},
                {"p90", quantile_of(numbers, 0.9)},
                {"p95", quantile_of(numbers, 0.95)},
                {"p99", quantile_of(numbers, 0.99)},
                {"max", numbers.largest()}});
    return out;
}

json to_json(story const& told, std::string const& trace_id) {
    json out{{"trace_id", trace_id},
             {"start", told.has_times() ? timestamp_of(told.start_ns()) : ""},
             {"dur_ms", told.dur_ms()},
             {"failed", told.has_failed()}};
    out["record_count"] = told.records().size();
    out["spans"] = json::array();
    for (const std::size_t root : told.roots()) out["spans"].push_back(span_to_json(told, root, 0));
    out["records"] = json::array();
    for (const std::size_t record : told.loose()) out["records"].push_back(parse_record(told.records()[record].line));
    return out;
}

}  // namespace insight
