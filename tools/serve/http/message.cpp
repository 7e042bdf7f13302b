// SPDX-License-Identifier: MIT
#include "http/message.hpp"

#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>

#include <algorithm>

namespace serve {

response error_response(int status, std::string_view code, std::string_view message, std::string_view details) {
    response made;
    made.status = status;
    made.body = R"({"error":{"code":)" + logkit::detail::json_string(code) + R"(,"message":)" +
                logkit::detail::json_string(message);
    if (!details.empty()) made.body.append(R"(,"details":)").append(details);
    made.body += "}}\n";
    if (status == 429 || status == 503) made.headers.emplace_back("Retry-After", "1");
    return made;
}

response busy_response() {
    return error_response(503, "busy", "too many bodies are on their way; send it again in a moment");
}

std::string lower_case(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), logkit::detail::fold_case);
    return low;
}

}  // namespace serve
