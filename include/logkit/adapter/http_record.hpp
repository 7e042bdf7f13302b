// SPDX-License-Identifier: MIT
#pragma once

// `request` and `response` of an exchange's record. Stage: adapter; for http_exchange.hpp.

#include <cstdint>
#include <string_view>

#include <logkit/adapter/http_request.hpp>
#include <logkit/adapter/http_settings.hpp>
#include <logkit/adapter/http_text.hpp>
#include <logkit/call/nested.hpp>
#include <logkit/context/traced.hpp>

namespace logkit::http {

template <class Fn>
void tell_text(Fn& told, key name, std::string_view text) {
    if (!text.empty()) told(kv(name, text));
}

struct told_request {
    using logkit_value = void;
    options const& how;
    request_view const& request;
    body_keeper const& body;
    std::string_view route, user;
    bool is_full;

    template <class Fn>
    void for_each_field(Fn&& told) const {
        told(kv("method", request.method()));
        told(kv("path", request.path()));
        tell_text(told, "route", route);
        if (!is_full) return;
        const bool has_data = how.capture_request_data;
        if (has_data && !request.query().empty()) told(kv("query", detail::masked_parameters(request.query())));
        if (has_data && !request.headers().empty()) told(kv("headers", masked_headers(request.headers())));
        if (how.capture_request_body) body.tell(request.header("content-type"), "request.body", told);
        tell_text(told, "user", user);
        if (has_data) tell_text(told, "client", request.client());
    }
};

// The headers of a response are those of a request_view without anything else.
struct told_response {
    using logkit_value = void;
    options const& how;
    request_view const& response;
    body_keeper const& body;
    int status;  // 0: none was sent
    bool is_full;

    template <class Fn>
    void for_each_field(Fn&& told) const {
        const std::string_view type = response.header("content-type");
        const http::body which = how.capture_response_body;
        if (status != 0) told(kv("status", status));
        tell_text(told, "content_type", type);
        if (body.is_known()) told(kv("size", body.size()));
        if (!is_full) return;
        if (how.capture_request_data && !response.headers().empty())
            told(kv("headers", masked_headers(response.headers())));
        if (which == http::body::all || (which == http::body::errors && status >= 400))
            body.tell(type, "response.body", told);
    }
};

}  // namespace logkit::http
