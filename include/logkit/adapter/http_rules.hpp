// SPDX-License-Identifier: MIT
#pragma once

// Which settings are a request's. Stage: adapter; for http_exchange.hpp.

#include <cstddef>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/adapter/http_request.hpp>
#include <logkit/adapter/http_settings.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit::http {

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
