// SPDX-License-Identifier: MIT
#pragma once

// Transfers of libcurl (7.72 or newer), easy and multi, with traceparent and an END each (docs/middleware.md); and what
// libcurl says of them (docs/bridges.md). Stage: adapter, opt-in.
//
//   logkit::http::curl_transfer transfer(easy, headers);           // after all options are set
//   const CURLcode result = transfer.perform();                    // as curl_easy_perform
//   transfer.done(message->data.result);                           // or, with a multi handle, for its CURLMSG_DONE

#include <curl/curl.h>

#include <optional>
#include <string>
#include <string_view>

#include <logkit/adapter/http_client.hpp>
#include <logkit/adapter/relay.hpp>

namespace logkit::http {

// Lasts at least as long as the transfer. END is logged when it goes.
class curl_transfer {
  public:
    // `headers` is the list that the handle has as CURLOPT_HTTPHEADER, if it has one: libcurl cannot be asked. It gets
    // it back in the end.
    explicit curl_transfer(CURL* easy, curl_slist* headers = nullptr,
                           std::chrono::milliseconds slow_after = std::chrono::seconds(1)) noexcept
        : easy_(easy), given_(headers), one_(slow_after) {
        append("traceparent: ", one_.traceparent());
        append("tracestate: ", one_.tracestate());
        for (curl_slist const* one = headers; one != nullptr; one = one->next)
            if (!is_ours(one->data)) append("", one->data);
        if (sent_ != nullptr) curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, sent_);
    }
    curl_transfer(curl_transfer const&) = delete;
    curl_transfer& operator=(curl_transfer const&) = delete;
    ~curl_transfer() {
        if (result_) tell();
        if (sent_ != nullptr) curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, given_);
        curl_slist_free_all(sent_);
    }

    // Any number of times; between them, retry() says why.
    CURLcode perform() noexcept {
        done(curl_easy_perform(easy_));
        return *result_;
    }
    void done(CURLcode result) noexcept { result_ = result; }
    void retry(std::string_view reason) noexcept { one_.retry(reason); }

  private:
    [[nodiscard]] static bool is_ours(std::string_view header) noexcept {
        return curl_strnequal(header.data(), "traceparent:", 12) != 0 ||
               curl_strnequal(header.data(), "tracestate:", 11) != 0;
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
    template <class T>
    [[nodiscard]] T info(CURLINFO what) const noexcept {
        T value{};
        return curl_easy_getinfo(easy_, what, &value) == CURLE_OK ? value : T{};
    }
    [[nodiscard]] double time_ms(CURLINFO what) const noexcept {
        return static_cast<double>(info<curl_off_t>(what)) / 1000;
    }
    void tell() noexcept {
        const auto size = [&](CURLINFO what) { return static_cast<std::uint64_t>(info<curl_off_t>(what)); };
        const auto text = [](const char* t) { return std::string_view(t == nullptr ? "" : t); };
        told_call told{.method = text(info<const char*>(CURLINFO_EFFECTIVE_METHOD)),
                       .url = text(info<const char*>(CURLINFO_EFFECTIVE_URL)),
                       .request_size = size(CURLINFO_SIZE_UPLOAD_T),
                       .response_size = size(CURLINFO_SIZE_DOWNLOAD_T)};
        if (*result_ == CURLE_OK)
            told.status = static_cast<int>(info<long>(CURLINFO_RESPONSE_CODE));
        else
            told.reason = curl_easy_strerror(*result_);
        const double dns = time_ms(CURLINFO_NAMELOOKUP_TIME_T), connect = time_ms(CURLINFO_CONNECT_TIME_T),
                     tls = time_ms(CURLINFO_APPCONNECT_TIME_T), first = time_ms(CURLINFO_STARTTRANSFER_TIME_T);
        if (dns > 0) told.dns_ms = dns;
        if (connect > dns) told.connect_ms = connect - dns;
        if (tls > connect) told.tls_ms = tls - connect;
        if (first > 0) told.first_byte_ms = first;
        one_.finish(told);
    }

    CURL* easy_;
    curl_slist *given_, *sent_ = nullptr;
    client_exchange one_;
    std::optional<CURLcode> result_{};
};

// What libcurl says of this handle's transfers: DEBUG records of the logger "curl". Headers with credentials are
// masked; bodies are not told. Takes CURLOPT_DEBUGFUNCTION and sets CURLOPT_VERBOSE.
inline void log_curl(CURL* easy) noexcept {
    const auto say = [](CURL*, curl_infotype kind, char* data, std::size_t size, void*) noexcept -> int {
        if (kind != CURLINFO_TEXT && kind != CURLINFO_HEADER_IN && kind != CURLINFO_HEADER_OUT) return 0;
        static const logger curl = log.named("curl");
        static constexpr const char* directions[] = {"text", "in", "out"};
        std::string_view text(data, size);
        while (!text.empty() && curl.enabled(level::debug)) {
            const std::string_view line = detail::take_until(text, '\n');
            const std::size_t colon = line.find(": ");
            LOGKIT_TRY {
                const std::string masked =
                    kind == CURLINFO_TEXT || colon == std::string_view::npos
                        ? std::string(line)
                        : std::string(line.substr(0, colon + 2)) +
                              detail::masked_header(line.substr(0, colon), detail::trimmed(line.substr(colon + 2)));
                relay(curl, level::debug, masked, {"libcurl", "", 0}, kv("direction", directions[kind]));
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
