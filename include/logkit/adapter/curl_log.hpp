// SPDX-License-Identifier: MIT
#pragma once

// What libcurl says of its transfers, as records (docs/bridges.md). Stage: adapter, opt-in.
//
//   logkit::http::log_curl(easy);

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>

#include <logkit/adapter/relay.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit::http {

// A line of libcurl's, as it may be told.
[[nodiscard]] inline std::string masked_line(curl_infotype kind, std::string_view line) {
    const std::size_t colon = line.find(": "), space = line.find(' ');
    if (kind != CURLINFO_TEXT && colon < space)
        return std::string(line.substr(0, colon + 2)) +
               detail::masked_header(line.substr(0, colon), detail::trimmed(line.substr(colon + 2)));
    if (kind == CURLINFO_HEADER_OUT && line.find(" HTTP/") == std::string_view::npos && space < line.size())
        return std::string(line.substr(0, space)) + " ***";
    std::string masked;
    while (!line.empty()) {  // URLs have secrets, too
        const std::string_view word = detail::take_until(line, ' ');
        masked += word.find('?') == std::string_view::npos ? std::string(word) : detail::masked_url(word);
        if (!line.empty()) masked += ' ';
    }
    return masked;
}

// What libcurl says of this handle's transfers: DEBUG records of the logger "curl". Headers with credentials are
// masked as URLs are, of other protocols' commands only the first word is told, and bodies are not. Takes
// CURLOPT_DEBUGFUNCTION and sets CURLOPT_VERBOSE.
inline void log_curl(CURL* easy) noexcept {
    const auto say = [](CURL*, curl_infotype kind, char* data, std::size_t size, void*) noexcept -> int {
        if (kind != CURLINFO_TEXT && kind != CURLINFO_HEADER_IN && kind != CURLINFO_HEADER_OUT) return 0;
        static const logger curl = log.named("curl");
        static constexpr const char* directions[] = {"text", "in", "out"};
        std::string_view text(data, size);
        while (!text.empty() && curl.enabled(level::debug)) {
            const std::string_view line = detail::take_until(text, '\n');
            LOGKIT_TRY {
                relay(curl, level::debug, masked_line(kind, line), {"libcurl", "", 0},
                      kv("direction", directions[kind]));
            }
            LOGKIT_CATCH_ALL {  // out of memory: the line is lost
            }
        }
        return 0;
    };
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, static_cast<curl_debug_callback>(say));
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

}  // namespace logkit::http
