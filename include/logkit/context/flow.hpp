// SPDX-License-Identifier: MIT
#pragma once

// A flow of execution (a thread, or a chain of coroutines) owns a cell; the cell points to the context in
// force. Spans and scopes change the cell; who switches flows swaps the pointer to the cell and never copies
// contexts in or out. Stage: context.

#include <cstdint>
#include <exception>

#include <logkit/base/clock.hpp>
#include <logkit/base/door.hpp>
#include <logkit/base/random.hpp>
#include <logkit/context/node.hpp>

namespace logkit::detail {

struct flow_cell {
    context_node const* node;         // one reference is the cell's; never null
    std::uint64_t id = 0;             // of the flow; 0: none yet
    std::uint64_t charged_until = 0;  // in a coroutine's: what ran before is in the innermost span's `busy` (ticks)
    int uncaught = 0;                 // exceptions that were on their way when this stretch began
};

// What a thread starts with; replaced by the thread's own cell before anything is written to it.
inline constinit flow_cell nowhere_cell{&nowhere};

// Trivial, so that it can be used from static destructors and from threads that are exiting.
struct flow_state {
    flow_cell* current = &nowhere_cell;
    flow_cell own{&nowhere};
    std::uint64_t next_id = 0, last_id = 0;
    id_generator ids{};
};
inline constinit thread_local flow_state this_flow{};

// Starts the engine if need be, from the environment.
LOGKIT_DOOR void ensure_started() noexcept;
// Sees to it that what this thread holds is given back when it exits. Idempotent.
LOGKIT_DOOR void watch_thread_exit() noexcept;

inline constinit std::atomic<std::uint64_t> next_context_ids{2};

[[nodiscard]] inline std::uint64_t new_context_id() noexcept {
    constexpr std::uint64_t block = 1024;  // so that threads seldom meet at the shared counter
    if (this_flow.next_id == this_flow.last_id) {
        this_flow.next_id = next_context_ids.fetch_add(block, std::memory_order_relaxed);
        this_flow.last_id = this_flow.next_id + block;
    }
    return this_flow.next_id++;
}

// Flows are numbered; a coroutine's number is odd. Zero is nobody's.
[[nodiscard]] constexpr bool is_coroutine(std::uint64_t flow) noexcept {
    return (flow & 1) != 0;
}
[[nodiscard]] inline std::uint64_t new_thread_flow() noexcept {
    return new_context_id() * 2;
}
[[nodiscard]] inline std::uint64_t new_coroutine_flow() noexcept {
    return new_context_id() * 2 + 1;
}

// The cell of this flow, to be changed.
[[nodiscard]] inline flow_cell& own_cell() noexcept {
    if (this_flow.current == &nowhere_cell) [[unlikely]] {
        watch_thread_exit();
        this_node_memory.may_keep();
        if (this_flow.own.id == 0) this_flow.own.id = new_thread_flow();
        this_flow.current = &this_flow.own;
    }
    return *this_flow.current;
}

// The innermost span of a coroutine's cell has run until `now`.
inline void charge(flow_cell& cell, std::uint64_t now) noexcept {
    if (cell.node->span != nullptr)
        cell.node->span->busy.fetch_add(now - cell.charged_until, std::memory_order_relaxed);
    cell.charged_until = now;
}

// Puts a node in force; takes over the caller's reference.
inline void install(flow_cell& cell, context_node const* node) noexcept {
    if (is_coroutine(cell.id) && node->span != cell.node->span) charge(cell, ticks());
    context_node const* old = cell.node;
    cell.node = node;
    release(old);
}

// A coroutine runs on this thread from here on, until leave_flow: its cell is in force. Returns the one that
// was, to be given to leave_flow. They nest: a coroutine may resume another.
[[nodiscard]] inline flow_cell* enter_flow(flow_cell& cell) noexcept {
    flow_cell* const before = &own_cell();
    const bool is_nested = is_coroutine(before->id) && before->node->span != nullptr;
    if (cell.node->span != nullptr || is_nested) {
        const std::uint64_t now = ticks();
        if (is_nested) charge(*before, now);  // it stands still meanwhile
        if (context_node const* span = cell.node->span) span->is_suspended.store(false, std::memory_order_relaxed);
        cell.charged_until = now;
    }
    cell.uncaught = std::uncaught_exceptions();
    this_flow.current = &cell;
    return before;
}

// The coroutine is about to be suspended, or is over. Must come before anybody may resume it elsewhere.
inline void leave_flow(flow_cell& cell, flow_cell* before) noexcept {
    const bool is_nested = is_coroutine(before->id) && before->node->span != nullptr;
    if (cell.node->span != nullptr || is_nested) {
        const std::uint64_t now = ticks();
        charge(cell, now);
        if (context_node const* span = cell.node->span) span->is_suspended.store(true, std::memory_order_relaxed);
        before->charged_until = now;
    }
    this_flow.current = before;
}

// One stretch of a coroutine, from its resumption to its next suspension, in a cell of its own: it starts
// with a node that was in force at the suspension before. So one chain of coroutines never shares a cell
// with another, though both came out of the same.
class flow_segment {
  public:
    explicit flow_segment(node_reference node) noexcept
        : cell_{node.get(), is_coroutine(node.get()->flow) ? node.get()->flow : new_coroutine_flow()},
          before_(enter_flow(cell_)) {
        (void)node.give();
    }
    flow_segment(flow_segment const&) = delete;
    flow_segment& operator=(flow_segment const&) = delete;
    ~flow_segment() {
        leave_flow(cell_, before_);
        this_stash.put(cell_.node);
    }

  private:
    flow_cell cell_;
    flow_cell* before_;
};

}  // namespace logkit::detail
