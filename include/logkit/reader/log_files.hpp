// SPDX-License-Identifier: MIT
#pragma once

// Which files, in which order. Reader. A pattern stands for the files that it matches; a rotated set (`run.log`,
// `run.log.1`, `run.log.2.gz` …) is read from its oldest file to its newest.

#include <glob.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <logkit/base/rotation.hpp>
#include <logkit/reader/log_file.hpp>

namespace logkit {

// The paths that a pattern of glob(7) matches, sorted; but those of files beside a log that are none (cursors, locks).
[[nodiscard]] inline std::vector<std::string> matching_paths(std::string const& pattern) {
    glob_t found{};
    std::vector<std::string> paths;
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    std::erase_if(paths, [](std::string const& path) { return detail::is_beside_log(path); });
    return paths;
}

namespace detail {

// Files of one set stand where its first one was named, the oldest first.
inline void sort_rotated(std::vector<std::string>& paths) {
    struct named {
        std::size_t place;
        std::int64_t number;
        std::string path;
    };
    std::vector<std::string> bases;
    std::vector<named> all;
    for (std::string const& path : paths) {
        const rotated_name r = parse_rotated_name(path);
        auto at = std::find(bases.begin(), bases.end(), r.base);
        if (at == bases.end()) at = bases.insert(at, r.base);
        all.push_back({static_cast<std::size_t>(at - bases.begin()), r.number, path});
    }
    std::stable_sort(all.begin(), all.end(), [](named const& a, named const& b) {
        return a.place != b.place ? a.place < b.place : a.number > b.number;
    });
    std::transform(all.begin(), all.end(), paths.begin(), [](named const& n) { return n.path; });
}

}  // namespace detail

// `path` with the files it was rotated to, the oldest first.
[[nodiscard]] inline std::vector<std::string> rotated_set(std::string const& path) {
    return detail::files_of_log(path);
}

// Opens the files: paths, patterns, "-" for standard input. All are opened at once, so that a rotation meanwhile
// changes nothing; a file that was reached by two names is read once. Throws log_file_error.
[[nodiscard]] inline std::vector<log_file> open_logs(std::vector<std::string> const& names) {
    std::vector<std::string> paths;
    for (std::string const& name : names) {
        std::vector<std::string> found;
        if (::access(name.c_str(), F_OK) != 0) found = matching_paths(name);
        if (found.empty()) found.push_back(name);  // so that opening it says what is wrong
        paths.insert(paths.end(), found.begin(), found.end());
    }
    detail::sort_rotated(paths);
    std::vector<log_file> files;
    for (std::string const& path : paths) {
        log_file file(path);
        const bool is_known =
            std::any_of(files.begin(), files.end(), [&](log_file const& other) { return other.is_same_file(file); });
        if (!is_known) files.push_back(std::move(file));
    }
    return files;
}

}  // namespace logkit
