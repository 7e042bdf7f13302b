// SPDX-License-Identifier: MIT
#pragma once

// From resolved settings to the file and the console that they ask for. Stage: control.

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <logkit/control/recovery.hpp>
#include <logkit/control/resolved_settings.hpp>
#include <logkit/sink/console.hpp>
#include <logkit/sink/rotating_file.hpp>

namespace logkit::detail {

// Null: none is wanted. One that cannot be opened is tried again with every batch, but if the program asked for it:
// then throws std::system_error.
[[nodiscard]] inline std::unique_ptr<rotating_file> open_log(resolved_settings const& s) {
    if (s.file.path.empty()) return nullptr;
    auto file = std::make_unique<rotating_file>(s.file);
    if (!file->open() && s.is_file_asked_for)
        throw std::system_error(errno, std::generic_category(),
                                "logkit: the setting file is \"" + s.file.path +
                                    "\", which cannot be opened for appending; name a file in a folder that can be "
                                    "written to, or \"\" for no file");
    return file;
}

// Where others die while they write to the log, this process mends it.
inline void mend_foreign_ends(rotating_file& file, resolved_settings const& s) {
    const std::string path = file.path();
    file.on_foreign_end(
        [folders = s.journal_folders(path), path](int fd, file_place const& end) { mend_end(fd, end, folders, path); });
}

// Null: none is wanted.
[[nodiscard]] inline std::shared_ptr<sink> make_console(resolved_settings const& s, bool has_file) {
    if (s.console == console::off) return nullptr;
    const int fd = s.console == console::to_stdout ? 1 : 2;
    const auto style = s.profile == profile::prod ? console_sink::style::json : console_sink::style::pretty;
    // Where it is all there is, who reads it is waited for as a file would be.
    const std::chrono::milliseconds patience(has_file ? 50 : 5'000);
    return std::make_shared<console_sink>(fd, style, wants_colour(fd), s.console_time == console_time::utc, patience);
}

}  // namespace logkit::detail
