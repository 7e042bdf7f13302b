// SPDX-License-Identifier: MIT
#pragma once

// Is this thread at work inside of the library? Then code of the program that runs meanwhile (an allocator, a
// log_value, a sink, a signal handler) may find locks held and structures half changed, so what it logs is refused
// and counted. Base.
//
// The hot path does not ask. It compares the context in force with `straight_context`, which is what its ring was told
// last; inside that is 0, which no context has, so a call takes the slow path, and that one asks.

#include <atomic>
#include <cstdint>

namespace logkit::detail {

struct inside_state {
    std::uint64_t straight_context = 0;  // `told_context`, or 0 inside
    std::uint64_t told_context = 0;      // the id of the context that this thread's ring was told last; 0: none
    bool is_inside = false;

    void tell(std::uint64_t context_id) noexcept {
        told_context = context_id;
        straight_context = is_inside ? 0 : context_id;
    }
};
inline constinit thread_local inside_state this_inside{};

// Records that were logged from inside.
inline constinit std::atomic<std::uint64_t> refused_records{0};

// False, for who returns it as the answer to a log call.
inline bool refuse_record() noexcept {
    refused_records.fetch_add(1, std::memory_order_relaxed);
    return false;
}

// Inside, for a scope. They nest.
class inside_scope {
  public:
    inside_scope() noexcept : was_inside_(this_inside.is_inside) {
        this_inside.is_inside = true;
        this_inside.straight_context = 0;
    }
    inside_scope(inside_scope const&) = delete;
    inside_scope& operator=(inside_scope const&) = delete;
    ~inside_scope() {
        this_inside.is_inside = was_inside_;
        if (!was_inside_) this_inside.straight_context = this_inside.told_context;
    }

  private:
    bool was_inside_;
};

// For a thread of the library's own, to its very end: what it frees when it exits may reach an allocator that logs.
inline void stay_inside() noexcept {
    this_inside.is_inside = true;
    this_inside.straight_context = 0;
}

// Runs code of the program that may log, with nothing of the library's half done.
template <class Fn>
decltype(auto) outside(Fn&& fn) {
    struct scope {
        bool was_inside = this_inside.is_inside;
        scope() noexcept {
            this_inside.is_inside = false;
            this_inside.straight_context = this_inside.told_context;
        }
        scope(scope const&) = delete;
        scope& operator=(scope const&) = delete;
        ~scope() {
            this_inside.is_inside = was_inside;
            if (was_inside) this_inside.straight_context = 0;
        }
    } const now;
    return fn();
}

}  // namespace logkit::detail
