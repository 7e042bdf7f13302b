// SPDX-License-Identifier: MIT
#pragma once

// The files of a log that is shipped, the oldest first. Stage: ship.
//
// Of a log of ours they are those of base/rotation.hpp. Another program's log is rotated by whoever does that there:
// its files are those of the same folder whose names begin with the log's name, or with what stands before its suffix
// and go on with a date or number, or those of a pattern that the user names.

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

// Could `file` be what a log of that name was rotated to?
[[nodiscard]] inline bool is_rotated_name(std::string_view file, std::string_view log) {
    if (file == log) return true;
    if (is_beside_log(file)) return false;
    for (const std::string_view other : {".lock", ".tmp", ".new", ".swp", "~"})
        if (unpacked_name(file).find(other, std::min(log.size(), file.size())) != file.npos) return false;
    if (file.starts_with(log)) return std::string_view(".-_").find(file[log.size()]) != std::string_view::npos;
    const std::string_view suffix = log.rfind('.') == log.npos ? std::string_view{} : log.substr(log.rfind('.'));
    const std::string_view stem = log.substr(0, log.size() - suffix.size());
    std::string_view rest = unpacked_name(file);
    if (stem.empty() || !rest.starts_with(stem)) return false;
    rest.remove_prefix(stem.size());
    if (rest.ends_with(suffix)) rest.remove_suffix(suffix.size());
    return !rest.empty() && std::string_view(".-_").find(rest.front()) != rest.npos &&
           rest.find_first_not_of("0123456789.-_:TZ+") == rest.npos && rest.find_first_of("0123456789") != rest.npos;
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

// The log itself is the last, if it is there. `rotated`: a pattern of glob(7), or "".
[[nodiscard]] inline std::vector<found_file> files_of_shipped_log(std::string const& path, std::string const& rotated) {
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
        while (const dirent* entry = ::readdir(listing))
            if (is_rotated_name(entry->d_name, name)) paths.push_back(folder + entry->d_name);
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
