// SPDX-License-Identifier: MIT
// A server of coroutines on two threads: each request keeps its trace, its fields and its span across every
// co_await, wherever it goes on. Its client runs here, too, and hands its trace over in a traceparent.
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <logkit.hpp>
#include <logkit/adapter/asio.hpp>

namespace lk = logkit;
using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;
using lk::kv;
using namespace asio::experimental::awaitable_operators;

namespace {

awaitable<int> query(const char* table, int rows) {
    lk::capture span{"query", kv("table", table)};
    asio::steady_timer database(co_await asio::this_coro::executor, std::chrono::milliseconds(2));
    co_await database.async_wait(use_awaitable);
    span.add(kv("rows", rows));
    co_return rows;
}

awaitable<std::string> handle(int item) {
    if (item == 3) throw std::out_of_range("no item 3");
    const auto [prices, stock] = co_await (query("prices", item) && query("stock", 2 * item));  // side by side
    lk::log.info("found", kv("prices", prices), kv("stock", stock));
    co_return std::to_string(prices + stock);
}

// One line a request: "<item> <traceparent>".
awaitable<void> session(tcp::socket socket) {
    std::string line;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(line), '\n', use_awaitable);
    const std::size_t space = line.find(' ');
    const int item = std::stoi(line.substr(0, space));
    lk::new_context(lk::from_traceparent(line.substr(space + 1, 55)), kv("item", item));
    std::string answer = "failed";
    try {
        answer = co_await lk::captured("request", handle(item));
    } catch (std::exception const&) {  // END of "request" has told it
    }
    answer += '\n';
    co_await asio::async_write(socket, asio::buffer(answer), use_awaitable);
}

awaitable<void> serve(tcp::acceptor acceptor, int requests) {
    for (int i = 0; i < requests; ++i) {
        tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(acceptor.get_executor(), session(std::move(socket)), asio::detached);
    }
}

awaitable<void> ask(tcp::endpoint server, int item) {
    lk::new_context(kv("client", item));
    const lk::capture span{"ask"};
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect(server, use_awaitable);
    const std::string question = std::to_string(item) + ' ' + lk::traceparent() + '\n';
    co_await asio::async_write(socket, asio::buffer(question), use_awaitable);
    std::string answer;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(answer), '\n', use_awaitable);
    answer.pop_back();
    lk::log.info("answered", kv("answer", answer));
}

}  // namespace

int main() {
    constexpr int requests = 6;
    asio::io_context io;
    const auto executor = lk::propagate(io);  // the only change to a program without logkit
    tcp::acceptor acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const tcp::endpoint address = acceptor.local_endpoint();
    asio::co_spawn(executor, serve(std::move(acceptor), requests), asio::detached);
    for (int item = 0; item < requests; ++item) asio::co_spawn(executor, ask(address, item), asio::detached);
    std::thread second([&] { io.run(); });
    io.run();
    second.join();
}
