// SPDX-License-Identifier: MIT
#pragma once

// File descriptors of ours: never 0, 1 or 2, closed at the end of a scope, and told from a stranger's. Base.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace logkit::detail {

class descriptor {
  public:
    descriptor() noexcept = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    // Hands the number over to the caller.
    [[nodiscard]] int give() noexcept { return std::exchange(fd_, -1); }

  private:
    int fd_ = -1;
};

// As open(2), always with O_CLOEXEC, and never 0, 1 or 2: where a program has closed those, what it prints would end
// in our file.
[[nodiscard]] inline descriptor open_file(const char* path, int flags, mode_t mode = 0) noexcept {
    int fd = -1;
    do {
        fd = ::open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0 || fd > STDERR_FILENO) return descriptor(fd);
    const descriptor low(fd);
    return descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

// Which file it is, whatever its name or number.
struct file_identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(file_identity const&, file_identity const&) noexcept = default;
};
[[nodiscard]] inline file_identity identity_of(struct stat const& status) noexcept {
    return {status.st_dev, status.st_ino};
}

// A descriptor that is kept for long. The program may have closed it, as one of many that it did not know
// (daemonising, close_range), and the number may be a stranger's by now: each use asks is_ours() first.
class kept_descriptor {
  public:
    kept_descriptor() noexcept = default;
    explicit kept_descriptor(descriptor fd) noexcept : fd_(fd.give()) {
        struct stat status {};
        if (fd_ >= 0 && ::fstat(fd_, &status) == 0) identity_ = identity_of(status);
        if (fd_ >= 0) flags_ = ::fcntl(fd_, F_GETFL);
    }
    kept_descriptor(kept_descriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), identity_(other.identity_), flags_(other.flags_) {}
    kept_descriptor& operator=(kept_descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(identity_, other.identity_);
        std::swap(flags_, other.flags_);
        return *this;
    }
    ~kept_descriptor() {
        if (is_ours()) ::close(fd_);
    }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] file_identity const& identity() const noexcept { return identity_; }
    // Fills in `status` where it is. (The program may have the same file open itself, in another way.)
    [[nodiscard]] bool is_ours(struct stat& status) const noexcept {
        return fd_ >= 0 && ::fstat(fd_, &status) == 0 && identity_of(status) == identity_ &&
               ::fcntl(fd_, F_GETFL) == flags_;
    }
    [[nodiscard]] bool is_ours() const noexcept {
        struct stat status {};
        return is_ours(status);
    }

  private:
    int fd_ = -1;
    file_identity identity_{};
    int flags_ = 0;
};

}  // namespace logkit::detail
