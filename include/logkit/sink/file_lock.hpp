// SPDX-License-Identifier: MIT
#pragma once

// The lock of a log file (flock), under which each batch is written. Stage: sink.
//
// Writers hold it alone; who only looks at the file's end (sink/committed_end.hpp) shares it with others that look.
//
// Whoever holds it may have been stopped, or hang on a disk, so nobody waits for it without bound: a tenth of a second
// at first, and from then on, until the lock has been had once, not at all. The batch is tried again by and by.

#include <sys/file.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <utility>

#include <logkit/base/clock.hpp>

namespace logkit::detail {

class file_lock {
  public:
    file_lock() noexcept = default;
    // Waits until that time (CLOCK_MONOTONIC) at most; whether it holds the lock then, is_held() tells. Where the file
    // system has no locks, it counts as held.
    file_lock(int fd, std::uint64_t deadline_ns, int how = LOCK_EX) noexcept {
        for (long pause_ns = 20'000;; pause_ns = pause_ns < 1'000'000 ? pause_ns * 2 : pause_ns) {
            if (::flock(fd, how | LOCK_NB) == 0) {
                fd_ = fd;
                is_held_ = true;
                return;
            }
            if (errno == EINTR) continue;
            if (errno != EWOULDBLOCK) {
                is_held_ = true;
                return;
            }
            if (clock_ns(CLOCK_MONOTONIC) >= deadline_ns) return;
            const timespec pause{0, pause_ns};
            ::nanosleep(&pause, nullptr);
        }
    }
    file_lock(file_lock const&) = delete;
    file_lock& operator=(file_lock const&) = delete;
    file_lock(file_lock&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), is_held_(std::exchange(other.is_held_, false)) {}
    file_lock& operator=(file_lock&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(is_held_, other.is_held_);
        return *this;
    }
    ~file_lock() { release(); }

    [[nodiscard]] bool is_held() const noexcept { return is_held_; }
    void release() noexcept {
        const int error = errno;
        if (fd_ >= 0) ::flock(std::exchange(fd_, -1), LOCK_UN);
        is_held_ = false;
        errno = error;
    }

  private:
    int fd_ = -1;
    bool is_held_ = false;
};

// How long to wait for one lock, in sum: patient until it was waited for in vain.
class lock_patience {
  public:
    [[nodiscard]] file_lock lock(int fd) noexcept {
        const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
        file_lock taken(fd, is_used_up_ ? now : now + patience_ns);
        is_used_up_ = !taken.is_held();
        return taken;
    }

  private:
    static constexpr std::uint64_t patience_ns = 100'000'000;
    bool is_used_up_ = false;
};

}  // namespace logkit::detail
