// SPDX-License-Identifier: MIT
#pragma once

// Where journals are, what they are called, and whether their process still lives. Stage: pipe.

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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
    const descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
    char text[1024];
    const ssize_t n = file.is_open() ? ::read(file.get(), text, sizeof text) : 0;
    return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

// When the process was started, in clock ticks since boot; 0 if there is no such process.
[[nodiscard]] inline std::uint64_t start_time_of(std::uint64_t pid) {
    const std::string stat = read_small_file(("/proc/" + std::to_string(pid) + "/stat").c_str());
    std::size_t at = stat.rfind(')');  // the name before it may hold anything
    if (at == std::string::npos) return 0;
    for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
    return at == std::string::npos ? 0 : std::strtoull(stat.c_str() + at, nullptr, 10);
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

// The folders in which a journal of this log may be, best first: `chosen` (LOG_JOURNAL) alone, or tmpfs and
// then beside the log.
[[nodiscard]] inline std::vector<std::string> journal_folders(std::string const& chosen, std::string const& log_path) {
    if (!chosen.empty()) return {chosen};
    return {"/dev/shm/logkit-" + std::to_string(::geteuid()), log_path.substr(0, log_path.rfind('/') + 1) + "."};
}

[[nodiscard]] inline std::string journal_prefix(std::string_view log_path) {
    std::string name = "logkit-";
    name.resize(name.size() + 16);
    write_hex(name.data() + 7, hash_text(log_path));
    return name + '-';
}
inline constexpr std::string_view journal_suffix = ".journal";

// The journals in a folder, by path; of living processes too.
[[nodiscard]] inline std::vector<std::string> all_journals(std::string const& folder,
                                                           std::string_view prefix = "logkit-") {
    std::vector<std::string> found;
    DIR* const listing = ::opendir(folder.c_str());
    if (listing == nullptr) return found;
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view name = entry->d_name;
        if (name.starts_with(prefix) && name.ends_with(journal_suffix))
            found.push_back(folder + '/' + std::string(name));
    }
    ::closedir(listing);
    return found;
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
    const descriptor file(::open(journal_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    std::uint32_t index = 0;
    char path[PATH_MAX] = {};
    if (!file.is_open() ||
        ::pread(file.get(), &index, sizeof index, offsetof(journal_header, log_path_index)) != sizeof index ||
        ::pread(file.get(), path, sizeof path - 1,
                static_cast<off_t>(offsetof(journal_header, log_paths) + (index & 1) * sizeof path)) <= 0)
        return {};
    return path;
}

// Opens and locks the journal of a process that is gone. Not open if it lives, or if somebody else is at it.
[[nodiscard]] inline descriptor open_dead_journal(std::string const& path, process_identity& owner) {
    descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    struct stat status {};
    if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(file.get(), &status) != 0 ||
        status.st_nlink == 0 || !S_ISREG(status.st_mode))
        return {};
    if (::pread(file.get(), &owner, sizeof owner, offsetof(journal_header, owner)) ==
            static_cast<ssize_t>(sizeof owner) &&
        is_alive(owner))
        return {};
    return file;
}

}  // namespace logkit::detail
