// SPDX-License-Identifier: MIT
#pragma once

// A flow of execution (a thread, or a chain of coroutines) owns a cell; the cell points to the context in
// force. Spans and scopes change the cell; who switches flows swaps the pointer to the cell and never copies
// contexts in or out. Stage: context.

#include <cstdint>

#include <logkit/base/door.hpp>
#include <logkit/base/random.hpp>
#include <logkit/context/node.hpp>

namespace logkit::detail {

struct flow_cell {
    context_node const* node;  // one reference is the cell's; never null
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

// The cell of this flow, to be changed.
[[nodiscard]] inline flow_cell& own_cell() noexcept {
    if (this_flow.current == &nowhere_cell) [[unlikely]] {
        watch_thread_exit();
        this_flow.current = &this_flow.own;
    }
    return *this_flow.current;
}

// Puts a node in force; takes over the caller's reference.
inline void install(flow_cell& cell, context_node const* node) noexcept {
    context_node const* old = cell.node;
    cell.node = node;
    release(old);
}

}  // namespace logkit::detail
