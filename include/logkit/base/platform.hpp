// SPDX-License-Identifier: MIT
#pragma once

// What the kernel offers beyond ISO C++: thread ids, a futex to sleep on, the asymmetric fence. Base.

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace logkit::detail {

[[nodiscard]] inline std::uint32_t thread_number() noexcept {
    return static_cast<std::uint32_t>(::syscall(SYS_gettid));
}

// The calling thread's own name, if it was given one (pthread_setname_np); otherwise its number.
[[nodiscard]] inline std::string thread_label() {
    static const std::string process_name = [] {
        char name[32] = {};
        FILE* f = std::fopen("/proc/self/comm", "re");
        if (f == nullptr) return std::string{};
        const std::size_t n = std::fread(name, 1, sizeof name - 1, f);
        std::fclose(f);
        return std::string(name, n != 0 && name[n - 1] == '\n' ? n - 1 : n);
    }();
    char name[32] = {};
    if (pthread_getname_np(pthread_self(), name, sizeof name) == 0 && name[0] != '\0' && process_name != name)
        return name;
    return std::to_string(thread_number());
}

[[nodiscard]] inline bool is_main_thread() noexcept {
    return thread_number() == static_cast<std::uint32_t>(::getpid());
}

// Sleeps while `word` holds `expected`, at most `timeout_ns`.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns) noexcept {
    timespec t{};
    t.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000);
    t.tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000);
    ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected, &t, nullptr, 0);
}

inline void futex_wake_all(std::atomic<std::uint32_t>& word) noexcept {
    ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

// A full fence in every other thread of the process, so that those need none of their own: the one who
// seldom runs (the backend going to sleep) pays for all. False where the kernel lacks it; then a sleeper's
// timeout is the bound.
inline bool fence_all_threads() noexcept {
    static const bool is_registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return is_registered && ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

inline void pause_briefly() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

}  // namespace logkit::detail
