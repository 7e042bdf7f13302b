// SPDX-License-Identifier: MIT
#pragma once

// One HTTP request that this program makes: a span "http.client" of kind "http", whose traceparent goes along, and one
// END (docs/middleware.md). Knows no client: curl.hpp and httplib_client.hpp drive it. Stage: adapter, opt-in. For one
// thread at a time, which may be another each time.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <logkit.hpp>
#include <logkit/context/detached_span.hpp>

namespace logkit::http {

// What is known of the request when it is over.
struct told_call {
    std::string_view method, url;
    int status = 0;             // 0: none came
    std::string_view reason{};  // why it failed, where the client knows; then it did, whatever the status
    std::optional<std::uint64_t> request_size{}, response_size{};  // bytes of the bodies
    // Milliseconds. Of the parts of the way; of the first byte, since the beginning.
    std::optional<double> dns_ms{}, connect_ms{}, tls_ms{}, first_byte_ms{};
};

class client_exchange {
  public:
    // Begins it; what is in force here stays so.
    explicit client_exchange(std::chrono::milliseconds slow_after = std::chrono::seconds(1)) noexcept
        : slow_after_ns_(detail::to_nanoseconds(slow_after)) {
        LOGKIT_TRY {
            const attach inside{span_->snapshot()};
            traceparent_ = logkit::traceparent();
            tracestate_ = logkit::tracestate();
        }
        LOGKIT_CATCH_ALL {  // out of memory: the headers are not sent
        }
    }
    client_exchange(client_exchange const&) = delete;
    client_exchange& operator=(client_exchange const&) = delete;
    // Never finished: `aborted`.
    ~client_exchange() {
        if (span_) span_->end(detail::span_status::aborted, level::warning, {}, {});
    }

    // The headers to send; "" for one that is not to be sent.
    [[nodiscard]] std::string const& traceparent() const noexcept { return traceparent_; }
    [[nodiscard]] std::string const& tracestate() const noexcept { return tracestate_; }

    // The request is made once more: a WARNING "retry" with `attempt`, the number of the new one, and `reason`. END has
    // `attempts`.
    void retry(std::string_view reason) noexcept {
        if (!span_) return;
        const attach inside{span_->snapshot()};
        (void)log.warning("retry", kv("attempt", ++attempts_), kv("reason", reason));
    }

    // Logs END: an error with a reason and with a status from 400 on, else a warning with `slow` where it took long.
    // The first one counts.
    void finish(told_call const& told) noexcept {
        if (!span_) return;
        const bool is_error = !told.reason.empty() || told.status >= 400;
        const bool is_slow = span_->has_lasted(slow_after_ns_);
        std::string added;
        const auto add = [&](key name, auto const& value) { detail::append_field(added, kv(name, value)); };
        const auto add_known = [&](key name, auto const& value) {
            if (value) add(name, *value);
        };
        LOGKIT_TRY {
            add("method", told.method);
            add("url", detail::masked_url(told.url));
            if (told.status != 0 || is_error) add("http_status", told.status);
            if (!told.reason.empty()) add("reason", told.reason);
            add_known("request_size", told.request_size);
            add_known("response_size", told.response_size);
            add_known("dns_ms", told.dns_ms);
            add_known("connect_ms", told.connect_ms);
            add_known("tls_ms", told.tls_ms);
            add_known("first_byte_ms", told.first_byte_ms);
            if (attempts_ > 1) add("attempts", attempts_);
            if (is_slow) add("slow", true);
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
        span_->end(is_error ? detail::span_status::error : detail::span_status::success,
                   is_slow ? level::warning : level::info, added, {});
        span_.reset();
    }

  private:
    std::optional<detail::detached_span> span_{std::in_place, detail::span_name{"http.client"}, detail::ticks(),
                                               kv("kind", "http")};
    std::int64_t slow_after_ns_;
    std::string traceparent_{}, tracestate_{};
    unsigned attempts_ = 1;
};

}  // namespace logkit::http
