// SPDX-License-Identifier: MIT
#include "insight/text.hpp"

#include <logkit/base/hash.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/base/version.hpp>
#include <logkit/render/terminal_text.hpp>
#include <logkit/render/timestamp.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <utility>

namespace insight {
namespace {

template <class... Arguments>
[[nodiscard]] std::string printed(const char* format, Arguments... arguments) {
    char text[80];
    const int n = std::snprintf(text, sizeof text, format, arguments...);
    return {text, std::min<std::size_t>(static_cast<std::size_t>(n), sizeof text - 1)};
}

using logkit::detail::is_digit;

[[nodiscard]] bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
[[nodiscard]] bool is_word(char c) {
    const char folded = logkit::detail::fold_case(c);
    return is_digit(c) || (folded >= 'a' && folded <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

[[nodiscard]] std::string local_time(std::int64_t unix_ns, const char* format) {
    const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    char text[40];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

// An id or a number, standing for itself among other words: digits, or hexadecimal digits of which one is decimal.
[[nodiscard]] bool is_variable(std::string_view word) {
    const bool has_digit = std::any_of(word.begin(), word.end(), is_digit);
    if (!has_digit) return false;
    if (is_digit(word.front())) return true;  // 42, 42ms, 4bf92f35
    // ORA, E11000, CS0103: a code of the program's, and what tells two failures apart.
    const std::size_t letters = word.find_first_of("0123456789");
    const bool is_code = letters <= 3 && word.size() - letters >= 3 && word.size() - letters <= 5 &&
                         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(letters),
                                     [](char c) { return c >= 'A' && c <= 'Z'; }) &&
                         std::all_of(word.begin() + static_cast<std::ptrdiff_t>(letters), word.end(), is_digit);
    if (is_code) return false;
    const bool is_id = word.size() >= 6 && std::all_of(word.begin(), word.end(), is_hex);
    return is_id || is_digit(word.back());  // abcdef12, user42
}

// ORA-00600, HTTP 404: digits behind a word of capitals.
[[nodiscard]] bool is_code_behind(std::string_view before, std::string_view word) {
    if (word.size() < 3 || word.size() > 5 || !std::all_of(word.begin(), word.end(), is_digit)) return false;
    const bool is_http = before.ends_with("HTTP ");
    if (!is_http && !before.ends_with('-')) return false;
    before.remove_suffix(1);
    std::size_t capitals = 0;
    while (capitals < before.size() && before[before.size() - 1 - capitals] >= 'A' &&
           before[before.size() - 1 - capitals] <= 'Z')
        ++capitals;
    const bool is_whole = capitals == before.size() || !is_word(before[before.size() - 1 - capitals]);
    return capitals >= 2 && capitals <= 5 && is_whole;
}

}  // namespace

std::string grouped(std::uint64_t n) {
    std::string text = std::to_string(n);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
    return text;
}

std::string grouped_count(double count) {
    return grouped(static_cast<std::uint64_t>(std::llround(count)));
}

std::string duration_text(double ms) {
    if (ms < 1000) return printed(ms < 10 ? "%.3f ms" : ms < 100 ? "%.2f ms" : "%.1f ms", ms);
    if (ms < 60'000) return printed("%.2f s", ms / 1000);
    const double minutes = std::floor(ms / 60'000);
    return printed("%.0fm%02.0fs", minutes, ms / 1000 - minutes * 60);
}

std::string percent(double part) {
    return printed(part != 0 && part < 0.001 ? "%.2f %%" : "%.1f %%", part * 100);
}

std::string timestamp_of(std::optional<std::int64_t> unix_ns) {
    return unix_ns ? logkit::detail::timestamp_writer{}.text(*unix_ns) : std::string();
}
std::string clock_of(std::optional<std::int64_t> unix_ns) {
    if (!unix_ns) return {};
    return local_time(*unix_ns, "%H:%M:%S") + printed(".%03d", static_cast<int>(*unix_ns / 1'000'000 % 1000));
}
std::string full_time_of(std::int64_t unix_ns) {
    std::string zone = local_time(unix_ns, "%z");
    if (zone.size() == 5) zone.insert(3, ":");
    const auto micros = static_cast<int>((unix_ns % 1'000'000'000 + 1'000'000'000) % 1'000'000'000 / 1000);
    return local_time(unix_ns, "%Y-%m-%dT%H:%M:%S") + printed(".%06d", micros) + (zone == "+00:00" ? "Z" : zone);
}
std::string unix_time_of(std::int64_t unix_ns) {
    return printed("%s%lld.%06lld", unix_ns < 0 ? "-" : "", static_cast<long long>(std::abs(unix_ns / 1'000'000'000)),
                   static_cast<long long>(std::abs(unix_ns % 1'000'000'000 / 1000)));
}
std::string day_of(std::optional<std::int64_t> unix_ns) {
    return unix_ns ? local_time(*unix_ns, "%Y-%m-%d") : std::string();
}
bool is_timestamp(std::string_view text) {
    constexpr std::string_view shape = logkit::detail::own_time_shape;
    if (text.size() != shape.size()) return false;
    unsigned wrong = 0;  // without branches, so that it can be done many bytes at a time
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const auto off =
            static_cast<unsigned>(static_cast<unsigned char>(text[i]) - static_cast<unsigned char>(shape[i]));
        wrong |= off > (shape[i] == '0' ? 9U : 0U) ? 1U : 0U;
    }
    return wrong == 0;
}
std::string span_of_time(std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    if (!from || !to) return {};
    const std::string day = day_of(from), last_day = day_of(to);
    return day + ' ' + local_time(*from, "%H:%M:%S") + " to " + (day == last_day ? "" : last_day + ' ') +
           local_time(*to, "%H:%M:%S");
}

std::string template_of(std::string_view message) {
    std::string out;
    for (std::size_t i = 0; i < message.size();) {
        const char c = message[i];
        if (c == '\'' || c == '"' || c == '`') {
            // A quoted text; an apostrophe inside a word is not a quote.
            const std::size_t end = message.find(c, i + 1);
            if (end != std::string_view::npos && (i == 0 || !is_word(message[i - 1]))) {
                out += "{}";
                i = end + 1;
                continue;
            }
        }
        if (!is_word(c)) {
            out += c;
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < message.size() && is_word(message[end])) ++end;
        const std::string_view word = message.substr(i, end - i);
        if (!is_variable(word) || is_code_behind(out, word)) {
            out += word;
        } else if (out.ends_with("{}.") || out.ends_with("{}-") || out.ends_with("{}:")) {
            out.pop_back();  // 1.5, 10.0.0.1, 12:30, 4bf92f35-77b3-…: one value
        } else {
            out += "{}";
        }
        i = end;
    }
    return out;
}

std::string cut(std::string_view text, std::size_t columns) {
    if (logkit::detail::width_of(text) <= columns) return std::string(text);
    std::size_t width = 0, end = 0;
    while (end < text.size()) {
        std::size_t next = end + 1;
        while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
        if (++width == columns) break;
        end = next;
    }
    return std::string(text.substr(0, end)) + "…";
}
std::string harmless_json(std::string_view text) {
    namespace lk = logkit::detail;
    std::string out;
    while (!text.empty()) {
        const std::string_view sequence = lk::take_utf8(text);
        const std::uint32_t code = lk::code_point_of(sequence);
        char escape[8];
        if (code != '\n' && code != '\t' && lk::is_harmful(code))
            out.append(escape, static_cast<std::size_t>(std::snprintf(escape, sizeof escape, "\\u%04x", code)));
        else
            out += sequence;
    }
    return out;
}

std::string closest_of(std::string_view word, std::vector<std::string> const& candidates) {
    // How many letters must be put in, taken out, changed, or swapped with their neighbour (optimal string alignment).
    const auto distance = [&](std::string_view other) {
        std::vector<std::size_t> before, last, row(other.size() + 1);
        for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= word.size(); ++i) {
            before = std::exchange(last, row);
            row[0] = i;
            for (std::size_t j = 1; j <= other.size(); ++j) {
                const bool is_same = word[i - 1] == other[j - 1];
                row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0 : 1)});
                if (i > 1 && j > 1 && word[i - 1] == other[j - 2] && word[i - 2] == other[j - 1])
                    row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        return row.back();
    };
    constexpr std::size_t longest = 60;
    if (word.empty() || word.size() > longest) return {};
    std::string closest;
    std::size_t least = word.size() / 4 + 2;  // as many letters are another word
    for (std::string const& candidate : candidates) {
        const bool is_beginning = word.size() >= 3 && candidate.starts_with(word);
        const std::size_t d = is_beginning ? 1 : distance(candidate);
        if (d < least) least = d, closest = candidate;
    }
    return closest;
}
std::string suggestion_for(std::string_view word, std::vector<std::string> const& candidates) {
    const std::string closest = closest_of(word, candidates);
    return closest.empty() ? closest : "did you mean '" + closest + "'?";
}
std::string version_text() {
    return std::to_string(logkit::version_major) + '.' + std::to_string(logkit::version_minor) + '.' +
           std::to_string(logkit::version_patch);
}

std::string short_hash(std::string_view text) {
    return printed("%012llx", static_cast<unsigned long long>(logkit::detail::hash_text(text) >> 16));
}

}  // namespace insight
