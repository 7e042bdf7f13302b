// SPDX-License-Identifier: MIT
#pragma once

// Where journals are, what they are called, and whether their process still lives. Stage: pipe.

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/pipe/journal_layout.hpp>

namespace logkit::detail {

[[nodiscard]] inline std::string read_small_file(const char* path) {
    const descriptor file = open_file(path, O_RDONLY);
    char text[1024];
    const ssize_t n = file.is_open() ? ::read(file.get(), text, sizeof text) : 0;
    return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

// When the process was started, in clock ticks since boot; 0 if there is no such process, or only what is left of one
// for its parent to fetch. (A process whose first thread has ended looks like that, too, but has other threads.)
[[nodiscard]] inline std::uint64_t start_time_of(std::uint64_t pid) {
    const std::string stat = read_small_file(("/proc/" + std::to_string(pid) + "/stat").c_str());
    const std::size_t name_end = stat.rfind(')');  // the name before it may hold anything
    if (name_end == std::string::npos) return 0;
    constexpr int state = 3, thread_count = 20, start_time = 22;  // as proc(5) counts them; the name is the second
    const auto field = [&](int wanted) {
        std::size_t at = name_end;
        for (int i = 2; i < wanted && at != std::string::npos; ++i) at = stat.find(' ', at + 1);
        return at == std::string::npos ? stat.c_str() + stat.size() : stat.c_str() + at + 1;
    };
    const char letter = *field(state);
    if ((letter == 'Z' || letter == 'X') && std::strtol(field(thread_count), nullptr, 10) <= 1) return 0;
    return std::strtoull(field(start_time), nullptr, 10);
}

[[nodiscard]] inline process_identity this_process() {
    process_identity id{};
    const std::string boot = read_small_file("/proc/sys/kernel/random/boot_id");
    std::memcpy(id.boot_id, boot.data(), boot.size() < sizeof id.boot_id ? boot.size() : sizeof id.boot_id);
    id.pid = static_cast<std::uint64_t>(::getpid());
    id.start_time = start_time_of(id.pid);
    return id;
}

// Does it live, as far as /proc tells? A number given out anew, or a boot since, is another process.
[[nodiscard]] inline bool is_alive(process_identity const& id) {
    return std::memcmp(id.boot_id, this_process().boot_id, sizeof id.boot_id) == 0 && id.start_time != 0 &&
           start_time_of(id.pid) == id.start_time;
}

// Has the process the file mapped? After exec it has the number and start time that it had before, and nothing else.
// True where nobody may look.
[[nodiscard]] inline bool maps_file(std::uint64_t pid, std::string_view path) {
    const descriptor maps = open_file(("/proc/" + std::to_string(pid) + "/maps").c_str(), O_RDONLY);
    if (!maps.is_open()) return true;
    // Its last part is the file's own, whatever the folder is called there, and the log it was renamed for.
    const std::string_view own_part = path.substr(path.rfind('-') + 1);
    std::string text;
    char piece[16 * 1024];
    for (;;) {
        const ssize_t n = ::read(maps.get(), piece, sizeof piece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return true;
        if (n == 0) return false;
        text.append(piece, static_cast<std::size_t>(n));
        if (text.find(own_part) != std::string::npos) return true;
        if (text.size() > own_part.size()) text.erase(0, text.size() - own_part.size());
    }
}

inline constexpr std::string_view shared_memory_folder = "/dev/shm";

// The folders in which a journal of this log may be, best first: `chosen` (LOG_JOURNAL) alone, or tmpfs and
// then beside the log.
[[nodiscard]] inline std::vector<std::string> journal_folders(std::string const& chosen, std::string const& log_path) {
    if (!chosen.empty()) return {chosen};
    return {std::string(shared_memory_folder) + "/logkit-" + std::to_string(::geteuid()),
            log_path.substr(0, log_path.rfind('/') + 1) + "."};
}

// Beside the log: a symbolic link to the folder in which the last of its writers has its journal, for those who do not
// know what LOG_JOURNAL said there.
[[nodiscard]] inline std::string journal_link_of(std::string const& log_path) {
    const std::size_t name = log_path.rfind('/') + 1;  // npos + 1 is 0
    return log_path.substr(0, name) + '.' + log_path.substr(name) + ".journal";
}
// A folder that cannot be written to gets none: then its readers look in the usual places.
inline void leave_journal_link(std::string const& log_path, std::string const& folder) {
    const std::string link = journal_link_of(log_path);
    char target[PATH_MAX];
    const ssize_t n = ::readlink(link.c_str(), target, sizeof target);
    if (n > 0 && std::string_view(target, static_cast<std::size_t>(n)) == folder) return;
    const std::string fresh = link + '.' + std::to_string(::getpid());
    (void)::unlink(fresh.c_str());
    if (::symlink(folder.c_str(), fresh.c_str()) == 0 && ::rename(fresh.c_str(), link.c_str()) != 0)
        (void)::unlink(fresh.c_str());
}

[[nodiscard]] inline std::string journal_prefix(std::string_view log_path) {
    std::string name = "logkit-";
    name.resize(name.size() + 16);
    write_hex(name.data() + 7, hash_text(log_path));
    return name + '-';
}
inline constexpr std::string_view journal_suffix = ".journal";

// The library's files in a folder, by path.
[[nodiscard]] inline std::vector<std::string> files_in(std::string const& folder, std::string_view suffix,
                                                       std::string_view prefix = "logkit-") {
    std::vector<std::string> found;
    DIR* const listing = ::opendir(folder.c_str());
    if (listing == nullptr) return found;
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view name = entry->d_name;
        if (name.starts_with(prefix) && name.ends_with(suffix)) found.push_back(folder + '/' + std::string(name));
    }
    ::closedir(listing);
    return found;
}
// The journals in a folder; of living processes too.
[[nodiscard]] inline std::vector<std::string> all_journals(std::string const& folder,
                                                           std::string_view prefix = "logkit-") {
    return files_in(folder, journal_suffix, prefix);
}

// Those of that log.
[[nodiscard]] inline std::vector<std::string> find_journals(std::vector<std::string> const& folders,
                                                            std::string_view log_path) {
    std::vector<std::string> found;
    for (std::string const& folder : folders)
        for (std::string& path : all_journals(folder, journal_prefix(log_path))) found.push_back(std::move(path));
    return found;
}

// The log that a journal belongs to; "" if it does not say.
[[nodiscard]] inline std::string log_path_of(std::string const& journal_path) {
    const descriptor file = open_file(journal_path.c_str(), O_RDONLY | O_NOFOLLOW);
    std::uint32_t index = 0;
    char path[PATH_MAX] = {};
    if (!file.is_open() ||
        ::pread(file.get(), &index, sizeof index, offsetof(journal_header, log_path_index)) != sizeof index ||
        ::pread(file.get(), path, sizeof path - 1,
                static_cast<off_t>(offsetof(journal_header, log_paths) + (index & 1) * sizeof path)) <= 0)
        return {};
    return path;
}

// Removes what processes left that were killed while they made their journals. The name says whose it is; a journal is
// under that name for a moment only, so an old one is nobody's.
inline void clean_unfinished_journals(std::string const& folder) {
    constexpr std::string_view suffix = ".journal.new";
    constexpr time_t old_age_s = 60;
    for (std::string const& path : files_in(folder, suffix)) {
        const descriptor file = open_file(path.c_str(), O_RDWR | O_NOFOLLOW);
        struct stat status {};
        if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(file.get(), &status) != 0)
            continue;
        std::string_view name = std::string_view{path}.substr(path.rfind('/') + 1);
        name.remove_prefix(std::min(name.size(), journal_prefix("").size()));
        const std::uint64_t pid = std::strtoull(std::string(name).c_str(), nullptr, 10);
        if (start_time_of(pid) == 0 || ::time(nullptr) - status.st_mtime > old_age_s) ::unlink(path.c_str());
    }
}

// Opens and locks the journal of a process that is gone. Not open if it lives, or if somebody else is at it.
[[nodiscard]] inline descriptor open_dead_journal(std::string const& path, process_identity& owner) {
    descriptor file = open_file(path.c_str(), O_RDWR | O_NOFOLLOW);
    struct stat status {};
    if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(file.get(), &status) != 0 ||
        status.st_nlink == 0 || !S_ISREG(status.st_mode))
        return {};
    if (::pread(file.get(), &owner, sizeof owner, offsetof(journal_header, owner)) ==
            static_cast<ssize_t>(sizeof owner) &&
        is_alive(owner) && maps_file(owner.pid, path))
        return {};
    return file;
}

}  // namespace logkit::detail
