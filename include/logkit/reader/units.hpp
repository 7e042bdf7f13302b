// SPDX-License-Identifier: MIT
#pragma once

// Which lines of a log belong together: a record on a line, one printed over several, several on one, one behind a
// prefix; and text that no logger wrote: a panic, a traceback, a sanitizer's report, each with all its lines. Reader.
//
// Blocks of a file are cut where such a unit begins (unit_start_before, unit_start_from), so that none is torn by it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <logkit/base/text_parts.hpp>
#include <logkit/reader/json_view.hpp>
#include <logkit/reader/stack_text.hpp>

namespace logkit::detail {

enum class unit_kind : std::uint8_t {
    record,    // a line that begins with { : most
    joined,    // a record over several lines
    items,     // records in an array, or several on a line
    prefixed,  // something, then what may be a record
    text,      // anything else
    nothing    // blank, or punctuation of an array
};

struct unit {
    std::string_view lines;  // without the last one's end
    unit_kind kind = unit_kind::nothing;
};

inline constexpr std::size_t longest_joined = std::size_t{1} << 20;
inline constexpr std::size_t longest_text_unit = std::size_t{1} << 20;

// Where the first line of `text` ends.
[[nodiscard]] inline std::size_t line_end(std::string_view text) noexcept {
    const auto* const end = static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
    return end == nullptr ? text.size() : static_cast<std::size_t>(end - text.data());
}
// Where in a line that does not begin with it a record may begin; npos: nowhere.
[[nodiscard]] inline std::size_t record_in(std::string_view line) noexcept {
    for (std::size_t at = 0; (at = line.find('{', at)) != std::string_view::npos; ++at) {
        const std::size_t next = line.find_first_not_of(" \t", at + 1);
        if (next != std::string_view::npos && line[next] == '"') return at;
    }
    return std::string_view::npos;
}

// Kubernetes' container runtimes write "2026-02-03T09:10:11.1Z stdout F " before each line; P: it goes on in the next.
struct cri_prefix {
    std::string_view time, stream, rest;
    bool goes_on = false;
};
[[nodiscard]] inline bool read_cri(std::string_view line, cri_prefix& into) noexcept {
    if (line.size() < 30 || line[4] != '-' || line[10] != 'T') return false;
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || blank > 40) return false;
    std::string_view rest = line.substr(blank + 1);
    if (!rest.starts_with("stdout ") && !rest.starts_with("stderr ")) return false;
    if (rest.size() < 9 || (rest[7] != 'F' && rest[7] != 'P') || (rest.size() > 9 && rest[8] != ' ')) return false;
    into = {line.substr(0, blank), rest.substr(0, 6), rest.substr(std::min<std::size_t>(9, rest.size())),
            rest[7] == 'P'};
    return true;
}
// Docker's json-file driver wraps each line; one that does not end with a line end goes on in the next.
inline constexpr std::string_view docker_beginning = R"({"log":")";
[[nodiscard]] inline bool is_docker_line(std::string_view line) noexcept {
    return line.starts_with(docker_beginning) && line.ends_with('}') &&
           (line.find(R"(","stream":")") != std::string_view::npos ||
            line.find(R"(","time":")") != std::string_view::npos);
}
[[nodiscard]] inline bool goes_on_in_next(std::string_view line) noexcept {
    if (cri_prefix cri; read_cri(line, cri)) return cri.goes_on;
    return is_docker_line(line) && line.find(R"(\n",")") == std::string_view::npos;
}

// How long the prefix is that docker compose ("web-1  | ") or kubectl ("[pod/shop-1/web] ") puts before each line; 0:
// none.
[[nodiscard]] inline std::size_t container_prefix(std::string_view line) noexcept {
    if (line.starts_with("[pod/")) {
        const std::size_t end = line.find("] ");
        return end == std::string_view::npos || line.find(' ') != end + 1 ? 0 : end + 2;
    }
    std::size_t at = 0;
    const auto is_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    while (at < line.size() && at < 64 && is_name(line[at])) ++at;
    if (at == 0) return 0;
    while (at < line.size() && line[at] == ' ') ++at;
    if (at == line.size() || line[at] != '|' || line[at - 1] != ' ') return 0;
    return std::min(at + 2, line.size());
}

// "2026-02-03 09…", "[2026-02-03…", "2026/02/03 …": a logger wrote this line, and it begins something.
[[nodiscard]] inline bool begins_with_date(std::string_view line) noexcept {
    if (line.starts_with('[')) line.remove_prefix(1);
    constexpr std::string_view shape = "0000-00-00";
    if (line.size() < shape.size() + 6) return false;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == '0' ? !is_digit(line[i]) : line[i] != '-' && line[i] != '/') return false;
    return true;
}

// How a text of several lines goes on.
enum class text_form : std::uint8_t { plain, python, stack, go, rust, sanitizer };

// `next`: the line behind it.
[[nodiscard]] inline text_form form_of_text(std::string_view line, std::string_view next) noexcept {
    const auto has = [&](std::string_view what) { return line.find(what) != std::string_view::npos; };
    if (has("Traceback (most recent call last)")) return text_form::python;
    if (line.starts_with("panic: ") || line.starts_with("fatal error: ") || has("http: panic serving "))
        return text_form::go;
    if (line.starts_with("thread '") && has(" panicked at ")) return text_form::rust;
    if (has("Sanitizer: ")) return text_form::sanitizer;
    if (line.size() >= 18 && line.find_first_not_of('=') == std::string_view::npos &&
        next.find("Sanitizer: ") != std::string_view::npos)
        return text_form::sanitizer;
    const std::string_view frame = trimmed(next);
    if (is_indented(next))
        if (frame.starts_with("at ") || frame.starts_with("---> ") || frame.starts_with("from "))
            return text_form::stack;
    return text_form::plain;
}

// Does this line belong to the text before it? `head`: the lines up to here.
[[nodiscard]] inline bool continues_text(text_form form, std::string_view head, std::string_view line,
                                         std::string_view next) noexcept {
    const bool is_inner = is_indented(line);
    const bool is_blank = trimmed(line).empty();
    const std::size_t last_start = head.rfind('\n') + 1;  // npos + 1 is 0
    const std::string_view last = head.substr(last_start);
    switch (form) {
        case text_form::python: {
            const bool was_inside =
                last.starts_with(' ') || last.find("Traceback (most recent") != std::string_view::npos;
            if (is_inner || was_inside) return true;
            if (line.find("Traceback (most recent") != std::string_view::npos)
                return trimmed(last).empty() || last.ends_with(':');
            if (line.starts_with("During handling of the above") || line.starts_with("The above exception was"))
                return true;
            if (!is_blank) return false;
            return next.starts_with("During handling of the above") || next.starts_with("The above exception was") ||
                   next.find("Traceback (most recent") != std::string_view::npos;
        }
        case text_form::stack:
            return (is_inner && !is_blank) || line.starts_with("Caused by: ") || line == "}";
        case text_form::go:
            return !last.starts_with("exit status ");
        case text_form::rust:
            return !last.starts_with("note: ") && !(is_blank && !is_inner);
        case text_form::sanitizer:
            return last.find("ABORTING") == std::string_view::npos &&
                   !(last.find_first_not_of('=') == std::string_view::npos && last.size() >= 18 && last_start != 0);
        default:
            return is_inner && !is_blank;
    }
}

// Takes the next unit off the front.
[[nodiscard]] inline unit take_unit(std::string_view& rest) {
    const std::string_view all = rest;
    std::size_t end = line_end(all);
    const auto take = [&](unit_kind kind) {
        rest.remove_prefix(std::min(end + 1, all.size()));
        return unit{without_return(all.substr(0, end)), kind};
    };
    const std::string_view line = without_return(all.substr(0, end));
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos) return take(unit_kind::nothing);
    const char last = line[line.find_last_not_of(" \t")];
    if (line[first] == '{') {
        if (last == '}') {
            const unit whole = take(unit_kind::record);
            return {trimmed(whole.lines), whole.kind};
        }
        if (last != '{' && last != '[' && last != ',' && last != ':' && last != ']') return take(unit_kind::record);
        if (end_of_value(line, first) < line.size()) return take(unit_kind::items);
        // Printed over several lines: to the brace that closes it, if there is one before another record begins as this
        // one does.
        std::string_view reach = all.substr(0, longest_joined);
        reach = reach.substr(0, reach.find("\n" + std::string(line.substr(0, first + 1)), end));
        const std::size_t close = end_of_value(reach, first);
        if (close > reach.size() || reach[close - 1] != '}' || close <= end) return take(unit_kind::record);
        end = close + line_end(all.substr(close));
        return take(all.substr(close, end - close).find('{') == std::string_view::npos ? unit_kind::joined
                                                                                       : unit_kind::items);
    }
    if (line[first] == '[') {
        const std::size_t next = line.find_first_not_of(" \t", first + 1);
        if (next == std::string_view::npos) return take(unit_kind::nothing);
        if (line[next] == '{') return take(unit_kind::items);
    }
    if (line.find_first_not_of("]}, \t") == std::string_view::npos) return take(unit_kind::nothing);
    if (record_in(line) != std::string_view::npos) return take(unit_kind::prefixed);
    const auto line_at = [&](std::size_t at) {
        return at >= all.size() ? std::string_view{} : without_return(all.substr(at, line_end(all.substr(at))));
    };
    const text_form form = form_of_text(line, line_at(end + 1));
    while (end < all.size() && end < longest_text_unit) {
        const std::string_view next = line_at(end + 1);
        const std::size_t next_end = end + 1 + line_end(all.substr(std::min(end + 1, all.size())));
        if (next.starts_with('{') || begins_with_date(next) || record_in(next) != std::string_view::npos) break;
        if (!continues_text(form, all.substr(0, end), next, line_at(next_end + 1))) break;
        end = next_end;
    }
    end = std::min(end, all.size());
    return take(unit_kind::text);
}

// How far a cut looks for the beginning of a unit.
inline constexpr std::size_t farthest_cut = std::size_t{256} << 10;

// A rank for a line as the place of a cut: 3 a record begins there, 2 a record behind a prefix, 1 text that is not
// indented, 0 not there.
[[nodiscard]] inline int cut_rank(std::string_view line, std::string_view before) noexcept {
    if (line.empty() || is_indented(line) || line.front() == '}' || line.front() == ']') return 0;
    if (goes_on_in_next(before)) return 0;
    if (line.front() == '{') return 3;
    return record_in(line) != std::string_view::npos ? 2 : 1;
}

// Of a text of whole lines: where its last unit begins, for all I can see; 0: nowhere but at its beginning.
[[nodiscard]] inline std::size_t unit_start_before(std::string_view text) noexcept {
    std::size_t end = text.size(), best = 0;
    int best_rank = 0;
    while (end > 0 && text.size() - end < farthest_cut) {
        const std::size_t newline = text.rfind('\n', end - 1 - (end == text.size() ? 1 : 0));
        const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
        if (start == 0) return text.starts_with('{') ? 0 : best;
        const std::size_t before = text.rfind('\n', start - 2) + 1;  // npos + 1 is 0
        const int rank =
            cut_rank(text.substr(start, end - start), without_return(text.substr(before, start - 1 - before)));
        if (rank == 3) return start;
        if (rank > best_rank) {
            best_rank = rank;
            best = start;
        }
        end = newline;
    }
    return best;
}
// Where its first unit begins, behind what belongs to the one before it.
[[nodiscard]] inline std::size_t unit_start_from(std::string_view text) noexcept {
    std::size_t best = 0;
    int best_rank = 0;
    std::string_view before;
    for (std::size_t start = 0; start < text.size() && start < farthest_cut;) {
        const std::size_t end = start + line_end(text.substr(start));
        const std::string_view line = text.substr(start, end - start);
        const int rank = cut_rank(line, before);
        if (rank == 3) return start;
        if (rank > best_rank) {
            best_rank = rank;
            best = start;
        }
        before = without_return(line);
        start = end + 1;
    }
    return best;
}

}  // namespace logkit::detail
