// SPDX-License-Identifier: MIT
// A server of coroutines on Boost.Beast: each request is a unit of work, whatever thread its coroutine goes on on, with
// one complete record. It asks itself a few things, and stops.
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <logkit/adapter/beast.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lk = logkit;
namespace net = boost::asio;
namespace beast = boost::beast;
using lk::kv;
using net::ip::tcp;
using request = beast::http::request<beast::http::string_body>;
using response = beast::http::response<beast::http::string_body>;

namespace {

net::awaitable<int> query(const char* table, int rows) {
    lk::capture span{"query", kv("table", table)};
    net::steady_timer database(co_await net::this_coro::executor, std::chrono::milliseconds(2));
    co_await database.async_wait(net::use_awaitable);
    span.add(kv("rows", rows));
    co_return rows;
}

net::awaitable<response> handle(request const& sent) {
    if (sent.target() == "/broken") throw std::runtime_error("the table is gone");
    const int prices = co_await query("prices", 3);
    lk::log.info("found", kv("prices", prices));
    response made(sent.target() == "/items" ? beast::http::status::ok : beast::http::status::not_found, sent.version());
    made.set(beast::http::field::content_type, "text/plain");
    made.body() = std::to_string(prices);
    made.keep_alive(sent.keep_alive());
    made.prepare_payload();
    co_return made;
}

net::awaitable<void> session(lk::http::beast_server const& logged, beast::tcp_stream stream) {
    beast::flat_buffer buffer;
    beast::error_code error;
    for (bool keeps_on = true; keeps_on;) {
        request sent;
        co_await beast::http::async_read(stream, buffer, sent, net::redirect_error(net::use_awaitable, error));
        if (error) break;
        keeps_on = co_await logged.co_serve(stream, sent, handle);
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
}

net::awaitable<void> serve(lk::http::beast_server const& logged, tcp::acceptor acceptor, int connections) {
    const auto executor = co_await net::this_coro::executor;  // the propagating one; the acceptor's own is not
    for (int i = 0; i < connections; ++i) {
        beast::tcp_stream stream(co_await acceptor.async_accept(net::use_awaitable));
        net::co_spawn(executor, session(logged, std::move(stream)), net::detached);
    }
}

// A client without any logging: one connection, one request after the other.
net::awaitable<void> ask(tcp::endpoint server, std::vector<const char*> targets) {
    beast::tcp_stream stream(co_await net::this_coro::executor);
    co_await stream.async_connect(server, net::use_awaitable);
    beast::flat_buffer buffer;
    for (const char* target : targets) {
        request asked(beast::http::verb::get, target, 11);
        asked.set(beast::http::field::host, "localhost");
        co_await beast::http::async_write(stream, asked, net::use_awaitable);
        response answer;
        co_await beast::http::async_read(stream, buffer, answer, net::use_awaitable);
        std::printf("%s: %u, %s\n", target, answer.result_int(), std::string(answer["X-Request-ID"]).c_str());
    }
}

}  // namespace

int main() {
    net::io_context io;
    lk::http::settings told;
    told.track_endpoint("GET", "/items");
    const lk::http::beast_server logged(told);
    // propagate() is all that coroutines need to keep their context.
    tcp::acceptor acceptor(io, tcp::endpoint(net::ip::address_v4::loopback(), 0));
    const tcp::endpoint here = acceptor.local_endpoint();
    net::co_spawn(lk::propagate(io), serve(logged, std::move(acceptor), 1), net::detached);
    net::co_spawn(io, ask(here, {"/items", "/nowhere", "/broken", "/items"}), net::detached);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });
    for (std::thread& thread : threads) thread.join();
}
