// SPDX-License-Identifier: MIT
#pragma once

// Threads of the library's own. The program's signals are not for them, but for those that a fault in its code raises
// on the spot: a crash inside of a sink must reach the program's handler, and leave a last record. Base.

#include <pthread.h>
#include <signal.h>

#include <initializer_list>

namespace logkit::detail {

// False if the system has no thread to give.
[[nodiscard]] inline bool start_own_thread(pthread_t& thread, const char* name, void* (*run)(void*),
                                           void* argument) noexcept {
    sigset_t others, before;
    sigfillset(&others);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&others, fault);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    const bool is_started = pthread_create(&thread, nullptr, run, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (is_started) pthread_setname_np(thread, name);
    return is_started;
}

}  // namespace logkit::detail
