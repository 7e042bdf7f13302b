// SPDX-License-Identifier: MIT
#pragma once

// What the commands share: exit codes, the files and filters that a command line names.

#include "insight/gather.hpp"

#include <logkit/reader.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace tool {

using namespace insight;

// docs/reading-logs.md lists them.
namespace exit_code {
inline constexpr int found = 0, nothing = 1, usage = 2, unreadable = 3;
}

// Wrong usage that only shows when a command runs.
class usage_error : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

// Files, and which of their records are wanted.
struct selection {
    std::vector<logkit::log_file> files;
    logkit::query wanted;
};

// For insight, with a bar on the screen where it takes long.
[[nodiscard]] source source_of(selection const& from);
[[nodiscard]] source source_of(std::vector<logkit::log_file> const& files, logkit::query wanted);

// Of all files together; 0 where that is not known.
[[nodiscard]] std::uint64_t bytes_of(std::vector<logkit::log_file> const& files) noexcept;
// So that they can be read twice, or from the end.
void make_plain(std::vector<logkit::log_file>& files);

// A file that is named and not there: who follows it can wait.
enum class missing_files : std::uint8_t { are_errors, may_come };

// What a command needs of a store: also records that are not wanted, for they are shown with those that are; only what
// is wanted; only the trace.
enum class stored_part : std::uint8_t { all, wanted, trace };

// The words and options of a command that reads logs.
struct input_options {
    std::vector<std::string> words;        // files and filters, told apart by looking for the files
    std::vector<std::string> logs, where;  // files, and filters, that cannot be taken for the other
    std::string level, since, until, trace, server;
    bool wants_json = false;

    void add_to(CLI::App& command);
    void add_json_to(CLI::App& command, std::string const& what);
    // Opens the files. Throws usage_error, query_error, log_file_error.
    [[nodiscard]] selection select(stored_part part, missing_files how = missing_files::are_errors) const;
    // The command's exit code. Where nothing was found, says which words may have been meant in another way.
    [[nodiscard]] int status_of(bool has_found) const;
    // The files alone, named or by default.
    [[nodiscard]] std::vector<std::string> file_names() const;

  private:
    [[nodiscard]] bool is_filter(std::string const& word) const;
    [[nodiscard]] std::string filter_text() const;
    [[nodiscard]] std::string trace_filter() const;
};

// --symbols, of a command that tells stacks.
void add_symbols_to(CLI::App& command);

// Of an option that takes a number of things.
extern const CLI::Validator so_many;

// "a,b" → a and b. Throws usage_error.
[[nodiscard]] std::vector<std::string> keys_of(std::string const& option, std::string const& text);
// What an option of a time says, as nanoseconds since 1970. Throws question_error.
[[nodiscard]] std::int64_t moment(std::string const& option, std::string const& text);

// The log that programs write by default, with what it was rotated to. Throws log_file_error.
[[nodiscard]] std::vector<std::string> default_log();

// A file's name, rather than a filter: it exists, or looks like one.
[[nodiscard]] bool is_file_name(std::string const& word);

// "3 lines were not records" to standard error, where something was passed over.
void report(scan_report const& scanned);

}  // namespace tool
