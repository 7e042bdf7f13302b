// SPDX-License-Identifier: MIT

// The tests of both adapters: `net` is asio or boost::asio.

#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <logkit/context/capture.hpp>
#include <logkit/context/scope.hpp>
#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
using nlohmann::json;
namespace lk = logkit;

namespace {

net::awaitable<void> a_moment() {
    net::steady_timer timer(co_await net::this_coro::executor, std::chrono::microseconds(1));
    co_await timer.async_wait(net::use_awaitable);
}

net::awaitable<int> fails() {
    co_await a_moment();
    throw std::out_of_range("too far");
}

}  // namespace

TEST_CASE("what is spawned starts with what is in force there, and keeps what it changes to itself") {
    const lk::testing::capture_logs logs;
    net::io_context io;
    const std::string mine = lk::new_context(kv("who", "spawner"));
    const lk::capture around{"around"};
    for (int i = 0; i < 3; ++i)
        net::co_spawn(
            lk::propagate(io),
            [](int n) -> net::awaitable<void> {
                lk::bind_context(kv("n", n));
                const lk::capture span{"spawned"};
                for (int k = 0; k < 5; ++k) {
                    co_await a_moment();
                    lk::log.info("step", kv("own", n), kv("own_span", span.id()));
                }
            }(i),
            net::detached);
    std::thread([&] { io.run(); }).join();
    const auto steps = logs.records("step");
    REQUIRE(steps.size() == 15);
    for (const auto& r : steps) {
        CHECK(r.trace_id == mine);
        CHECK(json::parse(r.json).at("n") == json::parse(r.json).at("own"));
        CHECK(r["own_span"] == std::string_view(r.span_id));
    }
    for (const auto& end : logs.records("END")) CHECK(end.parent_span_id == around.id());
    lk::log.info("after");
    CHECK_FALSE(logs.last().has("n"));
    CHECK(logs.last().span_id == around.id());
}

TEST_CASE("a callback runs under the context of its asynchronous call, by post, timer, strand and bound executor") {
    const lk::testing::capture_logs logs;
    net::io_context io;
    const auto executor = lk::propagate(net::make_strand(io));
    net::steady_timer own(executor, std::chrono::microseconds(1)), bound(io, std::chrono::microseconds(1));
    std::vector<std::string> ids;
    ids.push_back(lk::new_context());
    net::post(executor, [] { lk::log.info("0"); });
    ids.push_back(lk::new_context());
    own.async_wait([](auto) { lk::log.info("1"); });
    ids.push_back(lk::new_context());
    bound.async_wait(net::bind_executor(executor, [](auto) { lk::log.info("2"); }));
    ids.push_back(lk::new_context());
    net::defer(executor, [&] { net::dispatch(executor, [] { lk::log.info("3"); }); });
    const std::string last = lk::new_context();
    io.run();
    for (std::size_t i = 0; i < ids.size(); ++i) CHECK(logs.records(std::to_string(i)).at(0).trace_id == ids[i]);
    lk::log.info("after");
    CHECK(logs.last().trace_id == last);
}

TEST_CASE("captured takes an awaitable, and END tells what it threw") {
    const lk::testing::capture_logs logs;
    net::io_context io;
    lk::new_context();
    const auto work = []() -> net::awaitable<void> {
        try {
            (void)co_await lk::captured("far", kv("k", 1), fails());
        } catch (std::out_of_range const&) {
            lk::log.info("caught");
        }
        co_await lk::captured("called", [] { return a_moment(); });
    };
    net::co_spawn(lk::propagate(io), work(), net::detached);
    io.run();
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    const auto far = json::parse(ends[0].json);
    CHECK(far.at("k") == 1);
    CHECK(far.at("status") == "error");
    CHECK(far.at("exc_info").at("type") == "std::out_of_range");
    CHECK(far.contains("busy_ms"));
    CHECK(ends[1]["status"] == "success");
    CHECK(logs.records("caught").at(0).span_id.empty());
}

TEST_CASE("spans of coroutines that die with their io_context are aborted") {
    const lk::testing::capture_logs logs;
    {
        net::io_context io;
        const auto work = []() -> net::awaitable<void> {
            const lk::capture span{"endless"};
            net::steady_timer timer(co_await net::this_coro::executor, std::chrono::hours(1));
            co_await timer.async_wait(net::use_awaitable);
        };
        net::co_spawn(lk::propagate(io), work(), net::detached);
        io.poll();
    }
    const auto end = logs.records("END").at(0);
    CHECK(end["span"] == "endless");
    CHECK(end["status"] == "aborted");
}

TEST_CASE("propagating executors are equal when what they wrap is, and convert to a polymorphic one") {
    net::io_context one, other;
    CHECK(lk::propagate(one) == lk::propagate(one));
    CHECK(lk::propagate(one) != lk::propagate(other));
    const net::any_io_executor any = lk::propagate(one);
    CHECK(&net::query(any, net::execution::context) == &one);
    CHECK(any == net::any_io_executor(lk::propagate(one)));
}

TEST_CASE("a type-erased executor is propagated, as a polymorphic socket's is") {
    const lk::testing::capture_logs logs;
    net::io_context io;
    const net::any_io_executor erased = io.get_executor();
    lk::new_context(kv("who", "spawner"));
    net::co_spawn(
        lk::propagate(erased),
        []() -> net::awaitable<void> {
            co_await a_moment();
            lk::log.info("step");
        }(),
        net::detached);
    lk::new_context();
    io.run();
    CHECK(logs.last()["who"] == std::string_view("spawner"));
}

TEST_CASE("an endless chain of callbacks, each posted out of the span of the one before, holds no memory") {
    net::io_context io;
    const auto executor = lk::propagate(io);
    const std::string trace = lk::new_context();
    int n = 0;
    long held = 0;
    std::function<void()> tick = [&] {
        const lk::capture span{"tick", lk::at(lk::level::trace)};
        lk::bind_context(kv("n", n));
        if (++n < 300'000) net::post(executor, [&] { tick(); });
        if (n % 100'000 == 0) {
            rusage use{};
            getrusage(RUSAGE_SELF, &use);
            if (n == 200'000) held = use.ru_maxrss;
            if (n == 300'000) held = use.ru_maxrss - held;
        }
    };
    net::post(executor, [&] { tick(); });
    io.run();
    CHECK(n == 300'000);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(held < 10'000);  // KiB; it was 80,000
#endif
    const lk::testing::capture_logs logs;
    lk::log.info("after");
    CHECK(logs.last().trace_id == trace);
}

TEST_CASE("work that a coroutine dispatches, and that runs inside of it, is counted once") {
    const lk::testing::capture_logs logs;
    lk::testing::fixed_clock clock;
    net::io_context io;
    const auto executor = lk::propagate(io);
    const auto work = [&]() -> net::awaitable<void> {
        const lk::capture span{"dispatching"};
        net::dispatch(executor, [&] { clock.advance(std::chrono::milliseconds(50)); });
        co_await a_moment();
    };
    net::co_spawn(executor, work(), net::detached);
    io.run();
    const auto end = json::parse(logs.records("END").at(0).json);
    CHECK(end.at("busy_ms").get<double>() <= end.at("dur_ms").get<double>());
    CHECK(end.at("busy_ms").get<double>() >= 50.0);
}
