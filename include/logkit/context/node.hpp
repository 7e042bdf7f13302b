// SPDX-License-Identifier: MIT
#pragma once

// One state of a context: immutable, reference-counted, shared between threads. Everything that changes a
// context makes a new node; who holds the old one still sees the old fields. Stage: context.
//
//   bind_context ──► a node like its parent, with other fields      .span  = the parent's
//   capture      ──► a node with a new span id and the span's fields .span  = itself, .outer = what it
//   replaced new_context  ──► a node with a new trace                         .span  = none

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/inside.hpp>
#include <logkit/call/field_block.hpp>

namespace logkit::detail {

struct trace_identity {
    std::uint64_t high = 0, low = 0;
    [[nodiscard]] constexpr bool is_valid() const noexcept { return (high | low) != 0; }
    friend constexpr bool operator==(trace_identity const&, trace_identity const&) noexcept = default;
};

// A text that all nodes of a trace share.
struct shared_text {
    mutable std::atomic<std::uint32_t> references{1};
    std::string text;
};

// All of a node but its fields.
struct context_identity {
    std::uint64_t id = 0;  // of the node; never used again in this process, unlike an address
    trace_identity trace{};
    std::uint64_t span_id = 0;
    std::uint64_t parent_span_id = 0;
    std::uint64_t flow = 0;  // the flow of execution that made the node (flow.hpp)
    double sample_rate = 1;
    std::uint64_t keys = 0;  // bloom filter of the field names
    std::string_view span_name{};
    bool is_kept = true;                       // may TRACE, DEBUG and INFO pass the sampling gate?
    bool is_deferred = false;                  // kept only until the trace has proven dull (LOG_TAIL)
    std::uint8_t trace_flags = 0;              // W3C trace-flags as received; bit 0 is "sampled"
    shared_text const* trace_state = nullptr;  // W3C tracestate as received; each node has a reference
};

struct context_node : context_identity {
    constexpr explicit context_node(context_identity const& identity) noexcept : context_identity(identity) {}

    // Aligned so as not to lie in the padding of the identity, which others copy as whole words.
    alignas(8) mutable std::atomic<std::uint32_t> references{1};
    context_node const* span = nullptr;         // the innermost capture's node (itself, in a capture's)
    context_node const* outer = nullptr;        // in a capture's node, as all that follows: what it restores at its end
    void const* owner = nullptr;                // the capture
    std::uint64_t started = 0;                  // ticks
    mutable std::atomic<bool> is_ended{false};  // the span is over
    mutable std::atomic<bool> is_suspended{false};  // a coroutine was suspended with the span innermost
    mutable std::atomic<bool> is_told{false};       // some ring was told of it
    mutable std::atomic<std::uint64_t> busy{0};     // ticks for which coroutines ran under the span
    std::uint32_t capacity = 0;                     // bytes of memory behind this header, for its fields:
    std::uint32_t context_size = 0;                 // first the context's,
    std::uint32_t span_size = 0;                    // then the spans'

    [[nodiscard]] std::byte const* fields() const noexcept { return reinterpret_cast<std::byte const*>(this + 1); }
    [[nodiscard]] std::byte* fields() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    [[nodiscard]] bool holds_span() const noexcept { return span != nullptr && span != this; }
};

// What a thread has before its first context: everything passes, so that the slow path is reached.
inline constinit context_node nowhere{context_identity{.id = 1}};

inline void retain(context_node const* node) noexcept {
    node->references.fetch_add(1, std::memory_order_relaxed);
}

inline void drop(shared_text const* text) noexcept {
    if (text->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete text;
}

// One node a thread that has been freed and not given back: most that are made replace one that has just
// gone. Trivial; who exits frees it (node_memory::clear).
class node_memory {
  public:
    // For a node with so many bytes of fields; null when memory is out.
    [[nodiscard]] context_node* make(context_identity const& identity, std::size_t field_bytes) noexcept {
        if (field_bytes > UINT32_MAX) return nullptr;
        void* memory = nullptr;
        auto capacity = static_cast<std::uint32_t>(field_bytes);
        if (spare_ != nullptr && field_bytes <= spare_->capacity) {
            capacity = spare_->capacity;
            memory = std::exchange(spare_, nullptr);
        } else {
            if (capacity < usual_capacity) capacity = usual_capacity;
            const inside_scope inside;
            memory = std::malloc(sizeof(context_node) + capacity);
        }
        if (memory == nullptr) return nullptr;
        auto* node = new (memory) context_node(identity);
        node->capacity = capacity;
        if (node->trace_state != nullptr) node->trace_state->references.fetch_add(1, std::memory_order_relaxed);
        return node;
    }

    void free(context_node const* node) noexcept {
        auto* mine = const_cast<context_node*>(node);  // NOLINT: nodes come from make()
        if (mine->trace_state != nullptr) drop(mine->trace_state);
        if (may_keep_ && spare_ == nullptr && mine->capacity == usual_capacity)
            spare_ = mine;
        else
            std::free(mine);
    }

    // From here on until clear(), which somebody will call when the thread exits.
    void may_keep() noexcept { may_keep_ = true; }
    void clear() noexcept {
        may_keep_ = false;
        std::free(std::exchange(spare_, nullptr));
    }

  private:
    static constexpr std::uint32_t usual_capacity = 192;
    context_node* spare_ = nullptr;
    bool may_keep_ = false;
};
inline constinit thread_local node_memory this_node_memory{};

// Gives one reference back; frees the node with the last, and then what that one held.
inline void release(context_node const* node) noexcept {
    while (node != nullptr && node != &nowhere) {
        // The sole owner needs no locked instruction: nobody else can take a reference from it now.
        if (node->references.load(std::memory_order_acquire) != 1 &&
            node->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
            return;
        // A capture's node holds what was around it; any other, the span that it is in.
        context_node const* next = node->holds_span() ? node->span : node->outer;
        this_node_memory.free(node);
        node = next;
    }
}

// References to one node that this thread does not need now and will soon need again: a coroutine that hops
// through an executor drops its node at each suspension and takes it at the next one. Saves two locked
// instructions a hop. Trivial; who exits empties it.
class reference_stash {
  public:
    // Takes over a reference of the caller's.
    void put(context_node const* node) noexcept {
        if (node != node_) {
            empty();
            node_ = node;
        }
        ++count_;
    }
    // Gives one back; false when there is none.
    [[nodiscard]] bool take(context_node const* node) noexcept {
        if (node != node_ || count_ == 0) return false;
        --count_;
        return true;
    }
    void empty() noexcept {
        for (; count_ != 0; --count_) release(node_);
        node_ = nullptr;
    }
    void forget(context_node const* node) noexcept {
        if (node == node_) empty();
    }

  private:
    context_node const* node_ = nullptr;
    std::uint32_t count_ = 0;
};
inline constinit thread_local reference_stash this_stash{};

// Owns one reference, or none.
class node_reference {
  public:
    node_reference() noexcept = default;
    explicit node_reference(context_node const& shared) noexcept : node_(&shared) { share(); }
    // As the constructor, by way of the stash.
    [[nodiscard]] static node_reference take(context_node const& shared) noexcept {
        return this_stash.take(&shared) ? adopt(&shared) : node_reference(shared);
    }
    // Takes over the caller's reference.
    [[nodiscard]] static node_reference adopt(context_node const* owned) noexcept {
        node_reference made;
        made.node_ = owned;
        return made;
    }
    node_reference(node_reference const& other) noexcept : node_(other.node_) { share(); }
    node_reference(node_reference&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    node_reference& operator=(node_reference other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~node_reference() {
        if (node_ != nullptr) release(node_);
    }

    [[nodiscard]] context_node const* get() const noexcept { return node_; }
    // Hands the reference over to the caller.
    [[nodiscard]] context_node const* give() noexcept { return std::exchange(node_, nullptr); }

  private:
    void share() const noexcept {
        if (node_ != nullptr && node_ != &nowhere) retain(node_);
    }
    context_node const* node_ = nullptr;
};

// Copies a block without the fields of these names; returns the end of the copy.
[[nodiscard]] inline std::byte* copy_block_without(std::byte* to, std::byte const* block, std::size_t size,
                                                   std::string_view const* names, std::size_t count) noexcept {
    for (std::byte const* at = block; at < block + size;) {
        const block_field f = read_field(at);
        bool is_replaced = false;
        for (std::size_t i = 0; i < count; ++i) is_replaced |= names[i] == f.key;
        const auto bytes = static_cast<std::size_t>(f.end - at);
        if (!is_replaced) {
            std::memcpy(to, at, bytes);
            to += bytes;
        }
        at = f.end;
    }
    return to;
}

// A block to be carried over into a new node.
struct block_view {
    std::byte const* data = nullptr;
    std::size_t size = 0;
};

[[nodiscard]] inline std::byte* copy_block(std::byte* to, block_view block, bool has_replaced,
                                           std::string_view const* names, std::size_t count) noexcept {
    if (has_replaced) return copy_block_without(to, block.data, block.size, names, count);
    if (block.size != 0) std::memcpy(to, block.data, block.size);
    return to + block.size;
}

enum class field_place : bool { context, span };

// A new node of that identity, the given blocks, and the new fields at the end of one of them;
// an old field of the same name in that block gives way. Null when memory is out.
template <class... V>
[[nodiscard]] context_node* make_node(context_identity const& identity, block_view context, block_view span,
                                      field_place place, field<V> const&... fields) noexcept {
    return [&](auto const&... prepared) -> context_node* {
        const std::size_t added = (prepared.size() + ... + 0);
        context_node* node = this_node_memory.make(identity, context.size + span.size + added);
        if (node == nullptr) return nullptr;
        const std::uint64_t new_keys = (bloom_bit(prepared.name.hash()) | ... | std::uint64_t{0});
        const std::string_view names[sizeof...(V) + 1] = {std::string_view{prepared.name.name(), prepared.name_size}...,
                                                          {}};
        const bool may_replace = (identity.keys & new_keys) != 0;
        std::byte* at =
            copy_block(node->fields(), context, may_replace && place == field_place::context, names, sizeof...(V));
        if (place == field_place::context) ((at = prepared.encode_to(at)), ...);
        node->context_size = static_cast<std::uint32_t>(at - node->fields());
        at = copy_block(at, span, may_replace && place == field_place::span, names, sizeof...(V));
        if (place == field_place::span) ((at = prepared.encode_to(at)), ...);
        node->span_size = static_cast<std::uint32_t>(at - node->fields()) - node->context_size;
        node->keys |= new_keys;
        return node;
    }(prepare(fields)...);
}

// A new node of that identity whose spans' fields are those of `span`, and then the encoded ones of `added`.
[[nodiscard]] inline context_node* make_node(context_identity const& identity, block_view context, block_view span,
                                             std::string_view added) noexcept {
    context_node* node = this_node_memory.make(identity, context.size + span.size + added.size());
    if (node == nullptr) return nullptr;
    std::byte* at = copy_block(node->fields(), context, false, nullptr, 0);
    node->context_size = static_cast<std::uint32_t>(context.size);
    std::byte const* const begin = reinterpret_cast<std::byte const*>(added.data());
    for_each_field(span.data, span.size, [&](block_field const& old) {
        bool is_replaced = false;
        for_each_field(begin, added.size(), [&](block_field const& f) { is_replaced |= f.key == old.key; });
        const auto* start = reinterpret_cast<std::byte const*>(old.key.data()) - field_header_size;
        if (!is_replaced) at = copy_block(at, {start, static_cast<std::size_t>(old.end - start)}, false, nullptr, 0);
    });
    for_each_field(begin, added.size(), [&](block_field const& f) { node->keys |= bloom_bit(hash_text(f.key)); });
    at = copy_block(at, {begin, added.size()}, false, nullptr, 0);
    node->span_size = static_cast<std::uint32_t>(at - node->fields()) - node->context_size;
    return node;
}

}  // namespace logkit::detail
