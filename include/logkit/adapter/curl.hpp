// SPDX-License-Identifier: MIT
#pragma once

// Transfers of libcurl (7.72 or newer), easy and multi, with traceparent and an END each (docs/middleware.md). Stage:
// adapter, opt-in.
//
//   logkit::http::curl_transfer transfer(easy, headers);           // after all options are set
//   const CURLcode result = transfer.perform();                    // as curl_easy_perform
//   transfer.done(message->data.result);                           // or, with a multi handle, for its CURLMSG_DONE

#include <curl/curl.h>

#include <optional>
#include <string>
#include <string_view>

#include <logkit/adapter/http_client.hpp>
#include <logkit/base/text_parts.hpp>

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
        if (told_) one_.finish(*told_);
    }

    // Any number of times; between them, retry() says why.
    CURLcode perform() noexcept {
        send_headers(sent_);
        const CURLcode result = curl_easy_perform(easy_);
        done(result);
        return result;
    }
    void done(CURLcode result) noexcept {
        told_ = what_is_known(result);
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
    [[nodiscard]] told_call what_is_known(CURLcode result) noexcept {
        const auto size = [&](CURLINFO what) { return static_cast<std::uint64_t>(info<curl_off_t>(what)); };
        const auto ms = [&](CURLINFO what) { return static_cast<double>(info<curl_off_t>(what)) / 1000; };
        LOGKIT_TRY {
            method_ = detail::text_or_empty(info<const char*>(CURLINFO_EFFECTIVE_METHOD));
            url_ = detail::text_or_empty(info<const char*>(CURLINFO_EFFECTIVE_URL));
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
        told_call told{.method = method_,
                       .url = url_,
                       .status = static_cast<int>(info<long>(CURLINFO_RESPONSE_CODE)),
                       .reason = result == CURLE_OK ? "" : curl_easy_strerror(result),
                       .request_size = size(CURLINFO_SIZE_UPLOAD_T),
                       .response_size = size(CURLINFO_SIZE_DOWNLOAD_T)};
        const double dns = ms(CURLINFO_NAMELOOKUP_TIME_T), connect = ms(CURLINFO_CONNECT_TIME_T),
                     tls = ms(CURLINFO_APPCONNECT_TIME_T), first = ms(CURLINFO_STARTTRANSFER_TIME_T);
        if (dns > 0) told.dns_ms = dns;
        if (connect > dns) told.connect_ms = connect - dns;
        if (tls > connect) told.tls_ms = tls - connect;
        if (first > 0) told.first_byte_ms = first;
        return told;
    }

    CURL* easy_;
    curl_slist *given_, *sent_ = nullptr;
    client_exchange one_;
    std::string method_{}, url_{};
    std::optional<told_call> told_{};
    bool is_sending_ = false;
};

}  // namespace logkit::http
