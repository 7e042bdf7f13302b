// SPDX-License-Identifier: MIT
#pragma once

// Which files belong to a log, and in what order. The one place that knows: the sink that rotates, recovery, the
// reader and whoever ships a log ask here. Base.
//
//   run.log             the log
//   run.log.0           moved away a moment ago; becomes run.log.1 when the others have moved up
//   run.log.1 … .5      the larger the number, the older
//   run.log-20261121    by others (logrotate): the later the date, the younger; also 2026-11-21, also behind a dot
//   …gz …zst            the same, compressed

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace logkit::detail {

// run.log.3.gz ↔ {run.log, 3}. Dates count downwards, so that a larger number is older here, too.
struct rotated_name {
    static constexpr std::int64_t current = -1;  // the log itself

    std::string base;
    std::int64_t number = current;
};

[[nodiscard]] inline rotated_name parse_rotated_name(std::string_view path) {
    for (const std::string_view packed : {".gz", ".zst"})
        if (path.ends_with(packed)) path.remove_suffix(packed.size());
    const auto is_digits = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    const auto number_of = [](std::string_view digits) {
        std::int64_t number = 0;
        const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec;
        return error == std::errc{} ? number : rotated_name::current;
    };
    const auto is_separator = [](char c) { return c == '.' || c == '-'; };
    constexpr std::size_t date_size = 10;  // 2026-11-21
    if (path.size() > date_size + 1 && is_separator(path[path.size() - date_size - 1])) {
        std::string_view date = path.substr(path.size() - date_size);
        if (date[4] == '-' && date[7] == '-') {
            const std::string digits = std::string(date.substr(0, 4)).append(date.substr(5, 2)).append(date.substr(8));
            if (is_digits(digits))
                return {std::string(path.substr(0, path.size() - date_size - 1)), INT64_MAX - number_of(digits)};
        }
    }
    const std::size_t start = path.find_last_not_of("0123456789") + 1;
    if (start > 1 && start < path.size() && is_separator(path[start - 1]) && path[start - 2] != '/') {
        constexpr std::int64_t first_date = 19'000'101;
        const std::int64_t number = number_of(path.substr(start));
        const bool is_date = path[start - 1] == '-' || number >= first_date;
        if (number != rotated_name::current)
            return {std::string(path.substr(0, start - 1)), is_date ? INT64_MAX - number : number};
    }
    return {std::string(path), rotated_name::current};
}

[[nodiscard]] inline std::string rotated_path(std::string const& log, std::int64_t number) {
    return number == rotated_name::current ? log : log + '.' + std::to_string(number);
}

// Is it a file that stands beside a log and is none: a shipper's cursor, its lock, what it set aside? Patterns such as
// run.log* must not take it for one.
[[nodiscard]] inline bool is_beside_log(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
    for (const std::string_view mark : {".cursor", ".rejected"})
        if (const std::size_t at = name.find(mark); at != name.npos && at != 0) {
            const std::string_view rest = name.substr(at + mark.size());
            if (rest.empty() || rest.front() == '.') return true;
        }
    return name.starts_with('.') && name.ends_with(".journal");
}

// The file that a log's name leads to: where the name is a symbolic link, its target, whose neighbours the rotated
// files are.
[[nodiscard]] inline std::string file_of_log(std::string const& path) {
    struct stat named {};
    if (::lstat(path.c_str(), &named) != 0 || !S_ISLNK(named.st_mode)) return path;
    char target[PATH_MAX];
    return ::realpath(path.c_str(), target) == nullptr ? path : std::string(target);
}

// All files of the log that are there, the oldest first, by path. Of a folder that cannot be listed, the log alone.
[[nodiscard]] inline std::vector<std::string> files_of_log(std::string const& path) {
    struct found_file {
        std::int64_t number;
        std::string path;
    };
    const std::string log = file_of_log(path);
    const std::size_t slash = log.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : log.substr(0, slash + 1);
    const std::string name = log.substr(folder.size());
    std::vector<found_file> found;
    DIR* const listing = ::opendir(folder.empty() ? "." : folder.c_str());
    struct stat status {};
    if (listing == nullptr) return ::stat(log.c_str(), &status) == 0 ? std::vector{log} : std::vector<std::string>{};
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view other = entry->d_name;
        if (!other.starts_with(name)) continue;
        const rotated_name parsed = parse_rotated_name(other);
        if (parsed.base == name) found.push_back({parsed.number, folder + std::string(other)});
    }
    ::closedir(listing);
    std::sort(found.begin(), found.end(), [](found_file const& a, found_file const& b) {
        return a.number != b.number ? a.number > b.number : a.path < b.path;
    });
    std::vector<std::string> paths;
    for (found_file& file : found) paths.push_back(std::move(file.path));
    return paths;
}

}  // namespace logkit::detail
