// SPDX-License-Identifier: MIT
// `logkit verify`: is every line a record (docs/record.schema.json), and was anything lost?
#include "command/commands.hpp"
#include "insight/gather.hpp"
#include "insight/text.hpp"

#include <simdjson.h>

#include <algorithm>

namespace tool {
namespace {

namespace dom = simdjson::dom;

struct problem {
    std::uint64_t line;  // in its block, and then in its file, from 1
    std::string reason;
};

// What one line says that the accounts need.
struct line_facts {
    std::uint64_t dropped = 0;
    bool is_recovered = false, is_aborted = false;
    std::optional<std::int64_t> unix_ns;
};

[[nodiscard]] bool is_hex_id(std::string_view text, std::size_t size) {
    return text.size() == size && std::all_of(text.begin(), text.end(),
                                              [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
[[nodiscard]] bool is_source(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    return colon != std::string_view::npos && colon != 0 && colon + 1 < text.size() &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(colon) + 1, text.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
}

// Each returns what is wrong, or "".
[[nodiscard]] std::string check_exception(dom::element value, unsigned depth = 0) {
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return "exc_info: not an object";
    bool has_type = false, has_what = false, has_stack = false;
    for (dom::key_value_pair const member : object) {
        const std::string key(member.key);
        if (key == "type" || key == "what" || key == "category") {
            if (!member.value.is_string()) return "exc_info." + key + ": not a text";
            has_type |= key == "type";
            has_what |= key == "what";
        } else if (key == "stack" || key == "nested") {
            dom::array items;
            if (member.value.get(items) != simdjson::SUCCESS) return "exc_info." + key + ": not an array";
            has_stack |= key == "stack";
            for (dom::element item : items) {
                if (key == "stack" && !item.is_string()) return "exc_info.stack: a frame is not a text";
                if (key == "nested" && depth < 100)
                    if (std::string reason = check_exception(item, depth + 1); !reason.empty()) return reason;
            }
        } else if (key == "code") {
            if (!member.value.is_int64() && !member.value.is_uint64()) return "exc_info.code: not an integer";
        } else {
            return "exc_info." + key + ": is not part of it";
        }
    }
    return has_type && has_what && has_stack ? "" : "exc_info: lacks type, what or stack";
}

[[nodiscard]] std::string check_member(std::string_view key, dom::element value, line_facts& facts) {
    std::string_view text;
    const bool is_text = value.get(text) == simdjson::SUCCESS;
    double number = 0;
    const bool is_number = value.get(number) == simdjson::SUCCESS;
    const auto must = [&](bool holds, const char* what) {
        return holds ? std::string() : std::string(key) + ": " + what;
    };
    switch (logkit::detail::own_slot(key)) {
        case logkit::slot::timestamp:
            if (is_text) facts.unix_ns = logkit::parse_time(text);
            return must(is_text && is_timestamp(text), "not RFC 3339 in UTC with microseconds");
        case logkit::slot::level:
            return must(is_text && std::find(logkit::detail::level_names.begin(), logkit::detail::level_names.end() - 1,
                                             text) != logkit::detail::level_names.end() - 1,
                        "not a level");
        case logkit::slot::event:
        case logkit::slot::span:
        case logkit::slot::logger:
        case logkit::slot::thread:
            return must(is_text, "not a text");
        case logkit::slot::trace_id:
            return must(is_text && is_hex_id(text, 32), "not 32 lower-case hexadecimal digits");
        case logkit::slot::span_id:
        case logkit::slot::parent_span_id:
            return must(is_text && is_hex_id(text, 16), "not 16 lower-case hexadecimal digits");
        case logkit::slot::dur_ms:
            return must(is_number && number >= 0, "not a number of milliseconds");
        case logkit::slot::status:
            facts.is_aborted = text == "aborted";
            return must(is_text && (text == "success" || text == "error" || text == "aborted"),
                        "not success, error or aborted");
        case logkit::slot::exc_info:
            return check_exception(value);
        case logkit::slot::src:
            return must(is_text && is_source(text), "not file:line");
        case logkit::slot::sample_rate:
            return must(is_number && number >= 0 && number < 1, "not from 0 to below 1");
        case logkit::slot::dropped: {
            std::uint64_t count = 0;
            const bool is_count = value.get(count) == simdjson::SUCCESS && count >= 1;
            if (is_count) facts.dropped = count;
            return must(is_count, "not a positive integer");
        }
        case logkit::slot::recovered: {
            bool flag = false;
            facts.is_recovered = value.get(flag) == simdjson::SUCCESS && flag;
            return must(facts.is_recovered, "not true");
        }
        default:
            return {};
    }
}

[[nodiscard]] std::string check_line(dom::parser& parser, std::string_view line, line_facts& facts) {
    dom::element document;
    if (const auto error = parser.parse(line.data(), line.size(), false).get(document); error != simdjson::SUCCESS)
        return std::string("not JSON: ") + simdjson::error_message(error);
    dom::object record;
    if (document.get(record) != simdjson::SUCCESS) return "not an object";
    std::vector<std::string_view> keys;
    std::array<bool, static_cast<std::size_t>(logkit::slot::none)> has{};
    std::string_view event;
    for (dom::key_value_pair const member : record) {
        keys.push_back(member.key);
        const auto meaning = logkit::detail::own_slot(member.key);
        if (meaning != logkit::slot::none) has[static_cast<std::size_t>(meaning)] = true;
        if (std::string reason = check_member(member.key, member.value, facts); !reason.empty()) return reason;
        if (meaning == logkit::slot::event) event = member.value.get_string().value();
    }
    std::sort(keys.begin(), keys.end());
    if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end())
        return std::string(*twice) + ": is there twice";
    const auto lacks = [&](logkit::slot name) { return !has[static_cast<std::size_t>(name)]; };
    for (const auto name : {logkit::slot::timestamp, logkit::slot::level, logkit::slot::event, logkit::slot::trace_id})
        if (lacks(name))
            return std::string(logkit::detail::reserved_keys[static_cast<std::size_t>(name)]) + ": is missing";
    if (event == "END" && !lacks(logkit::slot::status) &&
        (lacks(logkit::slot::dur_ms) || lacks(logkit::slot::span) || lacks(logkit::slot::span_id)))
        return "END: lacks dur_ms, span or span_id";
    return {};
}

struct account {
    std::uint64_t lines = 0, invalid = 0, dropped = 0, recovered = 0, aborted = 0, backwards = 0;
    bool is_torn = false;  // the last line has no end
    std::optional<std::int64_t> first, last;
    std::vector<problem> problems;
};

constexpr std::size_t most_problems = 20;

[[nodiscard]] account check_block(dom::parser& parser, logkit::block const& block) {
    account sums;
    std::string_view text = block.text();
    while (!text.empty()) {
        const std::string_view line = logkit::detail::take_until(text, '\n');
        ++sums.lines;
        line_facts facts;
        std::string reason = check_line(parser, line, facts);
        if (text.empty() && !block.text().ends_with('\n')) {
            sums.is_torn = true;
            if (reason.empty()) reason = "has no line end";
        }
        if (!reason.empty()) {
            ++sums.invalid;
            if (sums.problems.size() < most_problems) sums.problems.push_back({sums.lines, reason});
            continue;
        }
        sums.dropped += facts.dropped;
        sums.recovered += facts.is_recovered ? 1 : 0;
        sums.aborted += facts.is_aborted ? 1 : 0;
        if (sums.last && facts.unix_ns && *facts.unix_ns < *sums.last && !facts.is_recovered) ++sums.backwards;
        if (!sums.first) sums.first = facts.unix_ns;
        if (facts.unix_ns && (!sums.last || *facts.unix_ns > *sums.last)) sums.last = facts.unix_ns;
    }
    return sums;
}

struct file_account {
    std::string path;
    account sums;
};

[[nodiscard]] std::vector<file_account> check(std::vector<logkit::log_file> const& files, logkit::read_report& read) {
    std::vector<file_account> all;
    for (logkit::log_file const& file : files) all.push_back({file.path(), {}});
    std::vector<dom::parser> parsers(thread_count());
    const source from = source_of(files, {});
    read = logkit::scan_blocks<account>(
        *logkit::blocks_of(files, logkit::direction::forward), from.options(),
        [&](unsigned thread, logkit::block const& block) { return check_block(parsers[thread], block); },
        [&](account part, logkit::block const& block) {
            account& sums = all[block.file].sums;
            for (problem& p : part.problems)
                if (sums.problems.size() < most_problems) sums.problems.push_back({sums.lines + p.line, p.reason});
            if (sums.last && part.first && *part.first < *sums.last) ++part.backwards;
            sums.lines += part.lines;
            sums.invalid += part.invalid;
            sums.dropped += part.dropped;
            sums.recovered += part.recovered;
            sums.aborted += part.aborted;
            sums.backwards += part.backwards;
            sums.is_torn |= part.is_torn;
            if (!sums.first) sums.first = part.first;
            if (part.last && (!sums.last || *part.last > *sums.last)) sums.last = part.last;
            return true;
        });
    return all;
}

int run(input_options const& options) {
    const std::vector<logkit::log_file> files = logkit::open_logs(options.file_names());
    logkit::read_report read;
    const std::vector<file_account> all = check(files, read);
    report({{}, read});
    std::uint64_t lines = 0, invalid = read.too_long, dropped = 0;
    json out{{"files", json::array()}};
    std::string text;
    for (auto const& [path, sums] : all) {
        lines += sums.lines;
        invalid += sums.invalid;
        dropped += sums.dropped;
        json problems = json::array();
        for (problem const& p : sums.problems) {
            problems.push_back({{"line", p.line}, {"reason", p.reason}});
            text += harmless(path) + ':' + std::to_string(p.line) + ": " +
                    screen().paint(style::red, harmless(p.reason)) + '\n';
        }
        if (sums.invalid > sums.problems.size())
            text += harmless(path) + ": and " + grouped(sums.invalid - sums.problems.size()) + " more\n";
        out["files"].push_back({{"path", path},
                                {"lines", sums.lines},
                                {"invalid", sums.invalid},
                                {"dropped", sums.dropped},
                                {"recovered", sums.recovered},
                                {"aborted_spans", sums.aborted},
                                {"out_of_order", sums.backwards},
                                {"ends_torn", sums.is_torn},
                                {"problems", std::move(problems)}});
        text += harmless(path) + ": " + grouped(sums.lines) + " lines, " + grouped(sums.invalid) + " invalid, " +
                grouped(sums.dropped) + " records dropped, " + grouped(sums.recovered) + " recovered, " +
                grouped(sums.aborted) + " spans aborted, " + grouped(sums.backwards) + " out of order\n";
    }
    const bool is_good = invalid == 0 && dropped == 0 && read.damage.empty();
    out["lines"] = lines;
    out["invalid"] = invalid;
    out["dropped"] = dropped;
    out["valid"] = is_good;
    if (options.wants_json)
        print_json(out);
    else
        screen().write(text +
                       (is_good ? screen().paint(style::green, "valid, and nothing lost")
                                : screen().paint(style::bold_red, invalid != 0 ? "not valid" : "records were lost")) +
                       '\n');
    return is_good ? exit_code::found : exit_code::nothing;
}

}  // namespace

void add_verify(CLI::App& app, int& status) {
    auto options = std::make_shared<input_options>();
    CLI::App& command = *app.add_subcommand("verify", "Is every line a valid record, and was anything lost?");
    command.add_option("files", options->words, "Files; by default run.log with the files it was rotated to")
        ->option_text("[FILE]...");
    options->add_json_to(command, "One JSON object: logkit schema verify");
    command.footer(
        "Each line is held against the record's schema (logkit schema): strict JSON, UTF-8, no key twice, each of the "
        "record's own\n"
        "keys of its form. `dropped` adds up what programs said they had to drop; recovered records and aborted spans "
        "tell of\n"
        "processes that died; out of order are records older than one before them (batches of several processes).\n\n"
        "Examples:\n"
        "  logkit verify\n"
        "  logkit verify run.log* --json | jq .valid\n"
        "Exit status: 0 all lines are valid and nothing was dropped, 1 otherwise, 2 wrong usage, 3 a file cannot be "
        "read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
