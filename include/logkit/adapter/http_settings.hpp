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
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/hash.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit::http {

// Which responses are told with their body: none, those with a status from 400 on, or all that are told in full.
enum class body : unsigned char { off, errors, all };

// A request, as far as it has come: what its callbacks may ask. Has its own copies.
class request_view {
  public:
    request_view(std::string_view method, std::string_view target, std::string_view client = {}) : method_(method) {
        const std::size_t question = target.find('?');
        path_ = target.substr(0, question);
        if (question != std::string_view::npos) query_ = target.substr(question + 1);
        client_ = client;
    }
    void add_header(std::string_view name, std::string_view value) {
        std::string lower = detail::lowered(name);
        for (auto& [known, values] : headers_)
            if (known == lower) return void(values.append(", ").append(value));
        headers_.emplace_back(std::move(lower), value);
    }
    // The framework's name for where the request went, such as "/orders/:id".
    void set_route(std::string_view route) { route_ = route; }

    [[nodiscard]] std::string const& method() const noexcept { return method_; }
    // As it was sent, without the query.
    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    [[nodiscard]] std::string const& query() const noexcept { return query_; }
    [[nodiscard]] std::string const& client() const noexcept { return client_; }
    [[nodiscard]] std::string const& route() const noexcept { return route_; }
    // "" where there is none. Letter case does not matter; of several, all, joined by ", ".
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
        for (auto const& [known, value] : headers_)
            if (std::equal(known.begin(), known.end(), name.begin(), name.end(),
                           [](char a, char b) { return a == detail::fold_case(b); }))
                return value;
        return {};
    }
    // In lower case, in the order in which they came.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> const& headers() const noexcept { return headers_; }

  private:
    std::string method_, path_{}, query_{}, client_{}, route_{};
    std::vector<std::pair<std::string, std::string>> headers_{};
};

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

// Settings as requests find them. Immutable, for all threads.
class rules {
  public:
    explicit rules(settings const& from) : general_{from, ""} {
        for (endpoint const& one : from.endpoints) tracked_.push_back({one, {one.own.over(from), one.route}});
    }

    struct rule {
        options how;
        std::string tracked_route;  // "" for the general one
    };
    [[nodiscard]] rule const& of(request_view const& request) const {
        for (tracked const& one : tracked_)
            if ((one.where.method == "*" || one.where.method == request.method()) && fits(one.where, request))
                return one.own;
        return general_;
    }

  private:
    struct tracked {
        endpoint where;
        rule own;
    };
    [[nodiscard]] static bool fits(endpoint const& one, request_view const& request) {
        constexpr std::size_t longest = 2'000;  // expressions are matched by recursion
        if (!request.route().empty() && request.route() == one.route) return true;
        if (one.expression) try {
                return request.path().size() <= longest && std::regex_match(request.path(), *one.expression);
            } catch (std::regex_error const&) {
                return false;  // too complex
            }
        std::string_view route = one.route, path = request.path();
        for (;;) {
            if (route == "*") return true;
            const std::string_view wanted = detail::take_until(route, '/'), sent = detail::take_until(path, '/');
            const bool is_any =
                !sent.empty() && (wanted.starts_with(':') || wanted.starts_with('{') || wanted.starts_with('<'));
            if (!is_any && wanted != sent) return false;
            if (route.empty() || path.empty()) return route.empty() && path.empty();
        }
    }

    rule general_;
    std::vector<tracked> tracked_{};
};

[[nodiscard]] inline bool excludes(options const& how, std::string_view path) noexcept {
    for (std::string_view one : how.exclude)
        if (one.ends_with('*') ? path.starts_with(one.substr(0, one.size() - 1)) : path == one) return true;
    return false;
}

}  // namespace logkit::http
