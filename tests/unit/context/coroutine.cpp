// SPDX-License-Identifier: MIT
#include <logkit/context/coroutine.hpp>

#include <functional>
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
            own get_return_object() {
                return {std::coroutine_handle<promise_type>::from_promise(static_cast<promise_type&>(*this))};
            }
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

namespace {

foreign_task done_at_once() {
    co_return 1;
}

foreign_task awaits_often(int times) {
    const lk::capture span{"often"};
    int sum = 0;
    for (int i = 0; i < times; ++i) sum += co_await lk::with_context(done_at_once());
    lk::log.info("summed", kv("own_span", span.id()));
    co_return sum;
}

foreign_task visitor(support::gate& gate, const char* name) {
    const std::string trace = lk::new_context(kv("who", name));
    const lk::capture span{"visitor"};
    co_await lk::with_context(gate.wait());
    lk::log.info("visitor", kv("own_trace", trace), kv("own_span", span.id()));
    co_await lk::with_context(gate.wait());
    lk::log.info("visitor", kv("own_trace", trace), kv("own_span", span.id()));
    co_return 0;
}

}  // namespace

TEST_CASE("a loop of awaits that are done at once needs no stack") {
    const lk::testing::capture_logs logs;
    lk::new_context();
    foreign_task t = awaits_often(100'000);
    t.start();
    REQUIRE(t.is_done());
    CHECK(t.result() == 100'000);
    const auto r = logs.records("summed").at(0);
    CHECK(r["own_span"] == std::string_view(r.span_id));
    lk::log.info("after");
    CHECK(logs.last().span_id.empty());
}

TEST_CASE("visitors leave the thread, and the coroutine, that resume them as they were") {
    const lk::testing::capture_logs logs;
    support::gate gate, other;
    foreign_task a = visitor(gate, "a"), b = visitor(gate, "b"), c = visitor(other, "c");
    a.start();
    b.start();
    c.start();
    const auto host = [](support::gate& g) -> task {
        const std::string trace = lk::new_context(kv("who", "host"));
        const lk::capture span{"host"};
        g.open_here();
        lk::log.info("host", kv("own_trace", trace), kv("own_span", span.id()));
        co_return 0;
    };
    std::thread([&] {
        const std::string mine = lk::new_context(kv("who", "thread"));
        gate.open_here();
        lk::log.info("thread", kv("own_trace", mine), kv("own_span", ""));
        gate.open_here();  // to their ends
        const std::string next = lk::new_context(kv("who", "thread"));
        other.open_here();
        lk::log.info("thread", kv("own_trace", next), kv("own_span", ""));
        task t = host(other);
        t.start();
        lk::log.info("thread", kv("own_trace", next), kv("own_span", ""));
    }).join();
    for (const char* event : {"visitor", "host", "thread"})
        for (const auto& r : logs.records(event)) {
            INFO(r.json);
            CHECK(r["own_trace"] == std::string_view(r.trace_id));
            CHECK(r["own_span"] == std::string_view(r.span_id));
        }
    CHECK(logs.records("visitor").size() == 6);
    for (const auto& end : logs.records("END")) CHECK(end["status"] == "success");
}

TEST_CASE("a thread keeps what was carried to it when a foreign coroutine is suspended there") {
    const lk::testing::capture_logs logs;
    lk::new_context();
    const lk::capture request{"request", kv("f", 1)};
    support::gate gate;
    std::string id;
    foreign_task t = foreign(gate, id);
    std::thread(lk::carry([&] {
        lk::bind_context(kv("bound", 1));
        t.start();
        lk::log.info("after");
    })).join();
    CHECK(logs.last().span_id == request.id());
    CHECK(logs.last()["f"] == 1);
    CHECK(logs.last()["bound"] == 1);
    gate.open_here();
    gate.open_here();
}

TEST_CASE("a coroutine that runs inside of another is not counted as the other's busy time") {
    const lk::testing::capture_logs logs;
    lk::testing::fixed_clock clock;
    const auto produce = [](lk::testing::fixed_clock& c) -> numbers {
        const lk::capture span{"producer"};
        c.advance(std::chrono::milliseconds(50));
        co_yield 1;
    };
    const auto consume = [&](lk::testing::fixed_clock& c) -> task {
        const lk::capture span{"consumer"};
        numbers n = produce(c);
        while (n.next().has_value()) c.advance(std::chrono::milliseconds(1));
        co_return 0;
    };
    task t = consume(clock);
    t.start();
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0]["busy_ms"] == 50.0);
    CHECK(ends[1]["span"] == "consumer");
    CHECK(ends[1]["busy_ms"] == 51.0);  // the producer's span is inside of its own, and counts once
    CHECK(ends[1]["dur_ms"] == 51.0);
}

TEST_CASE("a suspended coroutine is aborted whoever destroys it, and though it began another unit of work") {
    const lk::testing::capture_logs logs;
    support::gate gate;
    const auto connection = [](support::gate& g) -> task {
        const lk::capture span{"connection"};
        lk::new_context(kv("request", 1));
        co_await g.wait();
        co_return 0;
    };
    {
        task t = connection(gate);
        t.start();
    }
    try {
        task t = connection(gate);
        t.start();
        throw std::runtime_error("of no concern to the coroutine");
    } catch (std::runtime_error const&) {
    }
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    for (const auto& end : ends) CHECK(end["status"] == "aborted");
}

TEST_CASE("exceptions on their way outside of a coroutine are none of its own") {
    const lk::testing::capture_logs logs;
    struct at_exit {
        std::function<void()> run;
        ~at_exit() { run(); }
    };
    const auto waits = [](support::gate& g) -> task {
        const lk::capture span{"waits"};
        co_await g.wait();
        co_return 0;
    };
    const auto fails = [](support::gate& g) -> task {
        const lk::capture span{"fails"};
        co_await g.wait();
        throw std::runtime_error("its own");
    };
    support::gate first, second;
    task resumed = waits(first), started = fails(second);
    resumed.start();
    try {
        const at_exit guard{[&] {
            first.open_here();
            started.start();
        }};
        throw std::runtime_error("unrelated");
    } catch (std::runtime_error const&) {
    }
    second.open_here();
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0]["span"] == "waits");
    CHECK(ends[0]["status"] == "success");
    CHECK(ends[1]["status"] == "error");
}
