// SPDX-License-Identifier: MIT
#pragma once

// Transfers of libcurl (7.72 or newer), easy and multi, with traceparent and an END each (docs/middleware.md); and what
// libcurl says of them (docs/bridges.md). Stage: adapter, opt-in.
//
//   logkit::http::curl_transfer transfer(easy, headers);           // after all options are set
//   const CURLcode result = transfer.perform();                    // as curl_easy_perform
//   transfer.done(message->data.result);                           // or, with a multi handle, for its CURLMSG_DONE

#include <curl/curl.h>

#include <string>
#include <string_view>

#include <logkit/adapter/http_client.hpp>
#include <logkit/adapter/relay.hpp>

namespace logkit::http {

// END is logged when it goes. Between perform() (or its making, with a multi handle) and done(), the handle must live.
class curl_transfer {
  public:
    // `headers` is the list that the handle has as CURLOPT_HTTPHEADER, if it has one: libcurl cannot be asked. After
    // each transfer the handle has it again.
    explicit curl_transfer(CURL* easy, curl_slist* headers = nullptr,
                           std::chrono::milliseconds slow_after = std::chrono::seconds(1)) noexcept
        : easy_(easy), given_(headers), one_(slow_after) {
        append("traceparent: ", one_.traceparent());
        append("tracestate: ", one_.tracestate());
        for (curl_slist const* one = headers; one != nullptr; one = one->next)
            if (!is_ours(one->data)) append("", one->data);
        send_headers(sent_);
    }
    curl_transfer(curl_transfer const&) = delete;
    curl_transfer& operator=(curl_transfer const&) = delete;
    ~curl_transfer() {
        if (is_sending_) send_headers(given_);
        curl_slist_free_all(sent_);
        if (is_done_) one_.finish(told_);
    }

    // Any number of times; between them, retry() says why.
    CURLcode perform() noexcept {
        send_headers(sent_);
        const CURLcode result = curl_easy_perform(easy_);
        done(result);
        return result;
    }
    void done(CURLcode result) noexcept {
        note(result);
        is_done_ = true;
        send_headers(given_);
    }
    void retry(std::string_view reason) noexcept { one_.retry(reason); }

  private:
    [[nodiscard]] static bool is_ours(const char* header) noexcept {
        return curl_strnequal(header, "traceparent:", 12) != 0 || curl_strnequal(header, "tracestate:", 11) != 0;
    }
    void append(const char* name, std::string_view value) noexcept {
        if (value.empty()) return;
        LOGKIT_TRY {
            if (curl_slist* const longer = curl_slist_append(sent_, (name + std::string(value)).c_str()))
                sent_ = longer;
        }
        LOGKIT_CATCH_ALL {  // out of memory: without it
        }
    }
    void send_headers(curl_slist* list) noexcept {
        if (sent_ != nullptr) curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, list);
        is_sending_ = sent_ != nullptr && list == sent_;
    }
    template <class T>
    [[nodiscard]] T info(CURLINFO what) const noexcept {
        T value{};
        return curl_easy_getinfo(easy_, what, &value) == CURLE_OK ? value : T{};
    }
    void note(CURLcode result) noexcept {
        const auto size = [&](CURLINFO what) { return static_cast<std::uint64_t>(info<curl_off_t>(what)); };
        const auto ms = [&](CURLINFO what) { return static_cast<double>(info<curl_off_t>(what)) / 1000; };
        const auto keep = [](std::string& text, const char* t) { text = t == nullptr ? "" : t; };
        LOGKIT_TRY {
            keep(method_, info<const char*>(CURLINFO_EFFECTIVE_METHOD));
            keep(url_, info<const char*>(CURLINFO_EFFECTIVE_URL));
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
        told_ = {.method = method_,
                 .url = url_,
                 .status = static_cast<int>(info<long>(CURLINFO_RESPONSE_CODE)),
                 .reason = result == CURLE_OK ? "" : curl_easy_strerror(result),
                 .request_size = size(CURLINFO_SIZE_UPLOAD_T),
                 .response_size = size(CURLINFO_SIZE_DOWNLOAD_T)};
        const double dns = ms(CURLINFO_NAMELOOKUP_TIME_T), connect = ms(CURLINFO_CONNECT_TIME_T),
                     tls = ms(CURLINFO_APPCONNECT_TIME_T), first = ms(CURLINFO_STARTTRANSFER_TIME_T);
        if (dns > 0) told_.dns_ms = dns;
        if (connect > dns) told_.connect_ms = connect - dns;
        if (tls > connect) told_.tls_ms = tls - connect;
        if (first > 0) told_.first_byte_ms = first;
    }

    CURL* easy_;
    curl_slist *given_, *sent_ = nullptr;
    client_exchange one_;
    std::string method_{}, url_{};
    told_call told_{};
    bool is_sending_ = false, is_done_ = false;
};

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
