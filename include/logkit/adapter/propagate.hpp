// SPDX-License-Identifier: MIT
#pragma once

// An executor that takes the context along, and captured() for awaitables: what the adapters of Asio and of
// Boost.Asio share. Stage: adapter.
//
//   operation begins ──► require/prefer(outstanding_work.tracked), or execute():  the node in force is taken
//   operation ends   ──► the function runs in a cell of its own (flow_segment) that starts with that node
//
// An executor is copied into every operation, and every operation asks for tracked work, or is executed at
// once. That moment is where the flow leaves its thread; so it is there that the context is taken, not when
// the executor is made. Nothing is shared between two chains of coroutines, whatever executor they share.
// (Refused: one cell for each executor. Two branches of a parallel group have the same executor.)

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include <logkit/context/capture.hpp>
#include <logkit/context/flow.hpp>

namespace logkit::detail {

// A function that runs under the node it was given; to be called once.
template <class Fn>
class resumption {
  public:
    resumption(node_reference node, Fn fn) : node_(std::move(node)), fn_(std::move(fn)) {}

    void operator()() {
        const flow_segment segment(std::move(node_));
        std::move(fn_)();
    }

  private:
    node_reference node_;
    Fn fn_;
};

// `Asio` names the customisation points of one of the two: standalone or Boost's.
template <class Asio, class Inner>
class propagating_executor {
  public:
    // A template, so that nobody asks whether an executor of this type converts to a type-erased `Inner`: it is not yet
    // known whether it is an executor at all.
    template <std::same_as<Inner> Same>
    explicit propagating_executor(Same inner, node_reference taken = {}) noexcept
        : inner_(std::move(inner)), taken_(std::move(taken)) {}

    template <class Property>
    requires(std::is_invocable_v<typename Asio::query, Inner const&, Property const&>) [[nodiscard]] decltype(auto)
        query(Property const& property) const {
        return typename Asio::query{}(inner_, property);
    }
    template <class Property>
    requires(std::is_invocable_v<typename Asio::require, Inner const&, Property const&>)
        [[nodiscard]] auto require(Property const& property) const {
        return with<Property>(typename Asio::require{}(inner_, property));
    }
    template <class Property>
    requires(std::is_invocable_v<typename Asio::prefer, Inner const&, Property const&>)
        [[nodiscard]] auto prefer(Property const& property) const {
        return with<Property>(typename Asio::prefer{}(inner_, property));
    }

    template <class Fn>
    void execute(Fn&& fn) const {
        Asio::execute(inner_, resumption<std::decay_t<Fn>>(taken_or_current(), std::forward<Fn>(fn)));
    }

    friend bool operator==(propagating_executor const& a, propagating_executor const& b) noexcept {
        return a.inner_ == b.inner_;
    }
    friend bool operator!=(propagating_executor const& a, propagating_executor const& b) noexcept { return !(a == b); }

  private:
    template <class Property, class Other>
    [[nodiscard]] propagating_executor<Asio, Other> with(Other other) const {
        if constexpr (Asio::template is_tracking<Property>)
            return propagating_executor<Asio, Other>(std::move(other), taken_or_current());
        else
            return propagating_executor<Asio, Other>(std::move(other), taken_);
    }
    [[nodiscard]] node_reference taken_or_current() const noexcept {
        return taken_.get() != nullptr ? taken_ : node_reference::take(*this_flow.current->node);
    }

    Inner inner_;
    node_reference taken_;  // none: the executor belongs to no operation yet
};

// g++ 12 warns that the frame below has a member of a caller's local type, as if it were a class of ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
// captured() as a coroutine of the awaitable's own type: Asio's await nothing else.
template <class Awaitable>
struct captured_coroutine {
    static Awaitable run(span_plan plan, Awaitable task) {
        return call(std::move(plan), [task = std::move(task)]() mutable { return std::move(task); });
    }
    template <class Fn>
    static Awaitable call(span_plan plan, Fn fn) {
        capture span{plan};
        try {
            co_return co_await fn();
        } catch (...) {
            span.fail(std::current_exception());
            throw;
        }
    }
};
#pragma GCC diagnostic pop

}  // namespace logkit::detail
