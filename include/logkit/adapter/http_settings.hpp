// SPDX-License-Identifier: MIT
#pragma once

// What is told of HTTP requests that this program answers (docs/middleware.md). Stage: adapter; for http_exchange.hpp.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <logkit/adapter/http_request.hpp>

namespace logkit::http {

// Which responses are told with their body: none, those with a status from 400 on, or all that are told in full.
enum class body : unsigned char { off, errors, all };

struct options {
    bool capture_request_data = true;  // query, headers, client
    bool capture_request_body = false;
    body capture_response_body = body::errors;
    std::size_t max_body_size = 16'384;    // texts are cut there
    std::vector<int> statuses_to_track{};  // told in full; empty: all from 400 on
    bool log_slow_requests = true;
    std::chrono::milliseconds slow_request_threshold{1'000};
    bool include_stacktrace = true;
    std::vector<std::string> exclude{};  // paths, or their beginnings with * behind: a context, and no record
    std::vector<std::string> tags{};
    std::function<std::string(request_view const&)> user{}, route{};
    std::function<bool(request_view const&)> trust{};  // whose traceparent and request id are continued; empty: all
    std::string request_id_header = "X-Request-ID";

    [[nodiscard]] bool tracks(int status) const noexcept {
        std::vector<int> const& these = statuses_to_track;
        return these.empty() ? status >= 400 : std::find(these.begin(), these.end(), status) != these.end();
    }
};

// What an endpoint has otherwise; what is not set is as in the settings.
struct endpoint_settings {
    std::optional<bool> capture_request_data{}, capture_request_body{};
    std::optional<body> capture_response_body{};
    std::optional<std::size_t> max_body_size{};
    std::optional<std::vector<int>> statuses_to_track{};
    std::optional<bool> log_slow_requests{};
    std::optional<std::chrono::milliseconds> slow_request_threshold{};
    std::optional<bool> include_stacktrace{};
    std::optional<std::vector<std::string>> exclude{}, tags{};
    std::function<std::string(request_view const&)> user{}, route{};
    std::function<bool(request_view const&)> trust{};
    std::optional<std::string> request_id_header{};

    [[nodiscard]] options over(options general) const {
        const auto set = [](auto& to, auto const& own) {
            if constexpr (requires { own.has_value(); }) {
                if (own.has_value()) to = *own;
            } else if (own) {
                to = own;
            }
        };
        set(general.capture_request_data, capture_request_data);
        set(general.capture_request_body, capture_request_body);
        set(general.capture_response_body, capture_response_body);
        set(general.max_body_size, max_body_size);
        set(general.statuses_to_track, statuses_to_track);
        set(general.log_slow_requests, log_slow_requests);
        set(general.slow_request_threshold, slow_request_threshold);
        set(general.include_stacktrace, include_stacktrace);
        set(general.exclude, exclude);
        set(general.tags, tags);
        set(general.user, user);
        set(general.route, route);
        set(general.trust, trust);
        set(general.request_id_header, request_id_header);
        return general;
    }
};

struct endpoint {
    std::string method, route;
    std::optional<std::regex> expression;
    endpoint_settings own;
};

// Of a server; a copy is taken when it is installed.
struct settings : options {
    // For requests with this method ("*": any) to this route: a path in which a part like :id, {id} or <id> stands for
    // any, and * at its end for the rest; or a regular expression, as frameworks take them. The first that fits counts.
    // Throws std::invalid_argument for an expression that is none.
    void track_endpoint(std::string method, std::string route_pattern, endpoint_settings own = {}) {
        std::optional<std::regex> expression;
        if (route_pattern.find_first_of("()[]\\+|^$") != std::string::npos) try {
                expression.emplace(route_pattern, std::regex::ECMAScript | std::regex::optimize);
            } catch (std::regex_error const& e) {
                throw std::invalid_argument("logkit: track_endpoint(\"" + method + "\", \"" + route_pattern +
                                            "\"): no regular expression (" + e.what() +
                                            "); write a path such as /orders/:id, or mend the expression");
            }
        endpoints.push_back({std::move(method), std::move(route_pattern), std::move(expression), std::move(own)});
    }

    std::vector<endpoint> endpoints{};
};

}  // namespace logkit::http
