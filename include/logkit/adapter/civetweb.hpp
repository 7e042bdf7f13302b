// SPDX-License-Identifier: MIT
#pragma once

// Requests to a civetweb server, each a unit of work with one complete record (docs/middleware.md). Stage: adapter,
// opt-in.
//
//   mg_callbacks callbacks{};
//   logkit::http::install(callbacks);                    // before mg_start(&callbacks, …)
//   mg_set_request_handler(server, "/orders", logkit::http::guarded<answer_orders>, nullptr);
//
// A WebSocket has one record, when it closes. Paths are as civetweb has them: decoded.

#include <civetweb.h>
#include <cxxabi.h>

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <logkit/adapter/http_thread.hpp>

namespace logkit::http {

// The callbacks have no room for data of ours: what a server has is kept by this type.
template <class Server>
struct civetweb_server {
    static inline std::shared_ptr<rules const> how{};
    static inline mg_callbacks inner{};  // the program's own

    static int begin(mg_connection* connection) noexcept {
        LOGKIT_TRY {
            mg_request_info const& sent = *mg_get_request_info(connection);
            using detail::text_or_empty;
            std::string target;  // decoded already
            for (const char c : text_or_empty(sent.local_uri_raw == nullptr ? sent.request_uri : sent.local_uri_raw))
                target += c == '?' ? std::string("%3F") : std::string(1, c);
            if (sent.query_string != nullptr) target.append(1, '?').append(sent.query_string);
            request_view view(text_or_empty(sent.request_method), target, sent.remote_addr);
            for (int i = 0; i < sent.num_headers; ++i)
                view.add_header(text_or_empty(sent.http_headers[i].name), text_or_empty(sent.http_headers[i].value));
            (void)thread_exchange::here().begin(how, std::move(view));
        }
        LOGKIT_CATCH_ALL {  // out of memory: this request goes without
        }
        return inner.begin_request != nullptr ? inner.begin_request(connection) : 0;
    }
    static void end(mg_connection const* connection, int status) noexcept {
        if (exchange* const one = thread_exchange::here().running()) {
            if (one->response_size() == 0) one->set_response_size({});
            const bool was_socket = status < 100 && detail::lowered(one->request().header("upgrade")) == "websocket";
            if (status >= 100 || was_socket)
                one->finish(was_socket ? 101 : status);
            else
                one->abandon("client closed");
        }
        if (inner.end_request != nullptr) inner.end_request(connection, status);
        thread_exchange::here().end();
    }
};

// Before mg_start(). Takes begin_request and end_request; those that are there are called, under the request's context.
// Several servers in one process each need a type of their own: install<struct admin>(callbacks).
template <class Server = void>
void install(mg_callbacks& callbacks, settings const& from = {}) {
    using server = civetweb_server<Server>;
    server::how = std::make_shared<rules const>(from);
    if (callbacks.begin_request != &server::begin) server::inner = callbacks;  // it may be installed again
    callbacks.begin_request = &server::begin;
    callbacks.end_request = &server::end;
}

// A request handler that may throw: then the answer is 500, which says nothing of the exception; the record does.
// (civetweb is C, and no exception may pass it.) What it throws when it has answered already spoils the answer.
template <auto Handler>
int guarded(mg_connection* connection, void* data) {
    try {
        return Handler(connection, data);
    } catch (abi::__forced_unwind&) {  // pthread_exit
        throw;
    } catch (...) {
        if (exchange* const one = thread_exchange::here().running()) one->fail(std::current_exception());
    }
    (void)mg_send_http_error(connection, 500, "%s", "");
    return 500;
}

// mg_write(), and the record knows the body and its size; otherwise it has neither.
inline int write(mg_connection* connection, std::string_view body) noexcept {
    if (exchange* const one = thread_exchange::here().running()) one->add_response_body(body);
    return mg_write(connection, body.data(), body.size());
}

// For a handler's response: "X-Request-ID: …\r\ntraceparent: …\r\n"; "" outside of a request.
[[nodiscard]] inline std::string response_headers() {
    exchange* const one = thread_exchange::here().running();
    if (one == nullptr) return {};
    std::string lines;
    one->for_each_header_to_send(
        [&](std::string const& name, std::string const& value) { lines += name + ": " + value + "\r\n"; });
    return lines;
}

}  // namespace logkit::http
