// SPDX-License-Identifier: MIT
// Interleaved traces over one io_context on four threads: timers, sockets, nested coroutines, parallel groups,
// cancellation, exceptions, strands.   asio_flows <traces>
// Each record says in its own fields under which trace and span it was logged, as its coroutine knows them; a
// processor compares that with what the record carries.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <logkit.hpp>
#include <logkit/adapter/asio.hpp>

namespace lk = logkit;
using lk::kv;
using namespace asio::experimental::awaitable_operators;
using asio::awaitable;
using asio::use_awaitable;

namespace {

std::atomic<long> records{0}, ends{0}, wrong{0};

bool check(lk::record& r) {
    const auto says = [&](std::string_view key, std::string_view actual) {
        lk::value const* expected = r.find(key);
        if (expected == nullptr || expected->text() != actual) {
            if (wrong.fetch_add(1) < 10)
                std::fprintf(stderr, "%s: %s is not \"%s\"\n", std::string(r.event()).c_str(), std::string(key).c_str(),
                             std::string(actual).c_str());
        }
    };
    says("own_trace", r.trace_id());
    if (r.event() == "END") {
        ends.fetch_add(1);
        says("own_parent", r.parent_span_id());
        if (r.find("busy_ms") == nullptr) wrong.fetch_add(1);
    } else {
        records.fetch_add(1);
        says("own_span", r.span_id());
    }
    return false;
}

// What a coroutine knows of itself, and hands on by its arguments.
struct self {
    std::string trace, span;
};

void say(const char*, self const& me) {
    lk::log.info("step", kv("own_span", me.span));
}

awaitable<void> pause(int microseconds) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::microseconds(microseconds));
    co_await timer.async_wait(use_awaitable);
}

// A span of its own around a few suspensions.
awaitable<int> leaf(self parent, int n) {
    lk::capture span{"leaf", kv("own_parent", parent.span)};
    const self me{parent.trace, span.id()};
    say("before", me);
    co_await pause(n % 7);
    say("after", me);
    co_return n;
}

awaitable<void> fails(self parent) {
    lk::capture span{"fails", kv("own_parent", parent.span)};
    co_await pause(1);
    say("failing", {parent.trace, span.id()});
    throw std::runtime_error("on purpose");
}

// Until it is cancelled.
awaitable<void> waits(self parent) {
    lk::capture span{"waits", kv("own_parent", parent.span)};
    const self me{parent.trace, span.id()};
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    asio::error_code error;
    co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
    say("cancelled", me);
}

awaitable<void> echo(self parent, asio::local::stream_protocol::socket& socket) {
    lk::capture span{"echo", kv("own_parent", parent.span)};
    const self me{parent.trace, span.id()};
    char byte[1];
    co_await asio::async_read(socket, asio::buffer(byte), use_awaitable);
    say("read", me);
    co_await asio::async_write(socket, asio::buffer(byte), use_awaitable);
    say("written", me);
}

awaitable<void> ask(self parent, asio::local::stream_protocol::socket& socket) {
    lk::capture span{"ask", kv("own_parent", parent.span)};
    const self me{parent.trace, span.id()};
    char byte[1] = {'x'};
    co_await asio::async_write(socket, asio::buffer(byte), use_awaitable);
    co_await asio::async_read(socket, asio::buffer(byte), use_awaitable);
    say("answered", me);
}

awaitable<void> unit_of_work(int n, bool has_sockets) {
    const std::string trace = lk::new_context(kv("n", n));
    lk::bind_context(kv("own_trace", trace));
    lk::capture span{"unit", kv("own_parent", "")};
    const self me{trace, span.id()};
    say("begin", me);
    const int a = co_await leaf(me, n);
    say("nested", me);
    const auto [b, c] = co_await (leaf(me, n + 1) && leaf(me, n + 2));
    say("group", me);
    if (a + b + c != 3 * n + 3) wrong.fetch_add(1);
    try {
        co_await fails(me);
        wrong.fetch_add(1);
    } catch (std::runtime_error const&) {
        say("caught", me);
    }
    co_await (waits(me) || leaf(me, n));
    say("first of two", me);
    if (has_sockets) {
        const auto executor = co_await asio::this_coro::executor;
        asio::local::stream_protocol::socket left(executor), right(executor);
        asio::local::connect_pair(left, right);
        co_await (ask(me, left) && echo(me, right));
        say("sockets", me);
    }
    co_await asio::post(use_awaitable);
    (void)co_await lk::captured("tail", kv("own_parent", me.span), [n]() -> awaitable<int> { co_return n; });
    say("end", me);
}

}  // namespace

int main(int argc, char** argv) {
    int traces = 1000;
    if (argc > 1) std::from_chars(argv[1], argv[1] + std::string_view(argv[1]).size(), traces);
    lk::settings s;
    s.file = "";
    s.console = lk::console::off;
    lk::configure(s);
    lk::add_processor(&check);

    asio::io_context io(4);
    std::atomic<int> next{0}, done{0};
    // So many at a time; each that ends starts the next. Every other one has a strand of its own.
    const std::function<void()> start = [&] {
        const int n = next.fetch_add(1);
        if (n >= traces) return;
        const auto finished = [&](std::exception_ptr error) {
            if (error != nullptr) wrong.fetch_add(1);
            done.fetch_add(1);
            start();
        };
        if (n % 2 == 0)
            asio::co_spawn(lk::propagate(io), unit_of_work(n, n % 16 == 0), finished);
        else
            asio::co_spawn(lk::propagate(asio::make_strand(io)), unit_of_work(n, n % 16 == 1), finished);
    };
    for (int i = 0; i < 64; ++i) start();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
    for (std::thread& t : threads) t.join();
    (void)lk::shutdown();

    std::printf("%d traces, %ld records, %ld ENDs, %ld wrong\n", done.load(), records.load(), ends.load(),
                wrong.load());
    const long expected_ends = traces * 8L + 2 * ((traces + 15) / 16 + (traces + 14) / 16);
    return done == traces && wrong == 0 && ends == expected_ends && lk::stats().dropped == 0 ? 0 : 1;
}
