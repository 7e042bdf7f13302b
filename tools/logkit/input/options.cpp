// SPDX-License-Identifier: MIT
#include "input/options.hpp"

#include "input/stored.hpp"
#include "insight/asked_time.hpp"
#include "insight/symbols.hpp"
#include "screen/terminal.hpp"

#include <logkit/base/clock.hpp>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>

namespace tool {
namespace {

[[nodiscard]] bool exists(std::string const& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

// Is something piped in? A pipe is waited for until it has something to read or is closed: so it does not depend on who
// was faster.
[[nodiscard]] bool has_piped_input() {
    struct stat input {};
    if (::fstat(STDIN_FILENO, &input) != 0) return false;
    if (S_ISREG(input.st_mode)) return true;
    if (!S_ISFIFO(input.st_mode)) return false;
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    constexpr int patience_ms = 1'000;
    int ready = ::poll(&waiting, 1, patience_ms);
    if (ready == 0) say("waiting for standard input; name a log to read that");
    while (ready == 0 || (ready < 0 && errno == EINTR)) ready = ::poll(&waiting, 1, -1);
    return (waiting.revents & POLLIN) != 0;
}

// What is read when no file is named: what is piped in, or the log that programs write by default, with what it was
// rotated to.
[[nodiscard]] std::vector<std::string> default_files() {
    static const bool is_piped = has_piped_input();  // what has been read is not there to be seen again
    return is_piped ? std::vector<std::string>{"-"} : default_log();
}

// Most records lack it: where it may be.
void report_unnamed(bool is_lacking, std::string const& what, std::vector<std::string> const& candidates) {
    if (!is_lacking) return;
    std::string keys;
    for (std::string const& key : candidates) keys += (keys.empty() ? "" : ", ") + harmless(key);
    say("most records have no " + what + " under a name that is known" +
        (keys.empty() ? "" : "; it may be one of " + keys + ": --map " + what + "=" + harmless(candidates.front())));
}

}  // namespace

std::vector<std::string> default_log() {
    const char* const chosen = std::getenv("LOG_FILE");
    const std::string path = chosen == nullptr || *chosen == '\0' ? "run.log" : chosen;
    std::vector<std::string> set = logkit::rotated_set(path);
    if (set.empty())
        throw logkit::log_file_error(path + ": there is no such file here; name a log, or - for standard input");
    return set;
}

std::uint64_t bytes_of(std::vector<logkit::log_file> const& files) noexcept {
    std::uint64_t sum = 0;
    for (logkit::log_file const& file : files) {
        if (!file.is_plain()) return 0;
        sum += file.size();
    }
    return sum;
}

void make_plain(std::vector<logkit::log_file>& files) {
    for (logkit::log_file& file : files) file.make_plain();
}

std::int64_t moment(std::string const& option, std::string const& text) {
    return moment_of(option, text, static_cast<std::int64_t>(logkit::detail::clock_ns(CLOCK_REALTIME)));
}
const CLI::Validator so_many(
    [](std::string const& text) {
        const auto number = logkit::json_view(text).integer();
        return number && *number > 0 ? std::string() : "'" + text + "': a whole number, 1 or more";
    },
    "");
std::vector<std::string> keys_of(std::string const& option, std::string const& text) {
    if (text.empty()) return {};
    std::vector<std::string> keys = CLI::detail::split(text, ',');
    for (std::string const& key : keys)
        if (key.empty()) throw usage_error(option + " '" + text + "': keys with commas between them, as in a,b");
    return keys;
}

bool is_file_name(std::string const& word) {
    if (word == "-" || exists(word) || !logkit::matching_paths(word).empty()) return true;
    if (word.find_first_of("=~<> ") != std::string::npos) return false;
    for (const std::string_view end : {".log", ".json", ".jsonl", ".ndjson", ".gz", ".zst"})
        if (std::string_view(word).ends_with(end)) return true;
    return word.starts_with("/") || word.starts_with("./") || word.starts_with("../");
}

void input_options::add_json_to(CLI::App& command, std::string const& what) {
    command.add_flag("--json", wants_json, what);
}

void add_symbols_to(CLI::App& command) {
    command
        .add_option_function<std::vector<std::string>>(
            "--symbols",
            [](std::vector<std::string> const& places) {
                for (std::string const& place : places) look_for_symbols_in(place);
            },
            "A program, its debugging information, or a folder that has some: names the frames of stacks that say "
            "BuildId")
        ->allow_extra_args(false)
        ->option_text("PATH");
}

void input_options::add_to(CLI::App& command) {
    command
        .add_option(
            "words", words,
            "Files (also patterns, .gz, .zst, - for standard input, data folders of `logkit serve`; by default run.log "
            "with the files it was "
            "rotated to) and filters: key=value key!=value key>1 key>=1 key<1 key<=1 key~regex key!~regex key? 'key in "
            "(a,b)', or a text; with or, not and parentheses")
        ->option_text("[FILE|FILTER]...");
    command.add_option("--log", logs, "A file, whatever it is called; then words are filters only")
        ->allow_extra_args(false)
        ->option_text("FILE");
    command.add_option("-w,--where", where, "A filter as one text, 'a=1 or b=2'; also if there is a file of that name")
        ->allow_extra_args(false)
        ->option_text("FILTER");
    command.add_option("-l,--level", level, "Only this level; with + also those above: warning+")
        ->option_text("LEVEL[+]");
    command.add_option("--since", since, "Only from then on: 10m (ago), 15:04, yesterday, 2026-11-21T08:56:05Z")
        ->option_text("TIME");
    command.add_option("--until", until, "Only up to then")->option_text("TIME");
    command.add_option("--server", server, "What a `logkit serve` stores, such as http://127.0.0.1:3000")
        ->option_text("URL");
    command.add_option("-t,--trace", trace, "Only the trace whose id begins like this")->option_text("ID");
}

std::vector<std::string> input_options::file_names() const {
    if (!server.empty()) return {server};
    if (!logs.empty()) return logs;
    std::vector<std::string> names;
    for (std::string const& word : words)
        if (is_file_name(word)) names.push_back(word);
    return names.empty() ? default_files() : names;
}

bool input_options::is_filter(std::string const& word) const {
    return !server.empty() || !logs.empty() || !is_file_name(word);
}

// All that chooses records, but for their time, as one text.
std::string input_options::filter_text() const {
    std::string text;
    const auto add = [&](std::string const& part) { text += (text.empty() ? "" : " ") + part; };
    for (std::string const& word : words) {
        if (!is_filter(word)) continue;
        const bool is_expression =
            word.starts_with('(') || word.find(" in (") != word.npos || word.find(" in(") != word.npos;
        std::string part;
        for (const char c : word) {
            if (!is_expression && word != "(" && word != ")" &&
                std::string_view(" \"'()\\").find(c) != std::string_view::npos)
                part += '\\';
            part += c;
        }
        add(part);
    }
    for (std::string const& filter : where) add('(' + filter + ')');
    if (!level.empty()) add(level.ends_with('+') ? "level>=" + level.substr(0, level.size() - 1) : "level=" + level);
    return text;
}
std::string input_options::trace_filter() const {
    constexpr std::size_t whole_id = 32;
    return trace.size() == whole_id ? "trace_id=" + trace : "";
}

selection input_options::select(stored_part part, missing_files how) const {
    selection chosen;
    std::vector<std::string> filters;
    for (std::string const& word : words)
        if (is_filter(word)) filters.push_back(word);
    wanted_records stored;
    chosen.wanted.require(filters);
    for (std::string const& filter : where) chosen.wanted.require(filter);
    if (!level.empty()) chosen.wanted.require_level(level);
    if (!trace.empty()) chosen.wanted.require_trace(trace);
    const auto at = [](const char* option, std::string const& text) {
        return text.empty() ? std::nullopt : std::optional(moment(option, text));
    };
    const auto from = at("--since", since), to = at("--until", until);
    if (from || to) chosen.wanted.require_time(from, to);
    if (part == stored_part::wanted) {
        stored = {chosen.wanted, filter_text() + (trace.empty() ? "" : " " + trace_filter()), from, to};
    } else if (part == stored_part::trace && !trace.empty()) {
        stored.query.require_trace(trace);
        stored.filter = trace_filter();
    }
    const auto follows = [&](std::string const& what) {
        if (how == missing_files::may_come)
            throw usage_error("--follow: " + harmless(what) + " cannot be followed yet");
    };
    if (!server.empty()) {
        follows(server);
        chosen.files.push_back(log_of_server(server, stored));
        return chosen;
    }
    std::vector<std::string> names = file_names();
    std::vector<std::string> folders;
    std::copy_if(names.begin(), names.end(), std::back_inserter(folders), is_data_folder);
    std::erase_if(names, is_data_folder);
    if (how == missing_files::may_come)
        std::erase_if(names, [](std::string const& name) {
            const bool is_missing = name != "-" && !exists(name) && logkit::matching_paths(name).empty();
            if (is_missing) say("waiting for " + harmless(name));
            return is_missing;
        });
    chosen.files = logkit::open_logs(names);
    for (std::string const& folder : folders) {
        follows(folder);
        chosen.files.push_back(log_of_folder(folder, stored));
    }
    return chosen;
}

int input_options::status_of(bool has_found) const {
    if (has_found) return exit_code::found;
    for (std::string const& word : words)
        if (logs.empty() && !is_file_name(word) && word.find_first_of("=~<>?( ") == std::string::npos &&
            word.find_first_of("./") != std::string::npos)
            say("there is no file '" + harmless(word) + "'; it was searched for as a text");
    const auto is_expression = [](std::string const& word) {
        return word.find(" or ") != std::string::npos || word.find(" and ") != std::string::npos ||
               (word.starts_with("not ") && word.find_first_of("=~<>?") != std::string::npos);
    };
    for (std::string const& word : words)
        if (is_expression(word) && !is_file_name(word))
            say("'" + harmless(word) + "' was one word; -w '" + harmless(word) + "' reads it as a filter");
    return exit_code::nothing;
}

source source_of(selection const& from) {
    return source_of(from.files, from.wanted);
}
source source_of(std::vector<logkit::log_file> const& files, logkit::query wanted) {
    const auto bar = std::make_shared<progress>(bytes_of(files));
    return source::of(files, std::move(wanted), [bar](std::uint64_t bytes) { bar->advance_to(bytes); });
}

void report(scan_report const& scanned) {
    auto const& [counts, read] = scanned;
    const auto lines = [](std::uint64_t n) { return std::to_string(n) + (n == 1 ? " line was " : " lines were "); };
    if (counts.unreadable != 0) say(lines(counts.unreadable) + "not a JSON record, and passed over");
    if (counts.mended != 0) say(lines(counts.mended) + "damaged, and mended");
    if (counts.odd_times != 0)
        say(std::to_string(counts.odd_times) + (counts.odd_times == 1 ? " record has a time" : " records have a time") +
            " in no form that is known; it is shown as it is");
    report_unnamed(counts.unnamed.lack_time(), "time", counts.unnamed.time_candidates());
    report_unnamed(counts.unnamed.lack_message(), "message", counts.unnamed.message_candidates());
    if (read.too_long != 0) say(lines(read.too_long) + "longer than 16 MiB, and passed over");
    for (std::string const& damage : read.damage) say(harmless(damage));
}

}  // namespace tool
