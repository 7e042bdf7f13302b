// SPDX-License-Identifier: MIT
#pragma once

// The span of a command, and how it ends when a signal ends the process. Stage: adapter; for command.hpp.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <logkit.hpp>
#include <logkit/context/detached_span.hpp>

namespace logkit::detail {

// The command's span, which ends once: when its function has returned, at an exit(), or by a signal.
class command_span {
  public:
    template <class... V>
    explicit command_span(field<V> const&... fields) noexcept : span_(span_name{"command"}, ticks(), fields...) {}

    [[nodiscard]] context snapshot() const noexcept { return span_.snapshot(); }
    template <class... V>
    void end(span_status status, level severity, std::string_view exception, field<V> const&... fields) noexcept {
        if (::getpid() != process_ || is_ended_.exchange(true)) return;  // a forked child's exit is not the command's
        std::string added;
        LOGKIT_TRY {
            (append_field(added, fields), ...);
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
        span_.end(status, severity, added, exception);
    }
    void end(int exit_status, std::string_view exception = {}) noexcept {
        const bool is_good = exit_status == 0 && exception.empty();
        end(is_good ? span_status::success : span_status::error, level::info, exception,
            kv("exit_status", exit_status));
    }

  private:
    detached_span span_;
    pid_t process_ = ::getpid();
    std::atomic<bool> is_ended_{false};
};

// While it lives, a signal that would end the process ends the command's span first, and then the process, as if nobody
// had looked. Signals that are ignored, or that the program handles, stay so.
class signal_watch {
  public:
    explicit signal_watch(command_span& span) noexcept {
        // Opened once, and never closed: a handler may come late.
        if (owner.load() != 0 || (ends[0] < 0 && ::pipe2(ends, O_CLOEXEC) != 0)) return;
        LOGKIT_TRY {
            watcher_ = std::thread([this, &span] { wait(span); });
        }
        LOGKIT_CATCH_ALL {  // no thread: signals end the process as ever
            return;
        }
        owner.store(::getpid());
        for (std::size_t i = 0; i < std::size(watched); ++i) {
            struct sigaction now {};
            if (::sigaction(watched[i].number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
            now.sa_handler = &signal_watch::handle;
            is_taken_[i] = ::sigaction(watched[i].number, &now, nullptr) == 0;
        }
    }
    signal_watch(signal_watch const&) = delete;
    signal_watch& operator=(signal_watch const&) = delete;
    ~signal_watch() {
        if (!watcher_.joinable()) return;
        for (std::size_t i = 0; i < std::size(watched); ++i) give_back(i);
        owner.store(0);
        tell(no_signal);
        watcher_.join();
    }

  private:
    struct watched_signal {
        int number;
        const char* name;
    };
    static constexpr watched_signal watched[] = {{SIGHUP, "SIGHUP"}, {SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}};
    static constexpr unsigned char no_signal = 255;
    static inline std::atomic<pid_t> owner{0};  // the process that is watched; 0: none
    static inline int ends[2] = {-1, -1};

    static void handle(int number) noexcept {
        const int error = errno;
        if (::getpid() == owner.load()) {
            for (unsigned char i = 0; i < std::size(watched); ++i)
                if (watched[i].number == number) tell(i);
        } else {  // a child that was forked, or the end of the watch
            (void)::signal(number, SIG_DFL);
            (void)::raise(number);
        }
        errno = error;
    }
    static void tell(unsigned char what) noexcept { (void)!::write(ends[1], &what, 1); }
    void give_back(std::size_t i) noexcept {
        struct sigaction now {};
        if (std::exchange(is_taken_[i], false) && ::sigaction(watched[i].number, nullptr, &now) == 0 &&
            now.sa_handler == &signal_watch::handle)
            (void)::signal(watched[i].number, SIG_DFL);
    }
    void wait(command_span& span) noexcept {
        unsigned char what = no_signal;
        while (::read(ends[0], &what, 1) < 0 && errno == EINTR) {
        }
        if (what == no_signal) return;
        span.end(span_status::aborted, level::warning, {}, kv("reason", watched[what].name));
        (void)logkit::flush(std::chrono::seconds(2));
        sigset_t just_it;
        sigemptyset(&just_it);
        sigaddset(&just_it, watched[what].number);
        (void)::signal(watched[what].number, SIG_DFL);
        (void)::pthread_sigmask(SIG_UNBLOCK, &just_it, nullptr);
        (void)::raise(watched[what].number);
    }

    bool is_taken_[std::size(watched)] = {};
    std::thread watcher_{};
};

}  // namespace logkit::detail
