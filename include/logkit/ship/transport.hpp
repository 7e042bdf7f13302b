// SPDX-License-Identifier: MIT
#pragma once

// One HTTP request and its answer, and who carries them. Stage: ship. A test hands in a transport of its own.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace logkit::detail {

struct http_request {
    std::string url{};                   // without user and password
    std::vector<std::string> headers{};  // "Name: value"
    std::string_view body{};
};

enum class http_failure : std::uint8_t { none, unreachable, timed_out, cut, stopped };

struct http_answer {
    http_failure failure = http_failure::none;
    long status = 0;
    std::string body{};      // its first MiB
    std::string location{};  // of a redirect, without user, password and query
    std::optional<std::uint64_t> retry_after_s{};
    std::string reason{};  // of a failure
};

class transport {
  public:
    virtual ~transport() = default;
    // Never throws for what the network does, and ends in bounded time.
    [[nodiscard]] virtual http_answer send(http_request const& request) = 0;
    // From any thread: a request that is under way ends soon, as `stopped`, and so does each later one.
    virtual void stop() noexcept = 0;
};

}  // namespace logkit::detail
