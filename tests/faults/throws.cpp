// SPDX-License-Identifier: MIT
// Exceptions, in a program that is linked with logkit::throw_trace; throws.sh looks at its log.
//   throws          all that can be survived        throws WAY      one that cannot
#include <future>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

namespace app {

[[gnu::noinline]] void thrower(int depth) {
    if (depth == 0) throw std::runtime_error("deep trouble");
    thrower(depth - 1);
    asm volatile("");  // no tail call
}
[[gnu::noinline]] void by_the_library() {
    const std::vector<int> empty;
    (void)empty.at(3);
}
[[gnu::always_inline]] inline void inlined(int depth) {
    if (depth == 0) throw std::runtime_error("deep trouble");
}
[[gnu::noinline]] void host_of_inlined() {
    inlined(0);
}
// Throws and catches while another exception is on its way.
struct busy_destructor {
    ~busy_destructor() {
        try {
            throw std::logic_error("on the way");
        } catch (std::logic_error const&) {
            lk::log.exception("inner");
        }
    }
};
[[gnu::noinline]] void obstinate() noexcept {
    thrower(1);
}

}  // namespace app

// A function without code of its own, in which is one that has some, into which another is inlined.
namespace {
struct shelf {
    [[gnu::always_inline]] void take() const { throw std::runtime_error("deep trouble"); }
};
[[gnu::always_inline]] inline auto handler() {
    return [](shelf const& s) __attribute__((noinline)) {
        s.take();
    };
}
}  // namespace

[[gnu::noinline]] static void survive() {
    try {
        const lk::capture span{"plain"};
        app::thrower(2);
    } catch (...) {
        lk::log.exception("caught");
    }
    try {
        const lk::capture span{"library"};
        app::by_the_library();
    } catch (...) {
    }
    try {
        const lk::capture span{"inlined"};
        app::host_of_inlined();
    } catch (...) {
    }
    try {
        const lk::capture span{"handler"};
        handler()(shelf{});
    } catch (...) {
    }
    try {
        const lk::capture span{"busy"};
        const app::busy_destructor busy;
        app::thrower(0);
    } catch (...) {
    }
    try {
        const lk::capture outer{"rethrown"};
        try {
            app::thrower(0);
        } catch (...) {
            throw;
        }
    } catch (...) {
    }
    auto other_thread = std::async(std::launch::async, [] { app::thrower(0); });
    try {
        const lk::capture span{"from a thread"};
        other_thread.get();
    } catch (...) {
    }
    std::vector<std::exception_ptr> alive;  // more than there are slots
    for (int i = 0; i < 3000; ++i) {
        try {
            throw std::runtime_error("kept");
        } catch (...) {
            alive.push_back(std::current_exception());
        }
    }
    alive.clear();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([] {
            for (int i = 0; i < 2000; ++i) {
                try {
                    app::thrower(i % 3);
                } catch (std::exception const&) {
                }
            }
        });
    for (std::thread& t : threads) t.join();
    try {
        app::thrower(0);
    } catch (std::exception const& e) {
        lk::log.error("at the end", lk::exc(e));
    }
}

int main(int argc, char** argv) {
    const std::string_view way = argc > 1 ? argv[1] : "";
    lk::new_context();
    if (way == "noexcept") app::obstinate();
    if (way == "thread") std::thread([] { app::thrower(1); }).join();
    if (way == "uncaught") app::thrower(1);
    if (way == "library") app::by_the_library();
    if (way == "terminate") {
        try {
            app::thrower(0);
        } catch (...) {
            std::terminate();
        }
    }
    survive();
}
