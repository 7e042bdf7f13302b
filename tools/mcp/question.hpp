// SPDX-License-Identifier: MIT
#pragma once

// A call of a tool, read: which records, how much may be said, and where the answer goes on.

#include "insight/by_time.hpp"
#include "insight/gather.hpp"
#include "mcp/arguments.hpp"
#include "mcp/cursor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mcp {

// What a tool looks at, opened anew for each call. `wall`: whoever asks sees no other records. An answer that goes on
// looks for its files among those, too, that they were rotated to since.
struct log_view {
    std::vector<logkit::log_file> files{};
    logkit::query wall{};
};
enum class rotated_files : bool { as_named, all };
using log_opener = std::function<log_view(rotated_files)>;

inline constexpr std::size_t default_max_tokens = 4'000, least_max_tokens = 300;

class question {
  public:
    // Throws insight::question_error, logkit::query_error, logkit::log_file_error.
    question(arguments given, std::string const& hash, log_opener const& open);

    [[nodiscard]] arguments const& given() const noexcept { return given_; }
    [[nodiscard]] std::size_t max_tokens() const noexcept { return max_tokens_; }
    // Without what a cursor takes.
    [[nodiscard]] std::size_t page_tokens() const;
    // So many items were told before.
    [[nodiscard]] std::size_t skip() const noexcept { return static_cast<std::size_t>(cursor_.skip); }
    // Behind so many more items; to be given back as `cursor`.
    [[nodiscard]] std::string cursor_behind(std::size_t told) const;
    // The records that are asked for, and those of another question about the same files; a look takes a minute at
    // most.
    [[nodiscard]] insight::source records() const { return with(wanted_); }
    [[nodiscard]] insight::source with(logkit::query wanted) const;
    // Those in a time, apart from `since` and `until`.
    [[nodiscard]] logkit::query wanted_in(std::optional<std::int64_t> since, std::optional<std::int64_t> until) const;
    // A time that an argument says; "" is none.
    [[nodiscard]] std::optional<std::int64_t> moment(std::string const& name) const;
    [[nodiscard]] std::int64_t now_ns() const noexcept { return cursor_.now_ns; }
    // The files of each log; records() has none any more then.
    [[nodiscard]] insight::log_set take_logs() { return insight::logs_to_merge(std::move(files_)); }
    // So that the files can be read from their end.
    void make_plain();

  private:
    arguments given_;
    cursor cursor_;
    std::vector<logkit::log_file> files_;
    logkit::query without_time_, wanted_;
    std::size_t max_tokens_;
};

}  // namespace mcp
