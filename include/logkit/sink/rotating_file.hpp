// SPDX-License-Identifier: MIT
#pragma once

// An append-only file of lines which is renamed away when it has grown: run.log → run.log.1 → … Stage: sink.
// It never truncates. Where rotation fails, it goes on appending and tries again later; where the file was
// moved or removed by others, it makes a new one.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/clock.hpp>

namespace logkit::detail {

class rotating_file {
  public:
    // `limit` bytes a file (0: no limit), `backups` old files kept beside it.
    rotating_file(std::string path, std::uint64_t limit, unsigned backups)
        : path_(absolute(std::move(path))), limit_(limit), backups_(backups) {}
    rotating_file(rotating_file const&) = delete;
    rotating_file& operator=(rotating_file const&) = delete;
    ~rotating_file() { close(); }

    // Opens or creates the file, mode 0600, and missing folders. On failure errno tells why.
    [[nodiscard]] bool open() noexcept {
        close();
        make_folders();
        do {
            fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
        } while (fd_ < 0 && errno == EINTR);
        if (fd_ < 0) return false;
        struct stat status {};
        if (::fstat(fd_, &status) == 0) {
            size_ = static_cast<std::uint64_t>(status.st_size);
            device_ = status.st_dev;
            inode_ = status.st_ino;
            is_regular_ = S_ISREG(status.st_mode);
        }
        return true;
    }

    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    // Before the first byte of a batch: follows a file that was moved, and rotates if the batch would make it
    // too large. False: there is no file to write to.
    [[nodiscard]] bool prepare(std::size_t batch) noexcept {
        if (!is_open() || (is_regular_ && !is_in_place())) return open();
        if (limit_ == 0 || !is_regular_ || size_ == 0 || size_ + batch <= limit_) return true;
        if (clock_ns(CLOCK_MONOTONIC) < no_rotation_before_) return true;
        if (rotate() && open()) return true;
        no_rotation_before_ = clock_ns(CLOCK_MONOTONIC) + 1'000'000'000;
        return is_open() || open();
    }

    // Appends as much as the system takes; returns how much that was. Less than all: errno tells why.
    [[nodiscard]] std::size_t append(std::string_view bytes) noexcept {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t n = ::write(fd_, bytes.data() + done, bytes.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) break;
            if (n == 0) {
                errno = ENOSPC;
                break;
            }
            done += static_cast<std::size_t>(n);
        }
        size_ += done;
        return done;
    }

    void close() noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    // A program that changes its folder later must not take its log along.
    [[nodiscard]] static std::string absolute(std::string path) {
        if (path.empty() || path.front() == '/') return path;
        char folder[PATH_MAX];
        return ::getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + '/' + path;
    }

    // All folders on the way to the file; the open that follows says what is wrong. In place, for want of
    // memory: each '/' ends the name for a moment.
    void make_folders() noexcept {
        for (std::size_t i = 1; i < path_.size(); ++i) {
            if (path_[i] != '/') continue;
            path_[i] = '\0';
            (void)::mkdir(path_.c_str(), 0777);
            path_[i] = '/';
        }
    }

    [[nodiscard]] bool is_in_place() noexcept {
        struct stat status {};
        if (::stat(path_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != inode_)
            return false;
        size_ = static_cast<std::uint64_t>(status.st_size);  // others may write to it, or cut it short
        return true;
    }

    [[nodiscard]] std::string backup(unsigned number) const { return path_ + '.' + std::to_string(number); }

    // From the oldest to the newest, so that a failure half-way loses nothing but a number in the row.
    [[nodiscard]] bool rotate() noexcept {
        try {
            if (backups_ == 0) return ::unlink(path_.c_str()) == 0;
            for (unsigned i = backups_; i > 1; --i)
                if (::rename(backup(i - 1).c_str(), backup(i).c_str()) != 0 && errno != ENOENT) return false;
            return ::rename(path_.c_str(), backup(1).c_str()) == 0;
        } catch (...) {
            return false;
        }
    }

    std::string path_;
    std::uint64_t limit_;
    unsigned backups_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool is_regular_ = true;
    std::uint64_t no_rotation_before_ = 0;
};

}  // namespace logkit::detail
