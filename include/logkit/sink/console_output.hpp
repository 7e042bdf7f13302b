// SPDX-License-Identifier: MIT
#pragma once

// Standard output or error, written to without ever waiting for who reads it. Stage: sink.
//
// The descriptor is the program's and shared with others, so its flags are not ours to change. A pipe or terminal is
// opened a second time, non-blocking, for as long as there is something to write and no longer: who reads the other end
// waits for the last writer to go. A socket has a flag for each call; a file never waits.

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string_view>

#include <logkit/base/descriptor.hpp>

namespace logkit::detail {

class console_output {
  public:
    // Where the program has closed `fd`, nothing is ever written: what has that number later is something else.
    explicit console_output(int fd) noexcept : fd_(fd), was_open_(::fcntl(fd, F_GETFD) != -1) {}

    // How much of the text it took, perhaps nothing; -1: it never will.
    [[nodiscard]] ssize_t write_some(std::string_view text) noexcept {
        struct stat now {};
        if (!was_open_ || ::fstat(fd_, &now) != 0) return -1;
        if (!(identity_of(now) == known_)) look_at(now);
        for (;;) {
            const ssize_t n = write_once(text);
            if (n >= 0) return n;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
            if (errno != EINTR) return -1;
        }
    }
    // Nothing is held open from here on.
    void let_go() noexcept {
        own_ = kept_descriptor{};
        known_ = {};
    }
    // Until it takes something again, or that time is over.
    [[nodiscard]] bool wait(int timeout_ms) const noexcept {
        pollfd ready{target(), POLLOUT, 0};
        return ::poll(&ready, 1, timeout_ms) > 0;
    }

  private:
    void look_at(struct stat const& now) noexcept {
        known_ = identity_of(now);
        is_socket_ = S_ISSOCK(now.st_mode);
        may_wait_ = S_ISFIFO(now.st_mode) || S_ISCHR(now.st_mode);
        own_ = kept_descriptor{};
        if (!may_wait_) return;
        char path[32];
        std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd_);
        own_ = kept_descriptor(open_file(path, O_WRONLY | O_NONBLOCK | O_APPEND));
        if (!(own_.identity() == known_)) own_ = kept_descriptor{};
    }
    [[nodiscard]] int target() const noexcept { return own_.is_ours() ? own_.get() : fd_; }

    [[nodiscard]] ssize_t write_once(std::string_view text) const noexcept {
        if (is_socket_) return ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (!may_wait_ || own_.is_ours()) return ::write(target(), text.data(), text.size());
        // Nobody let us open it (other rights than when the program began): at least as much as a pipe has room for.
        if (!wait(0)) {
            errno = EAGAIN;
            return -1;
        }
        return ::write(fd_, text.data(), text.size() < PIPE_BUF ? text.size() : std::size_t{PIPE_BUF});
    }

    int fd_;
    bool was_open_, is_socket_ = false, may_wait_ = false;
    file_identity known_{};
    kept_descriptor own_{};
};

}  // namespace logkit::detail
