// SPDX-License-Identifier: MIT
// A disk that loses power, under a real process: LD_PRELOAD this, with POWER_FOLDER (what is watched) and POWER_DISK
// (what a platter would hold). Only what was synced gets there: a file's bytes by fsync and fdatasync of the file, a
// name by fsync of its folder.
//   POWER_DISK/<file>        the bytes; <file> is the inode's number and its time of birth
//   POWER_DISK/names.<file>  of a folder: "<file> <name>" a line; links are left out
//   POWER_DISK/top           the <file> of POWER_FOLDER
// POWER_KILL_AT=K kills the process in front of its K-th sync. power.py turns that into a folder again. What is there
// when POWER_DISK does not exist yet counts as synced.

#include <sys/stat.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string folder, platter;
std::mutex one_at_a_time;

std::string id_of(int fd, std::string const& path) {
    struct statx s {};
    const int failed = fd >= 0 ? ::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &s)
                               : ::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &s);
    if (failed != 0) std::abort();
    return std::to_string(s.stx_ino) + '.' + std::to_string(s.stx_btime.tv_sec) + '.' +
           std::to_string(s.stx_btime.tv_nsec);
}

void keep_names(std::string const& of) {
    const std::string to = platter + "/names." + id_of(-1, of);
    {
        std::ofstream out(to + ".new");
        for (fs::directory_entry const& entry : fs::directory_iterator(of))
            if (!entry.is_symlink()) out << id_of(-1, entry.path()) << ' ' << entry.path().filename().string() << '\n';
    }
    fs::rename(to + ".new", to);
}

// Of a segment only what is new, for it may be large: it grows, and is cut only by a call that syncs.
void keep_bytes(std::string const& path, std::string const& id) {
    const std::string to = platter + '/' + id;
    if (path.ends_with(".zst") && fs::exists(to)) {
        const std::uintmax_t size = fs::file_size(path), had = fs::file_size(to);
        if (size <= had) return fs::resize_file(to, size);
        std::ifstream in(path, std::ios::binary);
        in.seekg(static_cast<std::streamoff>(had));
        std::ofstream(to, std::ios::binary | std::ios::app) << in.rdbuf();
        return;
    }
    fs::copy_file(path, to + ".new", fs::copy_options::overwrite_existing);
    fs::rename(to + ".new", to);
}

void keep(int fd) {
    const std::string path = fs::read_symlink("/proc/self/fd/" + std::to_string(fd));
    if (platter.empty() || !(path == folder || path.starts_with(folder + '/'))) return;
    const std::lock_guard lock(one_at_a_time);
    if (fs::is_directory(path))
        keep_names(path);
    else if (fs::exists(path))
        keep_bytes(path, id_of(fd, path));
}

int sync_by(char const* call, int fd) {
    static std::atomic<int> left{std::getenv("POWER_KILL_AT") != nullptr ? std::atoi(std::getenv("POWER_KILL_AT")) : 0};
    if (left.load() != 0 && --left == 0) (void)::raise(SIGKILL);
    using function = int (*)(int);
    const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, call));
    const int result = real(fd);
    const int error = errno;
    if (result == 0) keep(fd);
    errno = error;
    return result;
}

void begin() {
    const char* const watched = std::getenv("POWER_FOLDER");
    const char* const disk = std::getenv("POWER_DISK");
    if (watched == nullptr || disk == nullptr) return;
    fs::create_directories(watched);
    folder = fs::canonical(watched);
    if (!fs::exists(disk)) {
        fs::create_directories(disk);
        platter = disk;
        std::ofstream(platter + "/top") << id_of(-1, folder);
        keep_names(folder);
        for (fs::directory_entry const& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_symlink()) continue;
            if (entry.is_directory())
                keep_names(entry.path());
            else if (entry.is_regular_file())
                keep_bytes(entry.path(), id_of(-1, entry.path()));
        }
    }
    platter = disk;
}
[[maybe_unused]] const bool has_begun = (begin(), true);

}  // namespace

extern "C" {
int fsync(int fd) {
    return sync_by("fsync", fd);
}
int fdatasync(int fd) {
    return sync_by("fdatasync", fd);
}
}
