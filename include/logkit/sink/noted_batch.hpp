// SPDX-License-Identifier: MIT
#pragma once

// A batch that was noted before it was written: is it there? Stage: sink. Recovery asks, and who lost his descriptor
// while he wrote.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/rotation.hpp>
#include <logkit/pipe/commit_note.hpp>

namespace logkit::detail {

// Opens the file that a batch was meant for, whatever it is called by now. Not open: it is not there any more.
[[nodiscard]] inline descriptor open_noted_file(std::string const& log, file_place const& place) {
    // A file that is being renamed may be missed by a listing: "not there" is believed of two that are the same.
    for (std::vector<std::string> before;;) {
        std::vector<std::string> now;
        for (std::string const& path : files_of_log(log)) {
            struct stat status {};
            if (::stat(path.c_str(), &status) != 0) continue;
            now.push_back(path + ' ' + std::to_string(status.st_ino));
            if (status.st_dev != place.device || status.st_ino != place.inode) continue;
            descriptor file = open_file(path.c_str(), O_RDWR | O_NONBLOCK);
            if (file.is_open() && ::fstat(file.get(), &status) == 0 && status.st_dev == place.device &&
                status.st_ino == place.inode)
                return file;
        }
        if (now == before) return {};
        before = std::move(now);
    }
}

enum class batch_state { absent, partial, whole };

// How much of a noted batch is in the file; the caller holds the file's lock. What stands in its place may
// well be another process's, if the dead one had not yet written a byte.
[[nodiscard]] inline batch_state look_for_batch(int fd, file_place const& place) {
    struct stat status {};
    constexpr std::uint64_t sensible = std::uint64_t{1} << 48;
    if (::fstat(fd, &status) != 0 || place.offset > sensible || place.length > sensible) return batch_state::absent;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size <= place.offset || place.length == 0) return batch_state::absent;
    const auto is_there = [&](std::uint64_t at, const char* text, std::uint64_t n) {
        char found[file_place::head_size];
        return ::pread(fd, found, n, static_cast<off_t>(at)) == static_cast<ssize_t>(n) &&
               std::memcmp(found, text, n) == 0;
    };
    const std::uint64_t present = size - place.offset;
    const std::uint64_t head = std::min({present, place.length, std::uint64_t{file_place::head_size}});
    if (!is_there(place.offset, place.head, head)) return batch_state::absent;
    const std::uint64_t tail = std::min(place.length, std::uint64_t{file_place::tail_size});
    if (present >= place.length && is_there(place.offset + place.length - tail, place.tail, tail))
        return batch_state::whole;
    return present < place.length ? batch_state::partial : batch_state::absent;
}

}  // namespace logkit::detail
