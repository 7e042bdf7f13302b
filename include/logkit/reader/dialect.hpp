// SPDX-License-Identifier: MIT
#pragma once

// How other loggers name what the record format names: pino, Bunyan, zap, zerolog, slog, structlog, ECS,
// log4j's JSON. Reader. A line of logkit's own is known by how it begins, and is never reinterpreted.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/base/level.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/json_view.hpp>

namespace logkit::detail {

// How every line of ours begins.
inline constexpr std::string_view own_beginning = R"({"timestamp":")";

// {"timestamp":"2026-11-21T08:56:05.123456Z","level":"info","event":"
[[nodiscard]] constexpr bool is_own_line(std::string_view line) noexcept {
    if (line.size() < 72 || !line.starts_with(own_beginning) || line.substr(41, 11) != R"(","level":")") return false;
    const std::size_t end = line.find('"', 52);
    return end <= 60 && line[52] >= 'a' && line.substr(end).starts_with(R"(","event":")");
}

// The best name wins where a line has several: `rank` 0 before 1.
struct alias {
    std::string_view key;
    slot meaning;
    std::uint8_t rank;
};
inline constexpr alias aliases[] = {
    {"timestamp", slot::timestamp, 0},
    {"@timestamp", slot::timestamp, 0},
    {"time", slot::timestamp, 1},
    {"ts", slot::timestamp, 2},
    {"instant", slot::timestamp, 3},
    {"level", slot::level, 0},
    {"log.level", slot::level, 0},
    {"severity", slot::level, 1},
    {"lvl", slot::level, 2},
    {"levelname", slot::level, 2},
    {"msg", slot::event, 0},
    {"message", slot::event, 1},
    {"event", slot::event, 2},
    {"body", slot::event, 3},
    {"trace_id", slot::trace_id, 0},
    {"trace.id", slot::trace_id, 1},
    {"traceId", slot::trace_id, 1},
    {"traceID", slot::trace_id, 1},
    {"span_id", slot::span_id, 0},
    {"span.id", slot::span_id, 1},
    {"spanId", slot::span_id, 1},
    {"spanID", slot::span_id, 1},
    {"parent_span_id", slot::parent_span_id, 0},
    {"parent.id", slot::parent_span_id, 1},
    {"parentSpanId", slot::parent_span_id, 1},
    {"exc_info", slot::exc_info, 0},
    {"err", slot::exc_info, 1},
    {"exception", slot::exc_info, 1},
    {"error", slot::exc_info, 2},
    {"src", slot::src, 0},
    {"caller", slot::src, 1},
    {"source", slot::src, 2},
    {"logger", slot::logger, 0},
    {"logger_name", slot::logger, 1},
    {"log.logger", slot::logger, 1},
    {"name", slot::logger, 2},
    {"thread", slot::thread, 0},
    {"dur_ms", slot::dur_ms, 0},
    {"duration_ms", slot::dur_ms, 1},
    {"status", slot::status, 0},
    {"span", slot::span, 0},
    {"sample_rate", slot::sample_rate, 0},
};

[[nodiscard]] constexpr alias const* find_alias(std::string_view key) noexcept {
    for (alias const& a : aliases)
        if (a.key == key) return &a;
    return nullptr;
}

// pino and Bunyan count 10 … 60.
[[nodiscard]] constexpr level level_from_number(double value) noexcept {
    return value < 20   ? level::trace
           : value < 30 ? level::debug
           : value < 40 ? level::info
           : value < 50 ? level::warning
           : value < 60 ? level::error
                        : level::critical;
}

[[nodiscard]] inline std::optional<level> level_from_json(json_view value) noexcept {
    if (!value.exists()) return std::nullopt;
    std::string_view name = value.escaped();
    switch (name.size()) {  // those of our own lines
        case 4:
            if (is_key(name, "info")) return level::info;
            break;
        case 5:
            if (is_key(name, "debug")) return level::debug;
            if (is_key(name, "error")) return level::error;
            if (is_key(name, "trace")) return level::trace;
            break;
        case 7:
            if (is_key(name, "warning")) return level::warning;
            break;
        default:
            break;
    }
    if (const auto known = level_from_name(name)) return known == level::off ? std::nullopt : known;
    if (const auto number = value.number()) return level_from_number(*number);
    name = name.substr(0, name.find_first_of("+-"));  // slog's "INFO+2"
    struct synonym {
        std::string_view name;
        level meaning;
    };
    constexpr synonym synonyms[] = {
        {"information", level::info},   {"informational", level::info}, {"notice", level::info},
        {"panic", level::critical},     {"dpanic", level::critical},    {"alert", level::critical},
        {"emergency", level::critical}, {"emerg", level::critical},     {"crit", level::critical},
        {"severe", level::error},       {"verbose", level::debug},      {"fine", level::debug},
    };
    for (synonym const& s : synonyms) {
        bool is_same = s.name.size() == name.size();
        for (std::size_t i = 0; is_same && i < name.size(); ++i) is_same = fold_case(name[i]) == s.name[i];
        if (is_same) return s.meaning;
    }
    return level_from_name(name);
}

}  // namespace logkit::detail
