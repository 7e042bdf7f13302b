// SPDX-License-Identifier: MIT
#pragma once

// HTTP/1.1: listens, reads requests within limits, lets routes answer them.

#include "http/router.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace serve {

struct http_limits {
    std::uint64_t body = std::uint64_t{32} << 20;               // as sent
    std::uint64_t bodies_in_flight = std::uint64_t{256} << 20;  // of all requests together
    std::uint64_t thrown_away = std::uint64_t{256} << 20;       // of a body that is refused
    std::uint32_t headers = 32 << 10;
    std::uint32_t connections = 1'000;
    std::chrono::seconds idle{60}, progress{15}, farewell{10};
};

class http_server {
  public:
    // Binds; throws std::runtime_error which says why not. Port 0: any.
    http_server(std::string const& address, std::uint16_t port, router const& routes, http_limits limits);
    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;
    ~http_server();

    [[nodiscard]] std::string address() const;  // 127.0.0.1:3000
    // Serves with so many threads until stop(). Requests that are being answered then have the patience to end.
    void run(unsigned threads);
    void stop(std::chrono::milliseconds patience);

    struct state;

  private:
    std::unique_ptr<state> state_;
};

}  // namespace serve
