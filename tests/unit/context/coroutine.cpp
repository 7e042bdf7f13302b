// SPDX-License-Identifier: MIT
#include <logkit/context/coroutine.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <logkit/context/scope.hpp>
#include <logkit/testing.hpp>
#include <support/catch.hpp>
#include <support/coroutines.hpp>

using logkit::kv;
namespace lk = logkit;

namespace {

using task = support::basic_task<int, lk::propagating>;
using foreign_task = support::basic_task<int, support::bare>;
using numbers = support::basic_generator<int, lk::propagating>;

task child(support::gate& gate) {
    const lk::capture span{"child"};
    lk::log.info("in child");
    co_await gate.wait();
    lk::log.info("child goes on");
    co_return 1;
}

task parent(support::gate& gate, std::string& trace) {
    trace = lk::new_context(kv("who", "parent"));
    const lk::capture span{"parent"};
    co_await gate.wait();
    lk::log.info("parent goes on");
    const int n = co_await child(gate);
    lk::log.info("parent ends");
    co_return n + 1;
}

}  // namespace

TEST_CASE("a propagating task keeps its context across threads, and its thread's is undisturbed") {
    const logkit::testing::capture_logs logs;
    const std::string mine = lk::new_context(kv("who", "test"));
    support::gate gate;
    std::string trace;
    task t = parent(gate, trace);
    t.start();
    lk::log.info("beside");
    CHECK(logs.last().trace_id == mine);
    gate.open_on_another_thread();  // up to the child's suspension
    std::thread([&] {
        const std::string other = lk::new_context(kv("who", "thread"));
        gate.open_here();
        lk::log.info("thread goes on");
        CHECK(logs.last().trace_id == other);
        CHECK(logs.last()["who"] == "thread");
    }).join();
    REQUIRE(t.is_done());
    CHECK(t.result() == 2);

    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0]["span"] == "child");
    CHECK(ends[0].parent_span_id == ends[1].span_id);
    CHECK(ends[1]["span"] == "parent");
    for (const char* event : {"parent goes on", "in child", "child goes on", "parent ends"}) {
        const auto r = logs.records(event);
        REQUIRE(r.size() == 1);
        CHECK(r[0].trace_id == trace);
        CHECK(r[0]["who"] == "parent");
        CHECK(r[0].span_id == (std::string(event).find("child") == std::string::npos ? ends[1] : ends[0]).span_id);
    }
    lk::log.info("after");
    CHECK(logs.last().trace_id == mine);
}

TEST_CASE("a scope inside of a propagating task lasts across a suspension, and ends") {
    const logkit::testing::capture_logs logs;
    support::gate gate;
    const auto work = [](support::gate& g) -> task {
        {
            const lk::context_scope scope{kv("step", "payment")};
            co_await g.wait();
            lk::log.info("inside");
        }
        lk::log.info("outside");
        co_return 0;
    };
    task t = work(gate);
    t.start();
    gate.open_on_another_thread();
    CHECK(logs.records("inside").at(0)["step"] == "payment");
    CHECK_FALSE(logs.records("outside").at(0).has("step"));
}

TEST_CASE("END of a coroutine's span tells how long it took and how long it ran") {
    const logkit::testing::capture_logs logs;
    lk::testing::fixed_clock clock;
    support::gate gate;
    const auto inner = [](support::gate& g, lk::testing::fixed_clock& c) -> task {
        const lk::capture span{"inner"};
        c.advance(std::chrono::milliseconds(2));
        co_await g.wait();
        c.advance(std::chrono::milliseconds(3));
        co_return 0;
    };
    const auto outer = [inner](support::gate& g, lk::testing::fixed_clock& c) -> task {
        const lk::capture span{"outer"};
        c.advance(std::chrono::milliseconds(1));
        co_await inner(g, c);
        c.advance(std::chrono::milliseconds(1));
        co_return 0;
    };
    task t = outer(gate, clock);
    t.start();
    clock.advance(std::chrono::milliseconds(100));
    gate.open_here();
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0]["busy_ms"] == 5.0);
    CHECK(ends[0]["dur_ms"] == 105.0);
    CHECK(ends[1]["busy_ms"] == 7.0);
    CHECK(ends[1]["dur_ms"] == 107.0);
}

TEST_CASE("a thread's span has no busy time") {
    const logkit::testing::capture_logs logs;
    { const lk::capture span{"plain"}; }
    CHECK_FALSE(logs.last().has("busy_ms"));
}

TEST_CASE("a generator runs under the context of its making, and its consumer under its own") {
    const logkit::testing::capture_logs logs;
    const auto count = [](int n) -> numbers {
        const lk::capture span{"counting"};
        for (int i = 0; i < n; ++i) {
            lk::log.info("next", kv("i", i));
            co_yield i;
        }
    };
    const std::string made = lk::new_context();
    numbers g = count(3);
    const std::string used = lk::new_context();
    for (int i = 0; i < 3; ++i) {
        CHECK(g.next() == i);
        CHECK(logs.last().trace_id == made);
        CHECK(logs.last()["span"] == "counting");
        lk::log.info("got");
        CHECK(logs.last().trace_id == used);
        CHECK(logs.last().span_id.empty());
    }
    CHECK(g.next() == std::nullopt);
    CHECK(logs.last()["status"] == "success");
}

#ifndef __clang__  // which, up to 19, destroys the locals of such a coroutine twice
TEST_CASE("an exception out of a coroutine's body leaves its consumer's context in force") {
    const logkit::testing::capture_logs logs;
    const auto fails = []() -> numbers {
        const lk::capture span{"failing"};
        co_yield 1;
        throw std::runtime_error("no more");
    };
    const std::string mine = lk::new_context();
    numbers g = fails();
    CHECK(g.next() == 1);
    CHECK_THROWS_AS(g.next(), std::runtime_error);
    CHECK(logs.last()["status"] == "error");
    lk::log.info("after");
    CHECK(logs.last().trace_id == mine);
    CHECK(logs.last().span_id.empty());
}

#endif

TEST_CASE("an await_suspend that throws, or declines, resumes the coroutine under its own context") {
    const logkit::testing::capture_logs logs;
    struct throwing {
        bool await_ready() { return false; }
        void await_suspend(std::coroutine_handle<>) { throw std::runtime_error("cannot suspend"); }
        void await_resume() {}
    };
    struct declining {
        bool await_ready() { return false; }
        bool await_suspend(std::coroutine_handle<>) {
            lk::log.info("in await_suspend");
            return false;
        }
        void await_resume() {}
    };
    const auto work = []() -> task {
        const lk::capture span{"work"};
        co_await declining{};
        lk::log.info("declined");
        try {
            co_await throwing{};
        } catch (std::runtime_error const&) {
            lk::log.info("caught");
        }
        co_return 0;
    };
    lk::new_context();
    task t = work();
    t.start();
    REQUIRE(t.is_done());
    const std::string id = logs.records("END").at(0).span_id;
    for (const char* event : {"in await_suspend", "declined", "caught"}) CHECK(logs.records(event).at(0).span_id == id);
    lk::log.info("after");
    CHECK(logs.last().span_id.empty());
}

TEST_CASE("spans of a suspended coroutine that is destroyed are aborted") {
    const logkit::testing::capture_logs logs;
    lk::new_context();
    support::gate gate;
    {
        const auto work = [](support::gate& g) -> task {
            const lk::capture outer{"outer"};
            const lk::capture inner{"inner"};
            co_await g.wait();
            co_return 0;
        };
        task t = work(gate);
        t.start();
    }
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    for (const auto& end : ends) {
        CHECK(end["status"] == "aborted");
        CHECK(end.severity == lk::level::error);
    }
    CHECK(ends[0].parent_span_id == ends[1].span_id);
}

TEST_CASE("the user's own await_transform still has its say") {
    struct doubled {
        int value;
        bool await_ready() { return true; }
        void await_suspend(std::coroutine_handle<>) {}
        int await_resume() { return value * 2; }
    };
    struct own {
        struct transforming {
            own get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(
                static_cast<promise_type&>(*this))}; }
            std::suspend_never initial_suspend() { return {}; }
            std::suspend_always final_suspend() noexcept { return {}; }
            doubled await_transform(int n) { return {n}; }
            void return_value(int n) { result = n; }
            void unhandled_exception() {}
            int result = 0;
        };
        using promise_type = lk::propagating<transforming>;
        std::coroutine_handle<promise_type> handle;
    };
    const own o = [](int n) -> own { co_return co_await n + 1; }(20);
    CHECK(o.handle.promise().result == 41);
    o.handle.destroy();
}

namespace {

foreign_task foreign_leaf(support::gate& gate) {
    lk::log.info("leaf");
    co_await lk::with_context(gate.wait());
    lk::log.info("leaf goes on");
    co_return 5;
}

foreign_task foreign(support::gate& gate, std::string& id) {
    const lk::capture span{"foreign"};
    id = span.id();
    co_await lk::with_context(gate.wait());
    lk::log.info("first");
    const int n = co_await lk::with_context(foreign_leaf(gate));
    lk::log.info("second");
    co_return n;
}

}  // namespace

TEST_CASE("with_context keeps the span of a foreign coroutine across threads") {
    const logkit::testing::capture_logs logs;
    const std::string trace = lk::new_context(kv("who", "test"));
    const lk::capture around{"around"};
    support::gate gate;
    std::string id;
    foreign_task t = foreign(gate, id);
    t.start();
    lk::log.info("beside");
    CHECK(logs.last().span_id == around.id());
    std::thread([&] {
        const std::string other = lk::new_context(kv("who", "thread"));
        gate.open_here();  // up to the leaf's suspension
        lk::log.info("thread goes on");
        CHECK(logs.last().trace_id == other);
    }).join();
    gate.open_on_another_thread();
    REQUIRE(t.is_done());
    CHECK(t.result() == 5);
    for (const char* event : {"first", "leaf", "leaf goes on", "second"}) {
        INFO(event);
        const auto r = logs.records(event).at(0);
        CHECK(r.trace_id == trace);
        CHECK(r.span_id == id);
        CHECK(r["who"] == "test");
    }
    CHECK(logs.records("END").at(0).parent_span_id == around.id());
    lk::log.info("after");
    CHECK(logs.last().span_id == around.id());
}
