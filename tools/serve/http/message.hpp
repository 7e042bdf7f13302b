// SPDX-License-Identifier: MIT
#pragma once

// A request and its answer, as routes see them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serve {

// Who asks, as the guard of the route found out.
struct principal {
    std::int64_t key_id = 0;             // 0: nobody with a key; a local request of the first five minutes
    std::string name;                    // of the key, for ever its own; never the key itself
    std::optional<std::string> service;  // the wall around all that it may see and send
    bool may_write = false, may_read = false, may_administer = false;
};

struct request {
    std::string method, target;                                // as sent
    std::string path;                                          // without the query, decoded
    std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::vector<std::string> captured;                         // what stands for {…} in the route's path
    std::string body;
    std::string peer;
    bool is_from_loopback = false;
    principal who;
    std::function<bool()> is_gone;  // nobody waits for the answer any more; from any thread, until it has been sent

    // The first of that name, in lower case; "" for none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
        for (auto const& [known, value] : headers)
            if (known == name) return value;
        return {};
    }
    [[nodiscard]] bool has_header(std::string_view name) const noexcept {
        for (auto const& [known, value] : headers)
            if (known == name) return true;
        return false;
    }
    // Empty: it is not there.
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const {
        for (auto const& [known, value] : query)
            if (known == name) return value;
        return std::nullopt;
    }
};

struct response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    // Of a body that is made while it is sent: puts the next piece into the text, which is empty; false: that was all.
    // Called on a thread that may wait.
    std::function<bool(std::string&)> more;
    // Of an answer that takes long to find: makes it. Called on a thread that may wait; all else here does not count.
    std::function<response()> later;
};

// {"error":{"code":"…","message":"…"}}; `details` is JSON, or "".
[[nodiscard]] response error_response(int status, std::string_view code, std::string_view message,
                                      std::string_view details = "");

// 503: there is no room for another body just now.
[[nodiscard]] response busy_response();

[[nodiscard]] std::string lower_case(std::string_view text);  // of ASCII

// Answers a request, once, from any thread.
using reply = std::function<void(response)>;

}  // namespace serve
