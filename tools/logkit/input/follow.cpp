// SPDX-License-Identifier: MIT
#include "input/follow.hpp"

#include <logkit/base/rotation.hpp>

#include <sys/inotify.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <set>
#include <string_view>

namespace tool {
namespace {

namespace lk = logkit::detail;

// How long a file that was renamed is watched after its last growth.
constexpr std::chrono::minutes longest_farewell{2};
constexpr std::size_t most_old_files = 16;
constexpr std::string_view compressed_endings[] = {".gz", ".zst", ".xz", ".bz2"};

[[nodiscard]] bool is_same(struct stat const& a, struct stat const& b) noexcept {
    return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

}  // namespace

struct follower::state {
    std::string path;
    std::deque<growing_file> files;  // the oldest first; the last one has the name, or had it last

    // Goes on to what was begun after the last file, if there is something. It is found by what it is, under whatever
    // name it has now, so that no file is missed when several rotations lie between two looks.
    void look_for_next() {
        struct stat named {
        }, now{};
        if (::stat(path.c_str(), &named) != 0 || !S_ISREG(named.st_mode)) return;
        if (!files.empty() && is_same(named, files.back().status())) return;
        std::vector<std::string> next{path};
        if (!files.empty()) {
            const std::vector<std::string> set = logkit::rotated_set(path);
            for (std::size_t i = 0; i + 1 < set.size(); ++i)
                if (::stat(set[i].c_str(), &now) == 0 && is_same(now, files.back().status()))
                    next.assign(set.begin() + static_cast<std::ptrdiff_t>(i) + 1, set.end());
        }
        for (std::string const& name : next) {
            growing_file opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), 0);
            if (opened.is_open()) files.push_back(std::move(opened));
        }
    }
    void say_farewell(record_visitor const& visit) {
        while (files.size() > 1 &&
               (files.size() > most_old_files ||
                std::chrono::steady_clock::now() - files.front().last_growth() > longest_farewell)) {
            files.front().read(visit, true);
            files.pop_front();
        }
    }
};

follower::follower(follow_point from) : state_(std::make_unique<state>()) {
    state_->path = std::move(from.path);
    if (from.fd >= 0) state_->files.emplace_back(from.fd, from.offset);
}
follower::follower(follower&&) noexcept = default;
follower::~follower() = default;

void follower::read(record_visitor const& visit) {
    state_->look_for_next();
    for (growing_file& file : state_->files) file.read(visit, false);
    state_->say_farewell(visit);
}
void follower::finish(record_visitor const& visit) {
    state_->look_for_next();
    for (growing_file& file : state_->files) file.read(visit, true);
}
bool follower::has_file(struct stat const& file) const noexcept {
    return std::any_of(state_->files.begin(), state_->files.end(),
                       [&](growing_file const& mine) { return is_same(mine.status(), file); });
}
std::string const& follower::path() const noexcept {
    return state_->path;
}

std::vector<follow_point> follow_points(std::vector<logkit::log_file>& files) {
    std::vector<follow_point> points;
    for (logkit::log_file& file : files) {
        // A file that another one here was rotated to does not grow any more.
        const lk::rotated_name own = lk::parse_rotated_name(file.path());
        const bool was_rotated = own.number != lk::rotated_name::current &&
                                 std::any_of(files.begin(), files.end(),
                                             [&](logkit::log_file const& other) { return other.path() == own.base; });
        if (!file.is_plain() || file.path() == "-" || was_rotated) continue;
        const std::uint64_t end = lk::line_start_before(file.fd(), file.size());
        file.end_at(end);
        points.push_back({file.path(), ::fcntl(file.fd(), F_DUPFD_CLOEXEC, 3), end});
    }
    return points;
}

namespace {

[[nodiscard]] bool is_compressed(std::string_view path) noexcept {
    return std::any_of(std::begin(compressed_endings), std::end(compressed_endings),
                       [&](std::string_view ending) { return path.ends_with(ending); });
}

// A file under a name: which, and which name.
using sighting = std::pair<std::string, std::uint64_t>;

// Files that the names stand for now, and nobody follows yet. `read_before`: under a name of before they have been
// read.
void look_for_files(std::vector<std::string> const& names, std::vector<follower>& files,
                    std::set<sighting>& read_before) {
    for (std::string const& name : names) {
        std::vector<std::string> paths = logkit::matching_paths(name);
        if (paths.empty()) paths.push_back(name);
        for (std::string const& path : paths) {
            struct stat status {};
            if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || is_compressed(path)) continue;
            // What a followed file was renamed, rotated or copied to has been read under its first name.
            const bool is_renamed = std::any_of(
                files.begin(), files.end(), [&](follower const& f) { return f.path() != path && f.has_file(status); });
            if (is_renamed) read_before.emplace(path, status.st_ino);
            const bool is_known =
                read_before.contains({path, status.st_ino}) ||
                std::any_of(files.begin(), files.end(), [&](follower const& f) {
                    return f.path() == path ||
                           (path.size() > f.path().size() && path.starts_with(f.path()) &&
                            std::string_view("-.").find(path[f.path().size()]) != std::string_view::npos);
                });
            if (!is_known)
                files.emplace_back(follow_point{path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), 0});
        }
    }
}

[[nodiscard]] std::string folder_of(std::string const& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

void follow(std::vector<std::string> const& names, std::vector<follow_point> const& from, record_visitor const& visit) {
    std::vector<follower> files(from.begin(), from.end());
    const lk::descriptor changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    std::set<std::string> watched;
    std::set<sighting> read_before;
    const auto watch = [&](std::string const& path) {
        if (const std::string folder = folder_of(path); watched.insert(folder).second)
            ::inotify_add_watch(changes.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    };
    for (std::string const& name : names) watch(name);
    while (true) {
        look_for_files(names, files, read_before);
        for (follower& file : files) {
            watch(file.path());
            file.read(visit);
        }
        // Not every file system tells of changes, and what was held back is due soon.
        pollfd waiting{changes.get(), POLLIN, 0};
        if (::poll(&waiting, 1, 200) < 0 && errno != EINTR) return;
        char events[4096];
        while (::read(changes.get(), events, sizeof events) > 0) {
        }
    }
}

}  // namespace tool
