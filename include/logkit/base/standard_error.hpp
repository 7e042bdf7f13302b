// SPDX-License-Identifier: MIT
#pragma once

// What the library itself says on standard error: one line, written only if that does not wait, and without a signal
// where nobody reads it any more. Also the guard against the signals that a failing write raises. Base.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <initializer_list>

namespace logkit::detail {

// For a scope, a write to a pipe without readers, or beyond RLIMIT_FSIZE, is an error and no signal (SIGPIPE, SIGXFSZ)
// on this thread. A signal that was pending before stays so.
class write_signals_blocked {
  public:
    write_signals_blocked() noexcept {
        sigemptyset(&ours_);
        sigaddset(&ours_, SIGPIPE);
        sigaddset(&ours_, SIGXFSZ);
        sigset_t pending;
        sigemptyset(&pending);
        sigpending(&pending);
        for (const int number : {SIGPIPE, SIGXFSZ})
            if (sigismember(&pending, number) == 1) sigdelset(&ours_, number);
        pthread_sigmask(SIG_BLOCK, &ours_, &before_);
    }
    write_signals_blocked(write_signals_blocked const&) = delete;
    write_signals_blocked& operator=(write_signals_blocked const&) = delete;
    ~write_signals_blocked() {
        const int error = errno;
        const timespec at_once{};
        while (sigtimedwait(&ours_, nullptr, &at_once) > 0) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = error;
    }

  private:
    sigset_t ours_{}, before_{};
};

// "logkit: " and the text, as printf has it, cut at 1,000 bytes.
[[gnu::format(printf, 1, 2)]] inline void say_on_standard_error(const char* format, ...) noexcept {
    char line[1024] = "logkit: ";
    constexpr std::size_t start = 8;
    va_list arguments;
    va_start(arguments, format);
    const int n = std::vsnprintf(line + start, sizeof line - start - 1, format, arguments);
    va_end(arguments);
    if (n < 0) return;
    std::size_t size = start + static_cast<std::size_t>(n);
    if (size > sizeof line - 2) size = sizeof line - 2;
    line[size++] = '\n';
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
    const write_signals_blocked blocked;
    (void)!::write(STDERR_FILENO, line, size);
}

}  // namespace logkit::detail
