// SPDX-License-Identifier: MIT
#pragma once

// An HTTP request as the settings' functions see it. Stage: adapter; for http_exchange.hpp.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/exceptions.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit::http {

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

// What the program's function says of it; what that throws is no answer.
template <class Fn, class Answer>
[[nodiscard]] Answer answer_of(Fn const& fn, request_view const& request, Answer otherwise) noexcept {
    LOGKIT_TRY {
        return detail::outside([&] { return fn(request); });
    }
    LOGKIT_CATCH_ALL {
        return otherwise;
    }
}

}  // namespace logkit::http
