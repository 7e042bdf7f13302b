// SPDX-License-Identifier: MIT
#pragma once

// Remembers where each exception was thrown: `exc_info.stack` is then the stack of the throw, and the END of a
// plain capture tells the exception that leaves it. Stage: adapter, opt-in. Link logkit::throw_trace, or
// include this in exactly one translation unit of the program.
//
// It defines __cxa_throw, __cxa_rethrow and std::rethrow_exception in front of the C++ runtime's, which must
// be a shared library. A throw costs about a microsecond more: the unwinder walks the stack once to note
// return addresses. No lock, no allocation; symbols are looked up when a record is written.
//
//   throw ──► __cxa_throw ──► slot of a table: object, its destructor, addresses ──► the runtime's __cxa_throw
//   the exception dies ──► forget_and_destroy ──► the slot is free, its own destructor runs

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>
#include <utility>

#include <logkit/base/stack.hpp>
#include <logkit/base/throw_recorder.hpp>

namespace logkit::detail::throw_trace {

using destructor = void (*)(void*);

// Exceptions that are alive at the same time, in the whole process. What finds no slot near its place is
// thrown without a trace.
struct slot {
    std::atomic<void*> object{nullptr};
    destructor destroy = nullptr;
    std::size_t size = 0;
    std::uint64_t addresses[32];
};
inline constexpr std::size_t slot_count = 1024, probes = 8;
inline constinit slot slots[slot_count]{};

// The slot of an object, or a free one if it is null.
template <class Accept>
[[nodiscard]] slot* find_slot(void const* object, Accept&& accept) noexcept {
    const std::size_t home = (reinterpret_cast<std::uintptr_t>(object) >> 4) * 0x9e3779b97f4a7c15ULL >> 40;
    for (std::size_t i = 0; i < probes; ++i)
        if (slot& s = slots[(home + i) % slot_count]; accept(s)) return &s;
    return nullptr;
}
[[nodiscard]] inline slot* slot_of(void const* object) noexcept {
    return find_slot(object, [object](slot& s) { return s.object.load(std::memory_order_acquire) == object; });
}

inline void forget_and_destroy(void* object) noexcept {
    slot* s = slot_of(object);
    const destructor destroy = s->destroy;
    s->object.store(nullptr, std::memory_order_release);
    if (destroy != nullptr) destroy(object);
}

// Returns the destructor to throw the object with.
[[gnu::noinline]] inline destructor remember(void* object, destructor destroy) noexcept {
    static thread_local const char of_this_thread = 0;  // a slot being filled belongs to its thread
    void* const filling = const_cast<char*>(&of_this_thread);
    slot* s = find_slot(object, [filling](slot& candidate) {
        void* expected = nullptr;
        return candidate.object.compare_exchange_strong(expected, filling, std::memory_order_acquire);
    });
    if (s == nullptr) return destroy;
    s->destroy = destroy;
    constexpr std::size_t own_frames = 2;  // this function and __cxa_throw
    s->size = read_stack(s->addresses, sizeof s->addresses / sizeof s->addresses[0], own_frames);
    s->object.store(object, std::memory_order_release);
    return &forget_and_destroy;
}

// The exception that is on its way while `n` others are, by n. One that is thrown by a destructor in between
// has a number of its own.
inline constinit thread_local void* on_their_way[8]{};

inline void note_departure(void* object) noexcept {
    const auto n = static_cast<std::size_t>(std::uncaught_exceptions());
    if (n < sizeof on_their_way / sizeof on_their_way[0]) on_their_way[n] = object;
}

inline std::size_t stack_of(void const* object, std::uint64_t* addresses, std::size_t room) noexcept {
    slot const* s = object == nullptr ? nullptr : slot_of(object);
    if (s == nullptr) return 0;
    const std::size_t n = s->size < room ? s->size : room;
    std::memcpy(addresses, s->addresses, n * sizeof *addresses);
    return n;
}

// Null, too, for one that was thrown past us: what is noted under its number is dead then, and has no slot.
inline void* in_flight() noexcept {
    const auto n = static_cast<std::size_t>(std::uncaught_exceptions());
    if (n == 0 || n > sizeof on_their_way / sizeof on_their_way[0]) return nullptr;
    void* const object = on_their_way[n - 1];
    return object != nullptr && slot_of(object) != nullptr ? object : nullptr;
}

inline constexpr throw_recorder recorder{&stack_of, &in_flight};

// The C++ runtime's own function behind ours.
template <class Function>
[[nodiscard]] Function* next(const char* name) noexcept {
    void* found = ::dlsym(RTLD_NEXT, name);
    if (found == nullptr) {
        std::fputs(
            "logkit::throw_trace: the C++ runtime is linked statically, so its throw cannot be found. Link "
            "without -static and -static-libstdc++, or without logkit::throw_trace.\n",
            stderr);
        std::abort();
    }
    return reinterpret_cast<Function*>(found);
}

[[gnu::constructor]] inline void start() noexcept {
    (void)next<void()>("__cxa_throw");
    known_throws.store(&recorder, std::memory_order_release);
}

}  // namespace logkit::detail::throw_trace

// Where AddressSanitizer has its own __cxa_throw, ours replaces it, and has to do this in its place.
extern "C" [[gnu::weak]] void __asan_handle_no_return();

// Under names of our own, because the compiler declares the runtime's its own way where something is thrown.
// Visible whatever -fvisibility says, or the runtime's own throws would pass us by.
extern "C" {
[[noreturn, gnu::visibility("default")]] void logkit_cxa_throw(void* object, std::type_info* type,
                                                               void (*destroy)(void*)) __asm__("__cxa_throw");
[[noreturn, gnu::visibility("default")]] void logkit_cxa_rethrow() __asm__("__cxa_rethrow");
}

extern "C" void logkit_cxa_throw(void* object, std::type_info* type, void (*destroy)(void*)) {
    namespace trace = logkit::detail::throw_trace;
    static auto* const runtime_throw = trace::next<void(void*, std::type_info*, void (*)(void*))>("__cxa_throw");
    void (*const destroy_later)(void*) = trace::remember(object, destroy);
    trace::note_departure(object);
    if (&__asan_handle_no_return != nullptr) __asan_handle_no_return();
    runtime_throw(object, type, destroy_later);
    __builtin_unreachable();
}

extern "C" void logkit_cxa_rethrow() {
    namespace trace = logkit::detail::throw_trace;
    static auto* const runtime_rethrow = trace::next<void()>("__cxa_rethrow");
    trace::note_departure(logkit::detail::object_of(std::current_exception()));
    runtime_rethrow();
    __builtin_unreachable();
}

[[gnu::visibility("default")]] void std::rethrow_exception(std::exception_ptr error) {
    namespace trace = logkit::detail::throw_trace;
    static auto* const runtime_rethrow =
        trace::next<void(std::exception_ptr)>("_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");
    trace::note_departure(logkit::detail::object_of(error));
    runtime_rethrow(std::move(error));
    __builtin_unreachable();
}
