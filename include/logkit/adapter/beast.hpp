// SPDX-License-Identifier: MIT
#pragma once

// Requests to a Boost.Beast server, each a unit of work with one complete record (docs/middleware.md). Stage: adapter,
// opt-in.
//
//   const logkit::http::beast_server logged(settings);
//   while (read(request)) keeps_on = logged.serve(stream, request, handler);            // handler(request): a response
//   while (…) keeps_on = co_await logged.co_serve(stream, request, handler);            // …: an awaitable of one
//   auto one = logged.begin(request, client); … logged.async_answer(stream, one, response, done);
//
// A WebSocket is begun with begin(), and one->finish(101) when it closes.

#include <cxxabi.h>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/adapter/beast_exchange.hpp>
#include <logkit/adapter/boost_asio.hpp>

namespace logkit::http {

// Settings of a server, for all its connections and threads.
class beast_server {
  public:
    explicit beast_server(settings const& from = {}) : how_(std::make_shared<rules const>(from)) {}

    // For handlers that answer by callbacks. Attach its snapshot() wherever work is done for the request.
    template <class Request>
    [[nodiscard]] std::shared_ptr<beast_exchange> begin(Request const& sent, std::string_view client = {}) const {
        return std::make_shared<beast_exchange>(how_, sent, client);
    }
    // Writes the response, which is kept until then, and calls done(error, keeps_on) on its executor.
    template <class Stream, class Response, class Done>
    static void async_answer(Stream& stream, std::shared_ptr<beast_exchange> one, Response response, Done done) {
        const auto kept = std::make_shared<Response>(std::move(response));
        const auto executor = boost::asio::get_associated_executor(done, stream.get_executor());
        one->answer(*kept);
        boost::beast::http::async_write(
            stream, *kept,
            boost::asio::bind_executor(executor, [one = std::move(one), kept, done = std::move(done)](
                                                     boost::beast::error_code error, std::size_t) mutable {
                done(error, one->written(error));
            }));
    }

    // Answers with what handler(request) returns, or with 500 where it throws. False: the connection is to be closed.
    template <class Stream, class Request, class Handler>
    bool serve(Stream& stream, Request const& sent, Handler&& handler) const {
        const auto one = begin(sent, client_of(stream));
        const attach inside{one->snapshot()};
        const auto write = [&](auto&& response) {
            boost::beast::error_code error;
            one->answer(response);
            boost::beast::http::write(stream, response, error);
            return one->written(error);
        };
        std::optional<decltype(handler(sent))> response;
        try {
            response.emplace(handler(sent));
        } catch (abi::__forced_unwind&) {  // pthread_exit
            throw;
        } catch (...) {
            one->fail(std::current_exception());
        }
        return response ? write(*response) : write(broken(sent));
    }
    // The same on a coroutine that runs on propagate(executor); the handler returns an awaitable of its response.
    template <class Stream, class Request, class Handler>
    boost::asio::awaitable<bool> co_serve(Stream& stream, Request const& sent, Handler handler) const {
        const auto one = begin(sent, client_of(stream));
        const attach inside{one->snapshot()};
        std::optional<typename decltype(handler(sent))::value_type> response;
        try {
            response.emplace(co_await handler(sent));
        } catch (...) {
            one->fail(std::current_exception());
        }
        if (response) co_return co_await co_write(stream, *one, *response);
        auto sorry = broken(sent);
        co_return co_await co_write(stream, *one, sorry);
    }

  private:
    template <class Stream, class Response>
    static boost::asio::awaitable<bool> co_write(Stream& stream, beast_exchange& one, Response& response) {
        boost::beast::error_code error;
        one.answer(response);
        (void)co_await boost::beast::http::async_write(stream, response,
                                                       boost::asio::redirect_error(boost::asio::use_awaitable, error));
        co_return one.written(error);
    }
    template <class Request>
    [[nodiscard]] static auto broken(Request const& sent) {
        boost::beast::http::response<boost::beast::http::empty_body> made(
            boost::beast::http::status::internal_server_error, sent.version());
        made.keep_alive(sent.keep_alive());
        made.prepare_payload();
        return made;
    }
    template <class Endpoint>
    [[nodiscard]] static std::string text_of(Endpoint const& peer, boost::beast::error_code const& error) {
        return error ? std::string() : peer.address().to_string();
    }
    template <class Stream>
    [[nodiscard]] static std::string client_of(Stream& stream) {
        auto& lowest = boost::beast::get_lowest_layer(stream);
        boost::beast::error_code error;
        if constexpr (requires { lowest.socket().remote_endpoint(error).address(); }) {
            const auto peer = lowest.socket().remote_endpoint(error);
            return text_of(peer, error);
        } else if constexpr (requires { lowest.remote_endpoint(error).address(); }) {
            const auto peer = lowest.remote_endpoint(error);
            return text_of(peer, error);
        } else
            return {};
    }

    std::shared_ptr<rules const> how_;
};

}  // namespace logkit::http
