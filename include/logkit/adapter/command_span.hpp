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
#include <ctime>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <logkit.hpp>
#include <logkit/base/own_thread.hpp>
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
        // It takes no signals: the program may block some, to fetch them itself.
        is_watching_ = start_own_thread(watcher_, "logkit", &signal_watch::wait, &span);
        if (!is_watching_) return;
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
        if (!is_watching_) return;
        for (std::size_t i = 0; i < std::size(watched); ++i) give_back(i);
        if (::getpid() != owner.load()) return;  // a forked child: thread and pipe are its parent's
        owner.store(0);
        tell(no_signal);
        (void)::pthread_join(watcher_, nullptr);
    }

    // Where a signal is being told, the program goes no further; for three seconds at most.
    static void await_death() noexcept {
        for (int i = 0; i < 300 && is_dying.load(); ++i) {
            const timespec moment{0, 10'000'000};
            (void)::nanosleep(&moment, nullptr);
        }
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
    static inline std::atomic<bool> is_dying{false};  // a signal has come, and is being told

    static void handle(int number) noexcept {
        if (::getpid() == owner.load()) {
            is_dying.store(true);
            for (unsigned char i = 0; i < std::size(watched); ++i)
                if (watched[i].number == number) tell(i);
            await_death();
        }
        die_of(number);  // a child that was forked, the end of the watch, or a watcher that hangs
    }
    [[noreturn]] static void die_of(int number) noexcept {
        sigset_t just_it;
        sigemptyset(&just_it);
        sigaddset(&just_it, number);
        (void)::signal(number, SIG_DFL);
        (void)::pthread_sigmask(SIG_UNBLOCK, &just_it, nullptr);
        (void)::raise(number);
        ::_exit(128 + number);  // init cannot die of a signal
    }
    static void tell(unsigned char what) noexcept { (void)!::write(ends[1], &what, 1); }
    void give_back(std::size_t i) noexcept {
        struct sigaction now {};
        if (std::exchange(is_taken_[i], false) && ::sigaction(watched[i].number, nullptr, &now) == 0 &&
            now.sa_handler == &signal_watch::handle)
            (void)::signal(watched[i].number, SIG_DFL);
    }
    static void* wait(void* command) noexcept {
        unsigned char what = no_signal;
        while (::read(ends[0], &what, 1) < 0 && errno == EINTR) {
        }
        if (what == no_signal) return nullptr;
        static_cast<command_span*>(command)->end(span_status::aborted, level::warning, {},
                                                 kv("reason", watched[what].name));
        (void)logkit::flush(std::chrono::seconds(2));
        die_of(watched[what].number);
    }

    bool is_taken_[std::size(watched)] = {};
    pthread_t watcher_{};
    bool is_watching_ = false;
};

}  // namespace logkit::detail
