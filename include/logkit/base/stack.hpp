// SPDX-License-Identifier: MIT
#pragma once

// The return addresses of the calling thread's stack, by the unwinder that every C++ program has already
// loaded: no allocation, no lock, no dlopen as in backtrace(). Base.

#include <pthread.h>
#include <unwind.h>

#include <cstddef>
#include <cstdint>

namespace logkit::detail {

// Fills in at most `room`, innermost first, without the `skip` innermost; returns how many.
[[gnu::noinline]] inline std::size_t read_stack(std::uint64_t* addresses, std::size_t room, std::size_t skip) noexcept {
    struct state {
        std::uint64_t* next;
        std::uint64_t* end;
        std::size_t skip;
    } walk{addresses, addresses + room, skip + 1};  // this function, too
    _Unwind_Backtrace(
        [](_Unwind_Context* frame, void* data) {
            auto& w = *static_cast<state*>(data);
            const std::uint64_t address = _Unwind_GetIP(frame);
            if (w.skip != 0) {
                --w.skip;
                return _URC_NO_REASON;
            }
            if (w.next == w.end || address == 0) return _URC_END_OF_STACK;
            *w.next++ = address;
            return _URC_NO_REASON;
        },
        &walk);
    return static_cast<std::size_t>(walk.next - addresses);
}

// Does the address lie on the calling thread's stack? (Locals of a coroutine do not.)
[[nodiscard]] inline bool is_on_this_stack(void const* address) noexcept {
    struct bounds {
        std::uintptr_t begin = 0, end = 0;
    };
    static thread_local const bounds mine = [] {  // slow: the main thread's are read from /proc
        bounds found;
        pthread_attr_t attributes;
        if (pthread_getattr_np(pthread_self(), &attributes) != 0) return found;
        void* lowest = nullptr;
        std::size_t size = 0;
        if (pthread_attr_getstack(&attributes, &lowest, &size) == 0)
            found = {reinterpret_cast<std::uintptr_t>(lowest), reinterpret_cast<std::uintptr_t>(lowest) + size};
        (void)pthread_attr_destroy(&attributes);
        return found;
    }();
    const auto place = reinterpret_cast<std::uintptr_t>(address);
    return place >= mine.begin && place < mine.end;
}

}  // namespace logkit::detail
