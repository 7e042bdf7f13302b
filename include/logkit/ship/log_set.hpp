// SPDX-License-Identifier: MIT
#pragma once

// The files of a log that is shipped, the oldest first. Stage: ship.
//
// Of a log of ours they are those of base/rotation.hpp. Another program's log is rotated by whoever does that there:
// its files are those of the same folder whose names are the log's, or what stands before its suffix, with a date or
// number, those that a cursor has known under another name, or those of a pattern that the user names. app-1.log beside
// app.log is another log: the first worker's.

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/rotation.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/ship/position.hpp>

namespace logkit::detail {

struct found_file {
    std::string path{};
    file_identity identity{};
    std::uint64_t size = 0;        // as it is on disk
    std::uint64_t changed_ns = 0;  // when it was last written (st_mtim)
    bool is_packed = false;        // gzip or zstd, by its name

    friend bool operator==(found_file const&, found_file const&) = default;
};

[[nodiscard]] inline bool is_packed_name(std::string_view path) noexcept {
    return path.ends_with(".gz") || path.ends_with(".zst");
}
[[nodiscard]] inline std::string_view unpacked_name(std::string_view path) noexcept {
    for (const std::string_view packed : {".gz", ".zst"})
        if (path.ends_with(packed)) path.remove_suffix(packed.size());
    return path;
}

// ".1", "-20261121", ".2026-11-21_10": what rotation puts behind a name.
[[nodiscard]] inline bool is_number_or_date(std::string_view rest) noexcept {
    return !rest.empty() && std::string_view(".-_").find(rest.front()) != rest.npos &&
           rest.find_first_not_of("0123456789.-_:TZ+") == rest.npos && rest.find_first_of("0123456789") != rest.npos;
}
// What stands before the suffix of a log's name.
[[nodiscard]] inline std::string_view stem_of(std::string_view log) noexcept {
    const std::size_t dot = log.rfind('.');
    return dot == log.npos || dot == 0 ? log : log.substr(0, dot);
}
// Could `file` be what a log of that name was rotated to?
[[nodiscard]] inline bool is_rotated_name(std::string_view file, std::string_view log, bool is_ours = false) {
    if (file == log) return true;
    if (is_beside_log(file)) return false;
    if (is_ours) return parse_rotated_name(file).base == log;
    std::string_view rest = unpacked_name(file);
    if (rest.starts_with(log)) {
        rest.remove_prefix(log.size());
        return is_number_or_date(rest) || rest == ".old";
    }
    const std::string_view stem = stem_of(log), suffix = log.substr(stem.size());
    if (!rest.starts_with(stem)) return false;
    rest.remove_prefix(stem.size());
    if (rest.ends_with(suffix)) rest.remove_suffix(suffix.size());
    // app.1.log is a rotated file, app-1.log a neighbour; a date has eight digits.
    const auto digits = std::count_if(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    return is_number_or_date(rest) && (rest.front() == '.' || digits >= 8);
}

[[nodiscard]] inline bool look_at_file(std::string const& path, found_file& into) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
    into = {path, identity_of(status), static_cast<std::uint64_t>(status.st_size),
            static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
                static_cast<std::uint64_t>(status.st_mtim.tv_nsec),
            is_packed_name(path)};
    return true;
}

// The log itself is the last, if it is there. `rotated`: a pattern of glob(7), or "". `known`: files that are the log's
// whatever their names are now, as long as those begin with its.
[[nodiscard]] inline std::vector<found_file> files_of_shipped_log(std::string const& path, std::string const& rotated,
                                                                  bool is_ours = false,
                                                                  std::vector<seen_file> const& known = {}) {
    const std::string log = file_of_log(path);
    const std::size_t slash = log.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : log.substr(0, slash + 1);
    const std::string name = log.substr(folder.size());
    std::vector<std::string> paths;
    if (!rotated.empty()) {
        glob_t matches{};
        if (::glob(rotated.c_str(), 0, nullptr, &matches) == 0)
            for (std::size_t i = 0; i < matches.gl_pathc; ++i) paths.emplace_back(matches.gl_pathv[i]);
        ::globfree(&matches);
        paths.push_back(log);
    } else if (DIR* const listing = ::opendir(folder.empty() ? "." : folder.c_str())) {
        while (const dirent* entry = ::readdir(listing)) {
            const std::string_view other = entry->d_name;
            found_file renamed;
            if (is_rotated_name(other, name, is_ours) ||
                (!known.empty() && other.starts_with(stem_of(name)) && !is_beside_log(other) &&
                 look_at_file(folder + entry->d_name, renamed) &&
                 std::any_of(known.begin(), known.end(),
                             [&](seen_file const& f) { return f.identity == renamed.identity; })))
                paths.push_back(folder + entry->d_name);
        }
        ::closedir(listing);
    } else {
        paths.push_back(log);
    }
    std::vector<found_file> found;
    for (std::string const& candidate : paths) {
        found_file file;
        const auto is_same = [&](found_file const& other) { return other.identity == file.identity; };
        if (candidate.find('\n') == candidate.npos && look_at_file(candidate, file) &&
            std::none_of(found.begin(), found.end(), is_same))
            found.push_back(std::move(file));
    }
    // While it is being packed, a file is there twice.
    std::erase_if(found, [&](found_file const& file) {
        return file.is_packed && std::any_of(found.begin(), found.end(), [&](found_file const& other) {
                   return other.path == unpacked_name(file.path);
               });
    });
    const auto number_of = [&](found_file const& file) {
        const rotated_name parsed = parse_rotated_name(file.path);
        return parsed.base == log ? parsed.number : rotated_name::current;
    };
    const bool are_numbered = std::all_of(found.begin(), found.end(), [&](found_file const& file) {
        return file.path == log || number_of(file) != rotated_name::current;
    });
    std::stable_sort(found.begin(), found.end(), [&](found_file const& a, found_file const& b) {
        if (a.path == log || b.path == log) return b.path == log && a.path != log;
        if (!are_numbered && a.changed_ns != b.changed_ns) return a.changed_ns < b.changed_ns;
        const std::int64_t mine = number_of(a), theirs = number_of(b);
        return mine != theirs ? mine > theirs : a.path < b.path;
    });
    return found;
}

}  // namespace logkit::detail
