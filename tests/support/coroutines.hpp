// SPDX-License-Identifier: MIT
#pragma once

// Coroutine types as others write them, for tests: a lazy task with symmetric transfer, a generator, and an
// awaitable that resumes on another thread.

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace support {

// `Wrap<promise>` is the promise type in use: the promise itself, or something derived from it.
template <class T, template <class> class Wrap>
class basic_task {
  public:
    struct promise {
        basic_task get_return_object() {
            return basic_task(std::coroutine_handle<promise_type>::from_promise(static_cast<promise_type&>(*this)));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct transfer {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise> self) noexcept {
                return self.promise().continuation;
            }
            void await_resume() noexcept {}
        };
        transfer final_suspend() noexcept { return {}; }
        void unhandled_exception() { error = std::current_exception(); }
        void return_value(T v) { result = std::move(v); }

        std::coroutine_handle<> continuation = std::noop_coroutine();
        std::exception_ptr error{};
        std::optional<T> result{};
    };
    using promise_type = Wrap<promise>;

    basic_task(basic_task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ~basic_task() {
        if (handle_) handle_.destroy();
    }

    auto operator co_await() && {
        struct awaiter {
            std::coroutine_handle<promise_type> task;
            bool await_ready() { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) {
                task.promise().continuation = parent;
                return task;
            }
            T await_resume() {
                if (task.promise().error) std::rethrow_exception(task.promise().error);
                return std::move(*task.promise().result);
            }
        };
        return awaiter{handle_};
    }

    void start() { handle_.resume(); }
    [[nodiscard]] bool is_done() const { return handle_.done(); }
    T result() {
        if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
        return std::move(*handle_.promise().result);
    }

  private:
    explicit basic_task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

template <class T, template <class> class Wrap>
class basic_generator {
  public:
    struct promise {
        basic_generator get_return_object() {
            return basic_generator(
                std::coroutine_handle<promise_type>::from_promise(static_cast<promise_type&>(*this)));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(T v) {
            value = std::move(v);
            return {};
        }
        [[noreturn]] void unhandled_exception() { throw; }
        void return_void() {}
        T value{};
    };
    using promise_type = Wrap<promise>;

    basic_generator(basic_generator&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ~basic_generator() {
        if (handle_) handle_.destroy();
    }
    // The next value; none at the end.
    std::optional<T> next() {
        handle_.resume();
        if (handle_.done()) return std::nullopt;
        return handle_.promise().value;
    }

  private:
    explicit basic_generator(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

template <class Promise>
using bare = Promise;

// Goes on when and where the test says so.
struct gate {
    std::vector<std::coroutine_handle<>> waiting{};

    auto wait() {
        struct awaiter {
            gate& self;
            bool await_ready() { return false; }
            void await_suspend(std::coroutine_handle<> handle) { self.waiting.push_back(handle); }
            void await_resume() {}
        };
        return awaiter{*this};
    }
    void open_here() {
        for (const auto handle : std::exchange(waiting, {})) handle.resume();
    }
    void open_on_another_thread() {
        std::thread([this] { open_here(); }).join();
    }
};

}  // namespace support
