// SPDX-License-Identifier: MIT
#pragma once

// Which of a log's rotated files somebody who ships the log still needs. Stage: sink. Who rotates asks, with nothing
// else of logkit::ship linked: one listing of the log's folder, and one small read for each cursor in it.
//
// A cursor (run.log.cursor, run.log.cursor.NAME; ship/cursor_file.hpp has all of its lines) says in which file its
// position stands. That file is needed, even where all of it has been shipped, and so are all newer ones: what is kept
// is one piece, without holes.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/rotation.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit::detail {

inline constexpr std::string_view cursor_suffix = ".cursor";
inline constexpr std::string_view cursor_magic = "logkit-cursor 1\n";

// The rest of the first line that begins with that word; "" if there is none.
[[nodiscard]] inline std::string_view line_of_cursor(std::string_view text, std::string_view word) {
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        if (line.starts_with(word) && line.substr(word.size()).starts_with(' ')) return line.substr(word.size() + 1);
    }
    return {};
}
// Takes a decimal number and the blank behind it off the front. False: there is none.
[[nodiscard]] inline bool take_number(std::string_view& text, std::uint64_t& number) {
    const std::string_view digits = take_until(text, ' ');
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size();
}

// Is it a name of a cursor, and not of its lock, of the cursor before it or of one that is being written?
[[nodiscard]] inline bool is_cursor_name(std::string_view file, std::string_view log_name) {
    if (!file.starts_with(log_name) || !file.substr(log_name.size()).starts_with(cursor_suffix)) return false;
    const std::string_view rest = file.substr(log_name.size() + cursor_suffix.size());
    if (!rest.empty() && rest.front() != '.') return false;
    return !rest.ends_with(".lock") && !rest.ends_with(".old") && !rest.ends_with(".new");
}

// How far back one cursor needs the log's files.
struct cursor_need {
    file_identity place{};    // the file of its position; inode 0: not known, so all of them
    std::uint64_t spool = 0;  // bytes of rotated log that are kept for it
    time_t touched = 0;
};

[[nodiscard]] inline std::vector<cursor_need> cursors_of(std::string const& log) {
    constexpr std::uint64_t default_spool_mb = 1024;
    std::vector<cursor_need> found;
    const std::size_t slash = log.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : log.substr(0, slash + 1);
    const std::string_view name = std::string_view{log}.substr(slash + 1);  // npos + 1 is 0
    DIR* const listing = ::opendir(folder.c_str());
    if (listing == nullptr) return found;
    while (const dirent* entry = ::readdir(listing)) {
        if (!is_cursor_name(entry->d_name, name)) continue;
        const descriptor file = open_file((folder + '/' + entry->d_name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        struct stat status {};
        if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        char text[1024];  // what is needed stands in front
        const ssize_t n = ::pread(file.get(), text, sizeof text, 0);
        const std::string_view lines(text, n > 0 ? static_cast<std::size_t>(n) : 0);
        cursor_need need{{}, default_spool_mb << 20, status.st_mtime};
        std::string_view place = line_of_cursor(lines, "place"), spool = line_of_cursor(lines, "spool_mb");
        std::uint64_t device = 0, inode = 0, mb = 0;
        if (lines.starts_with(cursor_magic) && take_number(place, device) && take_number(place, inode))
            need.place = {dev_t{device}, ino_t{inode}};
        if (lines.starts_with(cursor_magic) && take_number(spool, mb) && mb < (std::uint64_t{1} << 40))
            need.spool = mb << 20;
        found.push_back(need);
    }
    ::closedir(listing);
    return found;
}

// What a rotation is to leave: so many numbered files. `lost`: bytes of files that are needed and go all the same,
// because more than the spool's size is waiting.
struct kept_backups {
    unsigned count = 0;
    unsigned there = 0;  // numbered files before the rotation
    std::uint64_t lost = 0;
};

// For the rotation of `log` that is about to happen.
[[nodiscard]] inline kept_backups backups_to_keep(std::string const& log, unsigned backups, time_t now) {
    constexpr time_t stale_after_s = 7 * 24 * 3600;
    kept_backups kept{backups};
    const std::vector<cursor_need> cursors = cursors_of(log);
    struct stat status {};
    std::vector<struct stat> files;  // files[n] is the one with the number n
    if (::stat(log.c_str(), &status) != 0) return kept;
    files.push_back(status);
    while (::stat(rotated_path(log, static_cast<std::int64_t>(files.size())).c_str(), &status) == 0)
        files.push_back(status);
    kept.there = static_cast<unsigned>(files.size() - 1);
    std::size_t needed = 0, has_room = 0;  // of these files, from the newest
    for (cursor_need const& cursor : cursors) {
        std::size_t place = files.size() - 1;
        for (std::size_t i = 0; i < files.size(); ++i)
            if (identity_of(files[i]) == cursor.place) place = i;
        // Its shipper is gone, and the log went on for so long without it.
        if (now - std::max(cursor.touched, files[place].st_mtime) > stale_after_s) continue;
        needed = std::max(needed, place + 1);
        std::uint64_t bytes = 0;
        std::size_t room = 0;
        while (room < files.size() && (bytes += static_cast<std::uint64_t>(files[room].st_size)) <= cursor.spool)
            ++room;
        has_room = std::max(has_room, std::min(room, place + 1));
    }
    kept.count = std::max(backups, static_cast<unsigned>(std::min(needed, has_room)));
    for (std::size_t i = kept.count; i < needed; ++i) kept.lost += static_cast<std::uint64_t>(files[i].st_size);
    return kept;
}

}  // namespace logkit::detail
