// SPDX-License-Identifier: MIT
#include <logkit/adapter/beast.hpp>

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/http.hpp>

namespace {

namespace http = logkit::http;
namespace net = boost::asio;
namespace beast = boost::beast;
using net::ip::tcp;
using nlohmann::json;
using support::exchanges;
using support::talk;
using request_type = beast::http::request<beast::http::string_body>;
using response_type = beast::http::response<beast::http::string_body>;

response_type answer(request_type const& sent) {
    logkit::log.info("in handler");
    if (sent.target() == "/throws") throw std::runtime_error("broken");
    response_type made(beast::http::status::ok, sent.version());
    if (sent.target() == "/nowhere") made.result(404);
    made.set(beast::http::field::content_type, "text/plain");
    made.body() = sent.target() == "/big" ? std::string(30'000'000, 'x') : "fine";
    made.keep_alive(sent.keep_alive());
    made.prepare_payload();
    return made;
}

// A server on two threads of its own, with one way to serve a connection.
class running_server {
  public:
    template <class Session>
    explicit running_server(Session session) {
        accept(std::move(session));
        for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
    }
    running_server(running_server const&) = delete;
    running_server& operator=(running_server const&) = delete;
    ~running_server() {
        io_.stop();
        for (std::thread& thread : threads_) thread.join();
    }
    [[nodiscard]] int port() const { return acceptor_.local_endpoint().port(); }

  private:
    template <class Session>
    void accept(Session session) {
        acceptor_.async_accept(net::make_strand(io_), [this, session](beast::error_code error, tcp::socket socket) {
            if (!error) session(beast::tcp_stream(std::move(socket)));
            accept(session);
        });
    }
    net::io_context io_;
    tcp::acceptor acceptor_{io_, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
    std::vector<std::thread> threads_{};
};

// ── the three styles ──
auto in_turn(http::beast_server const& logged) {
    return [&logged](beast::tcp_stream stream) {
        beast::flat_buffer buffer;
        beast::error_code error;
        for (bool keeps_on = true; keeps_on;) {
            request_type sent;
            beast::http::read(stream, buffer, sent, error);
            if (error) break;
            keeps_on = logged.serve(stream, sent, answer);
        }
        stream.socket().shutdown(tcp::socket::shutdown_send, error);
    };
}

struct callback_session : std::enable_shared_from_this<callback_session> {
    http::beast_server const& logged;
    beast::tcp_stream stream;
    beast::flat_buffer buffer{};
    request_type sent{};

    callback_session(http::beast_server const& l, beast::tcp_stream s) : logged(l), stream(std::move(s)) {}
    void next() {
        sent = {};
        beast::http::async_read(stream, buffer, sent,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (!error) self->handle();
                                });
    }
    void handle() {
        auto one = logged.begin(sent, "10.0.0.9");
        net::post(stream.get_executor(), [self = shared_from_this(), one] {  // later, on any thread
            const logkit::attach inside{one->snapshot()};
            response_type response(beast::http::status::internal_server_error, self->sent.version());
            try {
                response = answer(self->sent);
            } catch (...) {
                one->fail(std::current_exception());
            }
            http::beast_server::async_answer(self->stream, one, std::move(response),
                                             [self](beast::error_code, bool keeps_on) {
                                                 if (keeps_on) return self->next();
                                                 beast::error_code error;
                                                 self->stream.socket().shutdown(tcp::socket::shutdown_send, error);
                                             });
        });
    }
};
auto by_callbacks(http::beast_server const& logged) {
    return
        [&logged](beast::tcp_stream stream) { std::make_shared<callback_session>(logged, std::move(stream))->next(); };
}

net::awaitable<response_type> answer_later(request_type const& sent) {
    net::steady_timer timer(co_await net::this_coro::executor, std::chrono::microseconds(100));
    co_await timer.async_wait(net::use_awaitable);
    co_return answer(sent);
}
net::awaitable<void> coroutine_session(http::beast_server const& logged, beast::tcp_stream stream) {
    beast::flat_buffer buffer;
    beast::error_code error;
    for (bool keeps_on = true; keeps_on;) {
        request_type sent;
        (void)co_await beast::http::async_read(stream, buffer, sent, net::redirect_error(net::use_awaitable, error));
        if (error) break;
        keeps_on = co_await logged.co_serve(stream, sent, answer_later);
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
}
auto by_coroutines(http::beast_server const& logged) {
    return [&logged](beast::tcp_stream stream) {
        const auto executor = logkit::propagate(stream.get_executor());
        net::co_spawn(executor, coroutine_session(logged, std::move(stream)), net::detached);
    };
}

template <class Session>
void is_served(Session session) {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.capture_request_body = true;
    const http::beast_server logged(s);
    const running_server server(session(logged));
    const std::string said = talk(server.port(),
                                  "GET /ok?a=1 HTTP/1.1\r\nHost: a\r\nX-Request-ID: abc\r\n\r\n"
                                  "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                                  "GET /throws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(said.find("X-Request-ID: abc\r\n") != std::string::npos);
    CHECK(said.find("HTTP/1.1 500") != std::string::npos);
    CHECK(said.find("broken") == std::string::npos);
    const auto told = exchanges(logs, 3);
    CHECK(told[0]["request"] == json({{"method", "GET"}, {"path", "/ok"}}));
    CHECK(told[0]["response"] == json({{"status", 200}, {"content_type", "text/plain"}, {"size", 4}}));
    CHECK(told[1]["level"] == "warning");
    CHECK(told[1]["request"]["body"] == "hi");
    CHECK(told[1]["request"]["headers"]["host"] == "a");
    CHECK(told[1]["response"]["body"] == "fine");
    CHECK((told[1]["request"]["client"] == "127.0.0.1" || told[1]["request"]["client"] == "10.0.0.9"));
    CHECK(told[2]["status"] == "error");
    CHECK(told[2]["exc_info"]["what"] == "broken");
    const auto inside = logs.records("in handler");
    REQUIRE(inside.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(inside[i].trace_id == told[i]["trace_id"]);
}
TEST_CASE("beast, in turn: each request is a unit of work") {
    is_served(in_turn);
}
TEST_CASE("beast, by callbacks: each request is a unit of work") {
    is_served(by_callbacks);
}
TEST_CASE("beast, by coroutines: each request is a unit of work") {
    is_served(by_coroutines);
}

template <class Session>
void notices_that_the_client_went(Session session) {
    const logkit::testing::capture_logs logs;
    const http::beast_server logged;
    const running_server server(session(logged));
    CHECK(talk(server.port(), "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 1'000).starts_with("HTTP/1.1 200"));
    const auto told = exchanges(logs, 1);
    CHECK(told[0]["status"] == "aborted");
    CHECK(told[0]["level"] == "warning");
    CHECK(told[0]["reason"] == "client closed");
}
TEST_CASE("beast: a client that goes away is told of") {
    notices_that_the_client_went(in_turn);
    notices_that_the_client_went(by_callbacks);
    notices_that_the_client_went(by_coroutines);
}

TEST_CASE("beast: exchanges at the same time do not mix") {
    constexpr int clients = 50, each = 20;
    const logkit::testing::capture_logs logs;
    const http::beast_server logged;
    const running_server server(by_coroutines(logged));
    {
        std::vector<std::unique_ptr<support::tcp_link>> links;
        for (int i = 0; i < clients; ++i) links.push_back(std::make_unique<support::tcp_link>(server.port()));
        for (int i = 0; i < each; ++i) {
            for (auto const& link : links) link->send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
            for (auto const& link : links) CHECK(link->receive("fine").starts_with("HTTP/1.1 200"));
        }
    }
    std::set<std::string> ends, inside;
    for (json const& end : exchanges(logs, clients * each)) ends.insert(end["trace_id"].get<std::string>());
    for (auto const& record : logs.records("in handler")) inside.insert(record.trace_id);
    CHECK(ends.size() == clients * each);
    CHECK(ends == inside);
}

TEST_CASE("beast: a WebSocket is one exchange, told when it closes; a server that stops tells what it leaves") {
    const logkit::testing::capture_logs logs;
    const http::beast_server logged;
    {
        const running_server server([&](beast::tcp_stream stream) {
            beast::flat_buffer buffer;
            request_type sent;
            beast::http::read(stream, buffer, sent);
            const auto one = logged.begin(sent);
            beast::websocket::stream<beast::tcp_stream> socket(std::move(stream));
            socket.accept(sent);
            beast::error_code error;
            buffer.clear();
            socket.read(buffer, error);
            one->finish(101);
        });
        const support::tcp_link link(server.port());
        link.send(
            "GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        CHECK(link.receive("\r\n\r\n").starts_with("HTTP/1.1 101"));
        CHECK(logs.records("END").empty());
        link.send(std::string("\x81\x82\0\0\0\0hi", 8));
        CHECK(exchanges(logs, 1)[0]["response"]["status"] == 101);
    }
    request_type asked(beast::http::verb::get, "/left", 11);
    (void)logged.begin(asked);
    CHECK(exchanges(logs, 2)[1]["status"] == "aborted");
}

}  // namespace
