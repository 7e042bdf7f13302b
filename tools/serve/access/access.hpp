// SPDX-License-Identifier: MIT
#pragma once

// Who may: the guard of every route (docs/serve.md). Host and Origin first, then the key.

#include "access/keys.hpp"
#include "access/rate_limit.hpp"
#include "http/router.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace serve {

struct access_settings {
    bool listens_on_loopback = true;
    bool requires_keys = false;
    std::vector<std::string> hosts;  // further names of this server
};

class access_control {
  public:
    access_control(access_settings s, key_ring& keys, std::function<std::int64_t()> now_ns);
    // An answer is a refusal; else request.who says who asks.
    [[nodiscard]] std::optional<response> check(request& asked, need wanted);

  private:
    [[nodiscard]] std::optional<response> check_host(request const& asked, need wanted) const;
    [[nodiscard]] std::optional<response> check_key(request& asked, need wanted);

    access_settings settings_;
    key_ring& keys_;
    std::function<std::int64_t()> now_ns_;
    rate_limit requests_, bytes_, failures_;
};

}  // namespace serve
