// SPDX-License-Identifier: MIT
#pragma once

// Up to where a log is final. Stage: sink. Whoever hands a log's bytes on (logkit::ship) asks here, and changes
// nothing: neither the log nor a journal.
//
// Above the committed end stand bytes that recovery may take out and write again: a batch that a journal has noted and
// that the file has only in part, because its writer died there. Below it nothing changes any more.
//
//        ┌─────────────┬──────────────┬─ ─ ─ ─
//   log  │ batches     │ noted, torn  │
//        └─────────────┴──────────────┴─ ─ ─ ─
//                      ▲ the committed end; without such a batch, the last line's end
//
// The log's lock is shared for the look, so that no writer is in the middle of a batch, and for no longer: a listing of
// the journals' folders, and a few reads.

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/clock.hpp>
#include <logkit/base/descriptor.hpp>
#include <logkit/base/environment_text.hpp>
#include <logkit/pipe/dead_journal.hpp>
#include <logkit/pipe/journal_place.hpp>
#include <logkit/sink/file_lock.hpp>
#include <logkit/sink/noted_batch.hpp>

namespace logkit::detail {

// Where journals of a log's writers may be, for somebody who is none of them.
struct journal_whereabouts {
    std::vector<std::string> folders{};
    bool is_ours = false;     // one of our writers has left its link
    bool is_readable = true;  // false: a folder is there and may not be looked into
};

[[nodiscard]] inline journal_whereabouts journals_of(std::string const& log_path) {
    journal_whereabouts found;
    const auto add = [&](std::string folder) {
        if (std::find(found.folders.begin(), found.folders.end(), folder) == found.folders.end())
            found.folders.push_back(std::move(folder));
    };
    const std::string log = file_of_log(log_path);
    char target[PATH_MAX];
    const ssize_t n = ::readlink(journal_link_of(log).c_str(), target, sizeof target);
    found.is_ours = n > 0;
    if (n > 0) add(std::string(target, static_cast<std::size_t>(n)));
    const char* const chosen = environment_text("LOG_JOURNAL");
    if (chosen != nullptr && *chosen == '/') add(chosen);
    struct stat status {};
    const uid_t owner = ::stat(log.c_str(), &status) == 0 ? status.st_uid : ::geteuid();
    add(std::string(shared_memory_folder) + "/logkit-" + std::to_string(owner));
    const std::size_t slash = log.rfind('/');
    add(slash == std::string::npos ? "." : log.substr(0, slash + 1) + ".");
    for (std::string const& folder : found.folders)
        if (::access(folder.c_str(), R_OK | X_OK) != 0 && errno == EACCES) found.is_readable = false;
    return found;
}

// Has one of our writers left its link? journals_of() at the price of one system call.
[[nodiscard]] inline bool has_journal_link(std::string const& log_path) noexcept {
    char first;
    return ::readlink(journal_link_of(file_of_log(log_path)).c_str(), &first, 1) > 0;
}

// Has the writer of one of these journals written to that file last?
[[nodiscard]] inline bool is_noted_in(std::vector<std::string> const& folders, file_identity const& file) {
    for (std::string const& folder : folders)
        for (std::string const& path : all_journals(folder)) {
            const dead_journal noted(open_file(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
            if (!noted.is_journal()) continue;
            const file_place place = noted.last_batch().place;
            if (place.device == file.device && place.inode == file.inode) return true;
        }
    return false;
}

// Where a torn batch begins in the file, whose lock the caller holds. Empty: there is none.
[[nodiscard]] inline std::optional<std::uint64_t> torn_batch_in(int fd, std::vector<std::string> const& folders) {
    struct stat file {};
    if (::fstat(fd, &file) != 0) return std::nullopt;
    std::optional<std::uint64_t> first;
    for (std::string const& folder : folders)
        for (std::string const& path : all_journals(folder)) {
            const dead_journal noted(open_file(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
            if (!noted.is_journal()) continue;
            const dead_journal::noted_batch last = noted.last_batch();
            if (last.number == 0 || last.place.device != file.st_dev || last.place.inode != file.st_ino) continue;
            if (look_for_batch(fd, last.place) == batch_state::partial && (!first || last.place.offset < *first))
                first = last.place.offset;
        }
    return first;
}

// Behind the last line's end in [from, size); `from` where there is none.
[[nodiscard]] inline std::uint64_t last_line_end(int fd, std::uint64_t from, std::uint64_t size) {
    char block[64 * 1024];
    for (std::uint64_t end = size; end > from;) {
        const std::uint64_t start = end - from > sizeof block ? end - sizeof block : from;
        const ssize_t n = ::pread(fd, block, end - start, static_cast<off_t>(start));
        if (n <= 0) return from;
        const std::size_t at = std::string_view(block, static_cast<std::size_t>(n)).rfind('\n');
        if (at != std::string_view::npos) return start + at + 1;
        end = start;
    }
    return from;
}

struct committed {
    std::uint64_t end = 0;   // behind the last line that is final
    std::uint64_t size = 0;  // of the file
    bool is_torn = false;    // behind it stands a part of a batch, which recovery will take out
};

// The committed end of a log that is open for reading; as an offset of that file, and not before `from`, which is known
// to be final. Empty: the lock was not to be had by `deadline_ns` (CLOCK_MONOTONIC); what was known before still holds.
[[nodiscard]] inline std::optional<committed> committed_end(int fd, std::vector<std::string> const& journal_folders,
                                                            std::uint64_t from, std::uint64_t deadline_ns) {
    committed found;
    std::uint64_t bound = 0;
    {
        const file_lock lock(fd, deadline_ns, LOCK_SH);
        struct stat status {};
        if (!lock.is_held() || ::fstat(fd, &status) != 0) return std::nullopt;
        found.size = bound = static_cast<std::uint64_t>(status.st_size);
        if (bound > from)
            if (const std::optional<std::uint64_t> torn = torn_batch_in(fd, journal_folders)) {
                found.is_torn = true;
                bound = std::min(bound, *torn);
            }
    }
    found.end = bound > from ? last_line_end(fd, from, bound) : from;
    return found;
}

}  // namespace logkit::detail
