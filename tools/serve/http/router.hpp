// SPDX-License-Identifier: MIT
#pragma once

// The table of all routes: what is served, who may ask, and what /openapi.json tells of it.

#include "http/message.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

// What a request must have the right to do.
enum class need : std::uint8_t { nothing, write, read, administer };

struct route_parameter {
    std::string_view name, in;  // query, header or path
    std::string_view about;
};

struct route {
    std::string_view method;
    std::string_view path;  // a part in braces stands for anything but a slash
    need who = need::nothing;
    bool takes_body = false;
    std::string_view summary;
    std::vector<route_parameter> parameters;
    std::string_view answer;  // what a good answer is, and its status before a blank
    std::function<void(request&, reply)> handle;
};

class router {
  public:
    // Whom a route lets in: an answer is a refusal. Fills request.who.
    using guard = std::function<std::optional<response>(request&, need)>;

    router(std::vector<route> routes, guard who) : routes_(std::move(routes)), guard_(std::move(who)) {}

    // The route of a request whose body has not been read; or why there is none for it.
    [[nodiscard]] route const* find(request& asked, std::optional<response>& refusal) const;
    [[nodiscard]] std::vector<route> const& routes() const noexcept { return routes_; }

  private:
    std::vector<route> routes_;
    guard guard_;
};

// A target into path and parameters. False: it is no target.
[[nodiscard]] bool take_target(std::string_view target, request& into);

// OpenAPI 3.1 of the table; `version` is the server's.
[[nodiscard]] std::string openapi_of(std::vector<route> const& routes, std::string const& version);

}  // namespace serve
