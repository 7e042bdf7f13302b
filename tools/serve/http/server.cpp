// SPDX-License-Identifier: MIT
// The one translation unit that knows Boost.Beast.
#include "http/server.hpp"

#include "http/answer_writer.hpp"
#include "http/beast.hpp"
#include "http/body_reader.hpp"
#include "http/memory_share.hpp"

#include <sys/socket.h>

#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace serve {

struct http_server::state {
    router const& routes;
    http_limits limits;
    std::atomic<std::uint64_t> in_flight{0};
    std::atomic<std::uint32_t> connections{0}, answering{0};
    std::atomic<bool> is_ending{false};
    std::mutex mutex;
    std::set<tcp::socket*> idle;   // between requests: these are not waited for at the end
    asio::io_context io;           // takes the connections with it, which look at all of the above
    asio::thread_pool waiting{4};  // for bodies that are made while they are sent: that may take a while
    tcp::acceptor acceptor{io};

    state(router const& r, http_limits const& l) : routes(r), limits(l) {}

    // Ends so many of the connections that wait for a request.
    void cancel_idle(std::size_t most) {
        const std::lock_guard lock(mutex);
        for (tcp::socket* socket : idle) {
            if (most-- == 0) return;
            asio::post(socket->get_executor(), [this, socket] {
                const std::lock_guard still(mutex);
                beast::error_code ignored;
                if (idle.contains(socket)) socket->cancel(ignored);
            });
        }
    }
};

namespace {

using server_state = http_server::state;

class connection {
  public:
    connection(tcp::socket socket, server_state& server) : server_(server), stream_(std::move(socket)) {
        buffer_.reserve(64 * 1024);  // as much as a read takes at a time
        beast::error_code error;
        stream_.socket().set_option(tcp::no_delay(true), error);
        const auto peer = stream_.socket().remote_endpoint(error);
        if (!error) {
            peer_ = peer.address().to_string();
            is_from_loopback_ = peer.address().is_loopback();
        }
        ++server_.connections;
    }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;
    ~connection() { --server_.connections; }

    asio::awaitable<void> run() {
        while (!server_.is_ending.load() && co_await serve_one()) {
        }
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

  private:
    // While it waits for a request, the end need not wait for it.
    class idling {
      public:
        explicit idling(connection& of) : of_(of) {
            const std::lock_guard lock(of_.server_.mutex);
            of_.server_.idle.insert(&of_.stream_.socket());
        }
        idling(idling const&) = delete;
        idling& operator=(idling const&) = delete;
        ~idling() {
            const std::lock_guard lock(of_.server_.mutex);
            of_.server_.idle.erase(&of_.stream_.socket());
        }

      private:
        connection& of_;
    };

    // False: the connection is over.
    asio::awaitable<bool> serve_one() {
        body_reader::parser_type parser;
        parser.header_limit(server_.limits.headers);
        parser.body_limit(boost::none);
        stream_.expires_after(server_.limits.idle);
        {
            const idling now(*this);
            auto [error, n] = co_await http::async_read_header(stream_, buffer_, parser, awaited);
            if (error) {
                if (error == http::error::header_limit || error == http::error::buffer_overflow)
                    co_await refuse(error_response(431, "headers_too_large", "the headers are larger than 32 KiB"));
                else if (error != http::error::end_of_stream && error != beast::error::timeout &&
                         error.category() == http::make_error_code(http::error::bad_method).category())
                    co_await refuse(
                        error_response(400, "bad_request", "this is no HTTP/1.1 request: " + error.message()));
                co_return false;
            }
        }
        ++server_.answering;
        struct counted {
            std::atomic<std::uint32_t>& of;
            ~counted() { --of; }
        } const answering{server_.answering};

        auto const& head = parser.get();
        request asked;
        asked.method = head.method_string();
        asked.peer = peer_;
        asked.is_from_loopback = is_from_loopback_;
        asked.is_gone = [this] { return is_gone(); };
        for (auto const& field : head) asked.headers.emplace_back(lower_case(field.name_string()), field.value());
        answer_form form{asked.method == "HEAD", head.keep_alive() && !server_.is_ending.load(), head.version() < 11};

        const auto coding = head.find(http::field::transfer_encoding);
        if (coding != head.end() && lower_case(coding->value()) != "chunked") {
            co_await refuse(
                error_response(501, "unknown_transfer_encoding", "Transfer-Encoding: is chunked, or not there"));
            co_return false;
        }
        std::optional<response> refusal;
        route const* found = nullptr;
        if (!take_target(head.target(), asked))
            refusal = error_response(400, "bad_target", "the request's target is no path with a query");
        else
            found = find_route(asked, refusal);
        const auto length = parser.content_length();
        if (!refusal && length.has_value() && *length > server_.limits.body) refusal = body_reader::too_large();

        memory_share share(server_.in_flight, server_.limits.bodies_in_flight);
        body_reader body(stream_, buffer_, parser, server_.limits);
        const bool waits = lower_case(head[http::field::expect]) == "100-continue";
        if (!refusal && waits) {
            if (!co_await say_go_on()) co_return false;
        }
        if (!refusal) {
            if (!co_await body.read(asked.body, share, refusal)) co_return false;
        }
        if (refusal) {
            form.keeps_alive = form.keeps_alive && body.is_done();
            if (co_await writer_.write(std::move(*refusal), form)) co_return true;
            co_await body.throw_away();
            co_return false;
        }
        response answer = co_await answer_of(*found, asked);
        co_return co_await writer_.write(std::move(answer), form);
    }
    asio::awaitable<bool> say_go_on() {
        stream_.expires_after(server_.limits.progress);
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        auto [error, n] = co_await asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), awaited);
        co_return !error;
    }

    // The route may answer from any thread; what follows goes on here.
    asio::awaitable<response> answer_of(route const& found, request& asked) {
        const auto ask = [&found, &asked, here = this](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            const auto answer = [shared, here](response made) {
                asio::post(here->stream_.get_executor(),
                           [shared, made = std::move(made)]() mutable { (*shared)(std::move(made)); });
            };
            try {
                found.handle(asked, answer);
            } catch (std::exception const& error) {
                answer(error_response(500, "internal", error.what()));
            }
        };
        co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(response)>(ask,
                                                                                               asio::use_awaitable);
    }

    // The guard may fail as anything may.
    route const* find_route(request& asked, std::optional<response>& refusal) {
        try {
            return server_.routes.find(asked, refusal);
        } catch (std::exception const& error) {
            refusal = error_response(503, "unavailable", error.what());
            return nullptr;
        }
    }
    // Has the other side ended the connection? Asked while an answer is made, when nobody else reads from it.
    [[nodiscard]] bool is_gone() {
        char byte = 0;
        return server_.is_ending.load() ||
               ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }

    asio::awaitable<void> refuse(response made) { (void)co_await writer_.write(std::move(made), {}); }

    server_state& server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_{256 * 1024};
    std::string peer_;
    bool is_from_loopback_ = false;
    answer_writer writer_{stream_, server_.waiting, server_.limits};
};

asio::awaitable<void> serve_connection(tcp::socket socket, server_state& server) {
    connection here(std::move(socket), server);
    co_await here.run();
}

asio::awaitable<void> accept_all(server_state& server) {
    asio::steady_timer pause(server.io);
    while (!server.is_ending.load()) {
        if (server.connections.load() >= server.limits.connections) {
            server.cancel_idle(1);
            pause.expires_after(std::chrono::milliseconds(20));
            (void)co_await pause.async_wait(awaited);
            continue;
        }
        auto [error, socket] = co_await server.acceptor.async_accept(asio::make_strand(server.io), awaited);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {  // no descriptor left, mostly
            pause.expires_after(std::chrono::milliseconds(100));
            (void)co_await pause.async_wait(awaited);
            continue;
        }
        const auto executor = socket.get_executor();
        asio::co_spawn(executor, serve_connection(std::move(socket), server), asio::detached);
    }
}

}  // namespace

http_server::http_server(std::string const& address, std::uint16_t port, router const& routes, http_limits limits)
    : state_(std::make_unique<state>(routes, limits)) {
    const auto fail = [&](beast::error_code const& error) {
        throw std::runtime_error("cannot listen on " + address + ':' + std::to_string(port) + ": " + error.message());
    };
    beast::error_code error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) fail(error);
    const tcp::endpoint endpoint(ip, port);
    state_->acceptor.open(endpoint.protocol(), error);
    if (!error) state_->acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) state_->acceptor.bind(endpoint, error);
    if (!error) state_->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(error);
}
http_server::~http_server() = default;

std::string http_server::address() const {
    const auto endpoint = state_->acceptor.local_endpoint();
    const std::string host = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(endpoint.port());
}

void http_server::run(unsigned threads) {
    asio::co_spawn(state_->io, accept_all(*state_), asio::detached);
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back([s = state_.get()] { s->io.run(); });
    state_->io.run();
    for (std::thread& t : others) t.join();
    state_->waiting.join();
}

void http_server::stop(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    state_->is_ending.store(true);
    asio::post(state_->io, [s = state_.get()] {
        beast::error_code ignored;
        s->acceptor.close(ignored);
    });
    state_->cancel_idle(std::numeric_limits<std::size_t>::max());
    while (state_->answering.load() != 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    state_->io.stop();
}

}  // namespace serve
