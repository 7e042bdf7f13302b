// SPDX-License-Identifier: MIT
#pragma once

// An append-only file of lines which is renamed away when it has grown: run.log → run.log.1 → … Stage: sink.
//
// A batch of lines is written whole or not at all, under a lock of the file (flock), so several processes may
// share one file and each may rotate it: nobody interleaves, nobody writes to a file that was renamed away.
// Where rotation fails, it goes on appending and tries again later; where the file was moved or removed by
// others, it makes a new one. What is not a regular file (a pipe, a device) is written to as it comes.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/clock.hpp>
#include <logkit/base/failpoint.hpp>
#include <logkit/pipe/commit_note.hpp>

namespace logkit::detail {

// Holds a file's lock for a scope. Where the file system has no locks, it holds nothing.
class file_lock {
  public:
    explicit file_lock(int fd) noexcept : fd_(fd) {
        while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
        }
    }
    file_lock(file_lock const&) = delete;
    file_lock& operator=(file_lock const&) = delete;
    file_lock(file_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    file_lock& operator=(file_lock&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~file_lock() { release(); }
    void release() noexcept {
        const int error = errno;
        if (fd_ >= 0) ::flock(std::exchange(fd_, -1), LOCK_UN);
        errno = error;
    }

  private:
    int fd_;
};

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
        opened_by_ = ::getpid();
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
    [[nodiscard]] bool is_regular() const noexcept { return is_regular_; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    // Appends whole lines. `before` is told where they will stand, and may note it, before the first byte is
    // written. False: errno tells why, and the same lines are to be given again: the file has none of them
    // (or, if it is not regular, it has some, and the next call goes on behind those).
    template <class Before>
    [[nodiscard]] bool write(std::string_view lines, Before&& before) noexcept {
        if ((!is_open() || ::getpid() != opened_by_) && !open()) return false;
        if (!is_regular_) return write_stream(lines);
        file_lock lock = lock_in_place();
        if (!is_open()) return false;
        if (must_rotate(lines.size()) && !start_new_file(lock)) return false;
        before(file_place{static_cast<std::uint64_t>(device_), inode_, size_, lines});
        reached(step::note_place);
        const std::size_t done = append(lines);
        if (done == lines.size()) {
            size_ += done;
            own_end_ = size_;
            return true;
        }
        const int error = errno;
        if (done != 0) (void)::ftruncate(fd_, static_cast<off_t>(size_));
        errno = error;
        return false;
    }
    [[nodiscard]] bool write(std::string_view lines) noexcept {
        return write(lines, [](file_place const&) {});
    }

    // Called under the lock when others have written to the file since this process did: it may end in what a
    // process left that died while it wrote. The function mends that.
    void on_foreign_end(std::function<void(int fd, file_place const& end)> mend) { mend_ = std::move(mend); }

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

    // Locks the file that has the name now; others may have renamed ours while we waited for the lock. If
    // there is none and none can be made, the file is not open afterwards.
    [[nodiscard]] file_lock lock_in_place() noexcept {
        for (;;) {
            file_lock lock(fd_);
            struct stat named {
            }, ours{};
            if (::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &named) == 0 && named.st_dev == ours.st_dev &&
                named.st_ino == ours.st_ino) {
                size_ = static_cast<std::uint64_t>(ours.st_size);
                if (size_ != own_end_) look_at_end();
                return lock;
            }
            lock.release();
            if (!open()) return lock;
        }
    }

    // Others have written, or cut the file short.
    void look_at_end() noexcept {
        if (mend_ == nullptr || size_ == 0) return;
        try {
            mend_(fd_, {static_cast<std::uint64_t>(device_), inode_, size_, {}});
        } catch (...) {  // no memory to look: the next batch looks again
        }
        struct stat now {};
        if (::fstat(fd_, &now) == 0) size_ = static_cast<std::uint64_t>(now.st_size);
    }

    [[nodiscard]] bool must_rotate(std::size_t batch) const noexcept {
        return limit_ != 0 && size_ != 0 && size_ + batch > limit_ && clock_ns(CLOCK_MONOTONIC) >= no_rotation_before_;
    }

    // Renames the full file away and locks a new one. Where it cannot be renamed, the old one goes on.
    [[nodiscard]] bool start_new_file(file_lock& lock) noexcept {
        if (!rotate()) {
            no_rotation_before_ = clock_ns(CLOCK_MONOTONIC) + 1'000'000'000;
            return true;
        }
        const int old = std::exchange(fd_, -1);
        const bool is_open_again = open();
        const int error = errno;
        if (is_open_again)
            lock = lock_in_place();
        else
            lock.release();
        ::close(old);
        errno = error;
        return is_open_again && is_open();
    }

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
        return done;
    }

    [[nodiscard]] bool write_stream(std::string_view lines) noexcept {
        streamed_ += append(lines.substr(streamed_));
        if (streamed_ < lines.size()) return false;
        streamed_ = 0;
        return true;
    }

    [[nodiscard]] std::string backup(unsigned number) const { return path_ + '.' + std::to_string(number); }

    // From the oldest to the newest, so that a failure half-way loses nothing but a number in the row.
    [[nodiscard]] bool rotate() noexcept {
        try {
            if (backups_ == 0) return ::unlink(path_.c_str()) == 0;
            for (unsigned i = backups_; i > 1; --i)
                if (::rename(backup(i - 1).c_str(), backup(i).c_str()) != 0 && errno != ENOENT) return false;
            reached(step::rotate);
            if (::rename(path_.c_str(), backup(1).c_str()) != 0) return false;
            reached(step::renamed);
            return true;
        } catch (...) {
            return false;
        }
    }

    std::string path_;
    std::uint64_t limit_;
    unsigned backups_;
    int fd_ = -1;
    pid_t opened_by_ = 0;  // a lock is the descriptor's: a forked child needs one of its own
    std::uint64_t size_ = 0;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool is_regular_ = true;
    std::uint64_t own_end_ = 0;  // where this process's last batch ended
    std::size_t streamed_ = 0;   // of a batch to a file that is not regular
    std::uint64_t no_rotation_before_ = 0;
    std::function<void(int, file_place const&)> mend_;
};

}  // namespace logkit::detail
