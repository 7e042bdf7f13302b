// SPDX-License-Identifier: MIT
#pragma once

// The many ways to write how serious a record is → one of six levels. Reader.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/base/hash.hpp>
#include <logkit/base/level.hpp>
#include <logkit/reader/json_view.hpp>

namespace logkit::detail {

// What numbers mean, as the key and those beside it tell (reader/record_names.hpp).
enum class level_scale : std::uint8_t {
    common,  // pino and Bunyan 10…60, Monolog 100…600, logback 5000…40000
    syslog,  // 0 emergency … 7 debug: journald, GELF, RFC 5424
    python,  // 10…50
    google,  // 0, 100…800
    otel,    // 1…24
};

[[nodiscard]] constexpr std::optional<level> level_from_number(double value, level_scale scale) noexcept {
    // Each step's first number; what is below the first has no level.
    struct steps {
        double trace, debug, info, warning, error, critical;
    };
    constexpr auto pick = [](double v, steps s) -> std::optional<level> {
        if (v >= s.critical) return level::critical;
        if (v >= s.error) return level::error;
        if (v >= s.warning) return level::warning;
        if (v >= s.info) return level::info;
        if (v >= s.debug) return level::debug;
        return v >= s.trace ? std::optional(level::trace) : std::nullopt;
    };
    switch (scale) {
        case level_scale::syslog:
            if (!(value >= 0 && value <= 7)) return std::nullopt;
            return pick(7 - value, {0, 0, 1, 3, 4, 5});
        case level_scale::python:
            return pick(value, {1, 10, 20, 30, 40, 50});
        case level_scale::google:
            return value == 0 ? level::info : pick(value, {1, 100, 200, 400, 500, 600});
        case level_scale::otel:
            return pick(value, {1, 5, 9, 13, 17, 21});
        default:
            break;
    }
    if (value >= 5000) return pick(value, {5000, 10'000, 20'000, 30'000, 40'000, 50'000});
    if (value >= 100) return pick(value, {100, 100, 200, 300, 400, 500});
    return pick(value, {10, 20, 30, 40, 50, 60});
}

// What stands around a level's name: blanks, brackets, a colon, and the escape sequences of colours.
[[nodiscard]] inline std::string bare_level_name(std::string_view name) {
    std::string bare;
    for (std::size_t i = 0; i < name.size() && bare.size() < 24; ++i) {
        if (name[i] == '\x1b' && i + 1 < name.size() && name[i + 1] == '[') {
            for (i += 2; i < name.size() && !(name[i] >= '@' && name[i] <= '~');) ++i;
            continue;
        }
        const char c = fold_case(name[i]);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            bare += c;
        else if (!bare.empty())
            break;  // slog's "INFO+2", "ERROR: …"
    }
    return bare;
}

[[nodiscard]] inline std::optional<level> level_from_text(std::string_view name) {
    if (const auto known = level_from_name(name)) return known == level::off ? std::nullopt : known;
    struct synonym {
        std::string_view name;
        level meaning;
    };
    constexpr synonym synonyms[] = {
        {"information", level::info},
        {"informational", level::info},
        {"notice", level::info},
        {"panic", level::critical},
        {"dpanic", level::critical},
        {"alert", level::critical},
        {"emergency", level::critical},
        {"emerg", level::critical},
        {"crit", level::critical},
        {"severe", level::error},
        {"verbose", level::debug},
        {"fine", level::debug},
        {"finer", level::trace},
        {"finest", level::trace},
        {"config", level::debug},
        {"failure", level::error},
        {"success", level::info},
        {"log", level::info},
        {"statement", level::info},
        {"note", level::info},
        {"detail", level::info},
        {"hint", level::info},
        {"system", level::info},
        {"t", level::trace},
        {"d", level::debug},
        {"v", level::debug},
        {"i", level::info},
        {"n", level::info},
        {"w", level::warning},
        {"e", level::error},
        {"f", level::critical},
        {"c", level::critical},
        {"p", level::critical},
        {"a", level::critical},
        {"trc", level::trace},
        {"trac", level::trace},
        {"trce", level::trace},
        {"dbg", level::debug},
        {"debg", level::debug},
        {"dbug", level::debug},
        {"debu", level::debug},
        {"vrb", level::debug},
        {"inf", level::info},
        {"ntc", level::info},
        {"noti", level::info},
        {"wrn", level::warning},
        {"wrng", level::warning},
        {"wng", level::warning},
        {"erro", level::error},
        {"eror", level::error},
        {"ftl", level::critical},
        {"fatl", level::critical},
        {"fata", level::critical},
        {"fat", level::critical},
        {"cri", level::critical},
        {"crt", level::critical},
        {"pan", level::critical},
        {"pnc", level::critical},
        {"pani", level::critical},
        {"emg", level::critical},
        {"emrg", level::critical},
        {"alrt", level::critical},
        {"d1", level::debug},
        {"d2", level::debug},
        {"d3", level::debug},
        {"d4", level::trace},
        {"d5", level::trace},
        {"debug1", level::debug},
        {"debug2", level::debug},
        {"debug3", level::debug},
        {"debug4", level::trace},
        {"debug5", level::trace},
    };
    const std::string bare = bare_level_name(name);
    if (const auto known = level_from_name(bare)) return known == level::off ? std::nullopt : known;
    for (synonym const& s : synonyms)
        if (s.name == bare) return s.meaning;
    return std::nullopt;
}

[[nodiscard]] inline std::optional<level> level_from_json(json_view value, level_scale scale = level_scale::common) {
    if (!value.exists()) return std::nullopt;
    const std::string_view name = value.escaped();
    switch (name.size()) {  // those of our own lines
        case 4:
            if (name == "info") return level::info;
            break;
        case 5:
            if (name == "debug") return level::debug;
            if (name == "error") return level::error;
            if (name == "trace") return level::trace;
            break;
        case 7:
            if (name == "warning") return level::warning;
            break;
        default:
            break;
    }
    if (const auto number = value.number()) return level_from_number(*number, scale);
    if (!value.is_text()) return std::nullopt;
    return value.has_escapes() ? level_from_text(value.text()) : level_from_text(name);
}

}  // namespace logkit::detail
