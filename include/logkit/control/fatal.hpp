// SPDX-License-Identifier: MIT
#pragma once

// The last record of a process that dies of a signal or of an uncaught exception. Stage: control.
//
// A signal handler may call next to nothing. This one writes a record with plain stores into a ring that was
// set aside for it, wakes the backend by a futex, waits two seconds for it at most, and lets the signal have
// its default effect. If the backend cannot deliver, the journal still has the record, and all others.

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

#include <logkit/base/decimal.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/base/platform.hpp>
#include <logkit/base/stack.hpp>
#include <logkit/call/exception.hpp>
#include <logkit/control/engine.hpp>
#include <logkit/pipe/context_frame.hpp>
#include <logkit/pipe/submit.hpp>
#include <logkit/render/describe_exception.hpp>

namespace logkit::detail {

struct fatal_signal {
    int number;
    const char* name;
};
inline constexpr fatal_signal fatal_signals[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGBUS, "SIGBUS"}};

inline constinit std::atomic<std::uint32_t> crashing_thread{0};
inline constinit std::atomic<std::terminate_handler> previous_terminate{nullptr};

// Text built in place, for want of anything else; what does not fit is cut.
template <std::size_t Capacity>
class fixed_text {
  public:
    void append(std::string_view text) noexcept {
        const std::size_t n = text.size() < Capacity - size_ ? text.size() : Capacity - size_;
        std::memcpy(bytes_ + size_, text.data(), n);
        size_ += n;
    }
    template <class T>
    void append_bytes(T value) noexcept {
        append(bytes_of(value));
    }
    void append_hex(std::uint64_t value) noexcept {
        char digits[16];
        write_hex(digits, value);
        append("0x");
        append({digits, sizeof digits});
    }
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_, size_}; }

  private:
    char bytes_[Capacity];
    std::size_t size_ = 0;
};

[[nodiscard]] inline std::string_view name_of_signal(int number) noexcept {
    for (fatal_signal const& s : fatal_signals)
        if (s.number == number) return s.name;
    return "signal";
}

// What kind::exception looks like (call/exception.hpp), with the signal in the place of a type.
inline void append_signal(fixed_text<1024>& to, std::string_view name, std::string_view what) noexcept {
    constexpr std::size_t own_frames = 3;  // report_signal, the handler, the kernel's frame
    std::uint64_t addresses[most_frames];
    const std::size_t n = read_stack(addresses, most_frames, own_frames);
    to.append_bytes(std::uint16_t{0});  // it holds no other
    to.append_bytes(std::uint8_t{0});   // and no code
    to.append_bytes(static_cast<std::uint32_t>(name.size()));
    to.append(name);
    to.append_bytes(static_cast<std::uint32_t>(what.size()));
    to.append(what);
    to.append_bytes(static_cast<std::uint16_t>(n));
    for (std::size_t i = 0; i < n; ++i) to.append_bytes(addresses[i]);
}

// A control frame or record into the ring that is set aside; false when it has no room.
inline bool put_frame(ring_writer& ring, std::uint32_t site, std::string_view a, std::string_view b = {},
                      std::string_view c = {}) noexcept {
    const std::size_t size = align_up(sizeof(frame_header) + a.size() + b.size() + c.size(), frame_alignment);
    if (!ring.has_room(size)) return false;
    std::byte* to = store(ring.take(size), frame_header{static_cast<std::uint32_t>(size), site, ticks()});
    for (const std::string_view piece : {a, b, c}) {
        std::memcpy(to, piece.data(), piece.size());
        to += piece.size();
    }
    ring.publish();
    return true;
}

inline void put_context_and_thread(ring_writer& ring) noexcept {
    context_node const& node = *this_flow.current->node;
    const context_header header = header_of(node, owner_of_span(node), 0);
    const std::string_view fields(reinterpret_cast<const char*>(node.fields()),
                                  std::size_t{node.context_size} + node.span_size);
    if (!put_frame(ring, context_frame, bytes_of(header), fields, node.span_name)) {
        context_header bare = header;
        bare.context_size = bare.span_size = bare.span_name_size = 0;
        (void)put_frame(ring, context_frame, bytes_of(bare));
    }
    if (is_main_thread()) return;
    char digits[longest_number];
    const auto n = static_cast<std::uint32_t>(write_decimal(digits, std::uint64_t{thread_number()}) - digits);
    (void)put_frame(ring, thread_frame, bytes_of(n), {digits, n});
}

inline void report_signal(last_words& words, int number, siginfo_t const* info) noexcept {
    put_context_and_thread(words.ring);
    fixed_text<96> what;
    what.append(number == SIGABRT ? "aborted" : "at address ");
    if (number != SIGABRT) what.append_hex(reinterpret_cast<std::uint64_t>(info->si_addr));
    fixed_text<1024> exception;
    append_signal(exception, name_of_signal(number), what.view());
    fixed_text<1200> payload;
    const auto put_text = [&](std::string_view text) {
        payload.append_bytes(static_cast<std::uint32_t>(text.size()));
        payload.append(text);
    };
    put_text(name_of_signal(number));
    put_text(exception.view());
    (void)put_frame(words.ring, words.site, payload.view());
    // Where this thread is the one that delivers, or may hold its locks, the journal has to do.
    if (is_draining || (gate.attention.load() & attention_sync) != 0) return;
    (void)words.drainer->wait_until_read(*words.ring.shared, words.ring.write,
                                         clock_ns(CLOCK_MONOTONIC) + 2'000'000'000);
}

inline void handle_fatal_signal(int number, siginfo_t* info, void*) noexcept {
    std::uint32_t nobody = 0;
    const std::uint32_t me = thread_number();
    const bool is_first = crashing_thread.compare_exchange_strong(nobody, me);
    // Another thread is at it, and will end the process: this one has nothing to add.
    if (!is_first && nobody != me)
        for (;;) ::pause();
    if (is_first)
        if (last_words* words = engine::instance().words()) report_signal(*words, number, info);
    struct sigaction as_before {};
    as_before.sa_handler = SIG_DFL;
    ::sigaction(number, &as_before, nullptr);
    // A fault comes again when the handler returns; what was sent has to be sent again.
    if (info->si_code <= 0) ::syscall(SYS_tgkill, ::getpid(), me, number);
}

// Why does std::terminate run? The first of the C++ runtime's exported functions behind it tells: the one that
// throws, for want of a handler; the unwinder's personality, where the exception met a noexcept function. clang
// calls it from such a function itself, as a program may do anywhere.
enum class terminate_reason : std::uint8_t { uncaught, left_noexcept, called };

[[nodiscard]] [[gnu::noinline]] inline terminate_reason find_terminate_reason() noexcept {
#ifdef __clang__
    constexpr terminate_reason otherwise = terminate_reason::left_noexcept;
#else
    constexpr terminate_reason otherwise = terminate_reason::called;
#endif
    Dl_info runtime{};
    void* terminate = ::dlsym(RTLD_DEFAULT, "_ZSt9terminatev");
    if (terminate == nullptr || ::dladdr(terminate, &runtime) == 0) return terminate_reason::uncaught;
    std::uint64_t addresses[16];
    const std::size_t n = read_stack(addresses, std::size(addresses), 0);
    bool is_in_runtime = false;
    for (std::size_t i = 0; i < n; ++i) {
        Dl_info info{};
        const bool is_known = ::dladdr(reinterpret_cast<void*>(addresses[i] - 1), &info) != 0;
        if (!is_known || info.dli_fbase != runtime.dli_fbase) {
            if (is_in_runtime) return otherwise;
            continue;
        }
        is_in_runtime = true;
        const std::string_view name = info.dli_sname != nullptr ? info.dli_sname : "";
        if (name == "__cxa_throw" || name == "__cxa_rethrow" || name.starts_with("_ZSt17rethrow_exception"))
            return terminate_reason::uncaught;
        if (name == "__gxx_personality_v0" || name == "__cxa_call_terminate") return terminate_reason::left_noexcept;
    }
    return otherwise;
}

[[noreturn]] inline void handle_terminate() noexcept {
    const std::exception_ptr error = std::current_exception();
    if (!is_draining) {
        const terminate_reason reason = error == nullptr ? terminate_reason::called : find_terminate_reason();
        if (reason == terminate_reason::uncaught)
            (void)log.critical("uncaught exception", exc(error));
        else if (reason == terminate_reason::left_noexcept)
            (void)log.critical("exception left a noexcept function", exc(error));
        else
            (void)log.critical("std::terminate was called", exc(error));
        (void)engine::instance().parts().drainer.flush(2'000'000'000);
    }
    crashing_thread.store(thread_number());  // the SIGABRT which follows has been told
    if (const std::terminate_handler next = previous_terminate.load()) next();
    std::abort();
}

// A stack for handlers, so that the overflow of a thread's own can be told. One that the thread has is left
// alone.
inline constexpr std::size_t handler_stack_size = 64 * 1024;
inline constinit thread_local void* handler_stack = nullptr;

inline void give_handler_stack() noexcept {
    stack_t now{};
    if (handler_stack != nullptr || ::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
    void* memory = ::mmap(nullptr, handler_stack_size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    stack_t mine{};
    mine.ss_sp = memory;
    mine.ss_size = handler_stack_size;
    if (::sigaltstack(&mine, nullptr) == 0)
        handler_stack = memory;
    else
        ::munmap(memory, handler_stack_size);
}
inline void take_handler_stack() noexcept {
    if (handler_stack == nullptr) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    if (::sigaltstack(&none, nullptr) == 0) ::munmap(std::exchange(handler_stack, nullptr), handler_stack_size);
}

LOGKIT_DOOR void watch_fatal_events() {
    for (fatal_signal const& s : fatal_signals) {
        struct sigaction now {};
        if (::sigaction(s.number, nullptr, &now) != 0 || (now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_DFL)
            continue;  // somebody else sees to it
        struct sigaction ours {};
        ours.sa_sigaction = &handle_fatal_signal;
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigfillset(&ours.sa_mask);
        (void)::sigaction(s.number, &ours, nullptr);
    }
    previous_terminate.store(std::set_terminate(&handle_terminate));
}

}  // namespace logkit::detail
