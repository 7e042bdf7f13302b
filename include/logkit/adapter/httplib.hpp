// SPDX-License-Identifier: MIT
#pragma once

// Requests to a cpp-httplib server, each a unit of work with one complete record (docs/middleware.md). Stage: adapter,
// opt-in.
//
//   httplib::Server server;
//   logkit::http::install(server);      // before it listens
//
// The record comes once the response has been written. httplib does not say when a client went away before a plain
// body was written; of streamed ones it does.

#include <httplib.h>

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <logkit/adapter/http_thread.hpp>

namespace logkit::http {

// The server has one hook of each kind, and install() takes these; what the program wants of them goes in here.
struct httplib_hooks {
    httplib::Server::HandlerWithResponse pre_routing{};
    httplib::Server::Handler post_routing{};
    httplib::Server::ExceptionHandler exception{};  // none: status 500, and nothing about the exception in the answer
    httplib::Logger logger{};
};

// httplib serves a request from its beginning to its end on one thread.
struct httplib_request {
    std::shared_ptr<rules const> how;
    httplib_hooks hooks;

    exchange& begin(httplib::Request const& request) const {
        request_view view(request.method, request.target, request.remote_addr);
        for (auto const& [name, value] : request.headers)
            if (name != "REMOTE_ADDR" && name != "REMOTE_PORT" && name != "LOCAL_ADDR" && name != "LOCAL_PORT")
                view.add_header(name, value);  // those are httplib's own
        return thread_exchange::here().begin(how, std::move(view));
    }
    // Of a request that was refused before it was routed, it begins here.
    [[nodiscard]] exchange& of(httplib::Request const& request) const {
        exchange* const running = thread_exchange::here().running();
        return running != nullptr ? *running : begin(request);
    }

    void answer(httplib::Request const& request, httplib::Response& response) const {
        if (hooks.post_routing) hooks.post_routing(request, response);
        exchange& one = of(request);
        one.for_each_header_to_send([&](std::string const& name, std::string const& value) {
            if (!response.has_header(name.c_str())) response.set_header(name.c_str(), value);
        });
        if (!response.content_provider_) return;
        response.content_provider_ = [inner = std::move(response.content_provider_), &one](
                                         std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            auto write = sink.write;
            sink.write = [&](const char* data, std::size_t size) {
                one.add_response_body({data, size});
                return write(data, size);
            };
            const bool goes_on = inner(offset, length, sink);
            sink.write = std::move(write);
            return goes_on;
        };
    }
    void tell(httplib::Request const& request, httplib::Response const& response) const {
        exchange& one = of(request);
        one.add_request_body(request.body);
        const bool has_body = request.method != "HEAD";
        if (has_body) one.add_response_body(response.body);
        for (auto const& [name, value] : response.headers) one.add_response_header(name, value);
        if (has_body && response.content_provider_ && !response.content_provider_success_)
            one.abandon("client closed");
        else
            one.finish(response.status);
        if (hooks.logger) hooks.logger(request, response);
        thread_exchange::here().end();
    }
};

// Before the server listens. Takes its pre-routing, post-routing and exception handlers and its logger, which the
// program gives in `hooks` if it has any.
inline void install(httplib::Server& server, settings const& from = {}, httplib_hooks hooks = {}) {
    const auto request =
        std::make_shared<httplib_request const>(httplib_request{std::make_shared<rules const>(from), std::move(hooks)});
    server.set_pre_routing_handler([request](httplib::Request const& sent, httplib::Response& response) {
        (void)request->begin(sent);
        return request->hooks.pre_routing ? request->hooks.pre_routing(sent, response)
                                          : httplib::Server::HandlerResponse::Unhandled;
    });
    server.set_exception_handler(
        [request](httplib::Request const& sent, httplib::Response& response, std::exception_ptr error) {
            request->of(sent).fail(error);
            if (request->hooks.exception)
                request->hooks.exception(sent, response, error);
            else
                response.status = 500;
        });
    server.set_post_routing_handler(
        [request](httplib::Request const& sent, httplib::Response& response) { request->answer(sent, response); });
    server.set_logger(
        [request](httplib::Request const& sent, httplib::Response const& response) { request->tell(sent, response); });
}

}  // namespace logkit::http
