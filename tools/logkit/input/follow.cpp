// SPDX-License-Identifier: MIT
#include "input/follow.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace tool {
namespace {

namespace lk = logkit::detail;
}

struct follower::state {
    std::string path;
    lk::descriptor file;
    std::uint64_t offset = 0;
    std::string rest;  // a line whose end has not come yet
    lk::line_reader lines;

    // Up to the file's end as it is now.
    void read(std::function<void(logkit::entry const&)> const& visit) {
        struct stat status {};
        if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return;
        if (static_cast<std::uint64_t>(status.st_size) < offset) {  // it was truncated: begin again
            offset = 0;
            rest.clear();
        }
        std::string bytes(1U << 16, '\0');
        while (true) {
            const ssize_t n = lk::read_at(file.get(), bytes.data(), bytes.size(), offset);
            if (n <= 0) return;
            offset += static_cast<std::uint64_t>(n);
            rest.append(bytes, 0, static_cast<std::size_t>(n));
            const std::size_t end = rest.rfind('\n');
            if (end == std::string::npos) {
                if (rest.size() > lk::longest_line) rest.clear();
                continue;
            }
            std::string whole = rest.substr(0, end + 1);
            rest.erase(0, end + 1);
            const std::size_t size = whole.size();
            whole.append(lk::line_padding, ' ');
            lk::for_each_line({whole.data(), size},
                              [&](std::string_view line, std::size_t) { lines.read(line, visit); });
        }
    }
    // Goes on to the file that was begun after this one, if there is one. The old one is found by what it is, under
    // whatever name it has now, so that no file is missed when several rotations lie between two looks.
    [[nodiscard]] bool go_on(std::function<void(logkit::entry const&)> const& visit) {
        struct stat now {
        }, own{};
        if (file.get() >= 0 && ::fstat(file.get(), &own) == 0 && ::stat(path.c_str(), &now) == 0 && is_same(now, own))
            return false;
        std::string next = path;
        const std::vector<std::string> set = logkit::rotated_set(path);
        for (std::size_t i = 0; file.get() >= 0 && i + 1 < set.size(); ++i)
            if (::stat(set[i].c_str(), &now) == 0 && is_same(now, own)) next = set[i + 1];
        lk::descriptor opened(::open(next.c_str(), O_RDONLY | O_CLOEXEC));
        if (opened.get() < 0) return false;
        read(visit);  // what was written to the old one between the last look and its renaming
        file = std::move(opened);
        offset = 0;
        rest.clear();
        return true;
    }
    [[nodiscard]] static bool is_same(struct stat const& a, struct stat const& b) noexcept {
        return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
    }
};

follower::follower(follow_point from) : state_(std::make_unique<state>()) {
    state_->path = std::move(from.path);
    state_->offset = from.offset;
    state_->file = lk::descriptor(from.fd);
}
follower::follower(follower&&) noexcept = default;
follower::~follower() = default;

void follower::read(std::function<void(logkit::entry const&)> const& visit) {
    do state_->read(visit);
    while (state_->go_on(visit));
}

std::vector<follow_point> follow_points(std::vector<logkit::log_file> const& files) {
    std::vector<follow_point> points;
    for (logkit::log_file const& file : files) {
        // A file that another one here was rotated to does not grow any more.
        const lk::rotated_name own = lk::parse_rotated_name(file.path());
        const bool was_rotated = own.number != lk::rotated_name::current &&
                                 std::any_of(files.begin(), files.end(),
                                             [&](logkit::log_file const& other) { return other.path() == own.base; });
        if (file.is_plain() && file.path() != "-" && !was_rotated)
            points.push_back(
                {file.path(), ::fcntl(file.fd(), F_DUPFD_CLOEXEC, 3), lk::line_start_before(file.fd(), file.size())});
    }
    return points;
}

void follow(std::vector<follow_point> const& from, std::function<void(logkit::entry const&)> const& visit) {
    std::vector<follower> files(from.begin(), from.end());
    const lk::descriptor changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    for (follow_point const& point : from) {
        const std::size_t slash = point.path.rfind('/');
        const std::string folder = slash == std::string::npos ? "." : point.path.substr(0, slash + 1);
        ::inotify_add_watch(changes.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    }
    while (!files.empty()) {
        for (follower& file : files) file.read(visit);
        pollfd waiting{changes.get(), POLLIN, 0};
        if (::poll(&waiting, 1, 1000) < 0 && errno != EINTR) return;  // not every file system tells of changes
        char events[4096];
        while (::read(changes.get(), events, sizeof events) > 0) {
        }
    }
}

}  // namespace tool
