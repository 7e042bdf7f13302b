// SPDX-License-Identifier: MIT
#include "http/message.hpp"

#include <logkit/base/json_text.hpp>

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

}  // namespace serve
