// SPDX-License-Identifier: MIT
#pragma once

// Requests of a cpp-httplib client, with traceparent and an END each (docs/middleware.md). Stage: adapter, opt-in.
//
//   httplib::Request request;
//   request.method = "GET", request.path = "/stock";
//   const auto result = logkit::http::send(client, "http://stock:8080", request);

#include <httplib.h>

#include <string>
#include <string_view>
#include <utility>

#include <logkit/adapter/http_client.hpp>

namespace logkit::http {

// client.send(request), told. `base` is what the client was made with: it cannot be asked. Tries again, up to
// `attempts` times in all, where there was no answer. Throws what the client throws.
inline httplib::Result send(httplib::Client& client, std::string_view base, httplib::Request request,
                            unsigned attempts = 1) {
    client_exchange one;
    if (!one.traceparent().empty()) {
        request.headers.erase("traceparent");
        request.headers.erase("tracestate");
        request.set_header("traceparent", one.traceparent());
        if (!one.tracestate().empty()) request.set_header("tracestate", one.tracestate());
    }
    httplib::Result result = client.send(request);
    for (; !result && attempts > 1; --attempts) {
        one.retry(httplib::to_string(result.error()));
        result = client.send(request);
    }
    const std::string url = std::string(base) + request.path;
    told_call told{.method = request.method, .url = url, .request_size = request.body.size()};
    const std::string reason = result ? "" : httplib::to_string(result.error());
    told.reason = reason;
    if (result) {
        told.status = result->status;
        told.response_size = result->body.size();
    }
    one.finish(told);
    return result;
}

}  // namespace logkit::http
