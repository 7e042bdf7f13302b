// SPDX-License-Identifier: MIT
#pragma once

// Where among a log's files the place of a cursor is now. Stage: ship.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <logkit/ship/cursor_file.hpp>
#include <logkit/ship/file_window.hpp>
#include <logkit/ship/log_set.hpp>
#include <logkit/ship/position.hpp>

namespace logkit::detail {

// The files of the log that the cursor knows or may come to know, the oldest first.
[[nodiscard]] inline std::vector<found_file> files_of_cursor(std::string const& path, std::string const& rotated,
                                                             bool is_ours, cursor const& c) {
    const bool is_copy = c.log != path;
    std::vector<found_file> found =
        files_of_shipped_log(path, rotated, is_ours, is_copy ? std::vector<seen_file>{} : c.files);
    if (is_copy) return found;  // a copy: the files that it names are another log's
    // The log may be a symbolic link that has been turned: the files it led to before are elsewhere.
    for (std::size_t i = c.files.size(); i-- > std::min(c.place, c.files.size());) {
        found_file old;
        const auto is_known = [&](found_file const& f) { return f.identity == c.files[i].identity; };
        if (std::none_of(found.begin(), found.end(), is_known) && look_at_file(c.files[i].path, old) && is_known(old))
            found.insert(found.begin(), old);
    }
    return found;
}

// The oldest file that is not known to be shipped: what stood before the place is.
[[nodiscard]] inline std::size_t behind_shipped(cursor const& c, std::vector<found_file> const& found) {
    std::size_t start = 0;
    for (std::size_t k = 0; k < found.size(); ++k)
        for (std::size_t i = 0; i < std::min(c.place, c.files.size()); ++i)
            if (found[k].identity == c.files[i].identity) start = k + 1;
    return std::min(start, found.size() - 1);
}

// The files that the cursor knows have new names when others were rotated.
inline void learn_names(cursor& c, std::vector<found_file> const& found) {
    for (seen_file& file : c.files)
        for (found_file const& now : found)
            if (now.identity == file.identity) file.path = now.path;
}

struct found_place {
    std::optional<std::size_t> at{};  // in the list
    std::string trouble{};            // a file could not be read
    bool is_unpackable = false;       // and it is a packed one, which may not be written to its end yet
};
[[nodiscard]] inline found_place find_place(cursor const& c, std::vector<found_file> const& found) {
    found_place result;
    const auto fits = [&](found_file const& file) {
        try {
            file_window window(file.path, file.identity);
            if (!window.is_open() && errno == EACCES) result.trouble = file.path + ": " + std::strerror(errno);
            if (!window.is_open() || (!file.is_packed && file.size < c.offset())) return false;
            return window.fits(c.sample) && (!file.is_packed || window.size() >= c.offset());
        } catch (log_file_error const& error) {
            result.trouble = error.what();
            result.is_unpackable = true;
            return false;
        }
    };
    if (!c.has_place()) return result;
    for (std::size_t i = 0; i < found.size(); ++i)
        if (found[i].identity == c.file().identity && fits(found[i])) {
            result.at = i;
            return result;
        }
    if (c.sample.length == 0) return result;
    for (std::size_t i = found.size(); i-- > 0;)
        if (!(found[i].identity == c.file().identity) && fits(found[i])) {
            result.at = i;
            return result;
        }
    return result;
}

}  // namespace logkit::detail
