// SPDX-License-Identifier: MIT
#pragma once

// One HTTP request that this program answers: a context of its own, a span "http.request", and one END with `request`,
// `response` and `exc_info` (docs/middleware.md). Knows no framework: httplib.hpp beside it shows how one drives it.
// Stage: adapter, opt-in. An exchange is for one thread at a time, which may be another each time.

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit.hpp>
#include <logkit/adapter/http_settings.hpp>
#include <logkit/adapter/http_text.hpp>
#include <logkit/call/exception_bytes.hpp>
#include <logkit/context/detached_span.hpp>

namespace logkit::http {

class exchange {
  public:
    // Begins it; what is in force on this thread stays so.
    exchange(std::shared_ptr<rules const> all, request_view request)
        : rules_(std::move(all)),
          request_(std::move(request)),
          rule_(rules_->of(request_)),
          request_body_(how().capture_request_body ? how().max_body_size : 0),
          response_body_(how().capture_response_body == body::off ? 0 : how().max_body_size) {
        const bool is_trusted = !how().trust || answer_of(how().trust, false);
        request_id_ = is_trusted ? usable_id(request_.header(how().request_id_header)) : "";
        const detail::restore_point outside;
        if (request_id_.empty())
            request_id_ = detail::trace_text({detail::this_flow.ids.next(), detail::this_flow.ids.next()});
        new_context(is_trusted ? from_traceparent(request_.header("traceparent"), request_.header("tracestate"))
                               : remote_parent{},
                    kv("request_id", request_id_));
        context_ = current_context();
        if (!excludes(how(), request_.path())) {
            span_.emplace(detail::span_name{"http.request"});
            context_ = span_->snapshot();
        }
        const attach inside{context_};
        traceparent_ = logkit::traceparent();
    }
    exchange(exchange const&) = delete;
    exchange& operator=(exchange const&) = delete;
    // Nobody answered: as abandon().
    ~exchange() { abandon("client closed"); }

    // To be attached where work is done for the request: logkit::attach inside{exchange.snapshot()};
    [[nodiscard]] context const& snapshot() const noexcept { return context_; }
    [[nodiscard]] request_view& request() noexcept { return request_; }

    // For the response's headers: X-Request-ID (or what the settings say; "": none) and traceparent.
    [[nodiscard]] std::string const& request_id_header() const noexcept { return how().request_id_header; }
    [[nodiscard]] std::string const& request_id() const noexcept { return request_id_; }
    [[nodiscard]] std::string const& traceparent() const noexcept { return traceparent_; }

    // As they come, in any number of pieces.
    void add_request_body(std::string_view piece) noexcept { request_body_.add(piece); }
    void add_response_body(std::string_view piece) noexcept { response_body_.add(piece); }
    // Of a body whose bytes are not seen.
    void set_response_size(std::uint64_t size) noexcept { response_body_.set_size(size); }
    void add_response_header(std::string_view name, std::string_view value) noexcept {
        LOGKIT_TRY {
            response_.add_header(name, value);
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
    }
    // What the handler threw.
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }

    // Answered: logs END. The first of this and abandon() counts.
    void finish(int status) noexcept {
        const bool is_error = status >= 500 || error_ != nullptr;
        const bool is_slow = how().log_slow_requests && span_ &&
                             static_cast<std::int64_t>(detail::ticks_to_ns(detail::ticks() - span_->started())) >=
                                 detail::to_nanoseconds(how().slow_request_threshold);
        std::vector<int> const& tracked = how().statuses_to_track;
        const bool is_tracked =
            tracked.empty() ? status >= 400 : std::find(tracked.begin(), tracked.end(), status) != tracked.end();
        end({.status = status, .is_full = is_error || is_slow || is_tracked, .is_slow = is_slow},
            is_error ? detail::span_status::error : detail::span_status::success,
            status >= 400 || is_slow ? level::warning : level::info);
    }
    // Not answered, or not to its end.
    void abandon(std::string_view reason) noexcept {
        end({.is_full = true, .reason = reason},
            error_ == nullptr ? detail::span_status::aborted : detail::span_status::error, level::error);
    }

  private:
    struct outcome {
        int status = 0;  // 0: none was sent
        bool is_full = false, is_slow = false;
        std::string_view reason{};
    };
    struct told_request {
        using logkit_value = void;
        exchange const& of;
        bool is_full;
        template <class Fn>
        void for_each_field(Fn&& told) const {
            request_view const& request = of.request_;
            told(kv("method", request.method()));
            told(kv("path", request.path()));
            tell_text(told, "route", of.route());
            if (!is_full) return;
            const bool has_data = of.how().capture_request_data;
            if (has_data && !request.query().empty()) told(kv("query", detail::masked_parameters(request.query())));
            if (has_data && !request.headers().empty()) told(kv("headers", masked_headers(request.headers())));
            if (of.how().capture_request_body)
                of.request_body_.tell(request.header("content-type"), "request.body", told);
            tell_text(told, "user", of.how().user ? of.answer_of(of.how().user, std::string()) : "");
            if (has_data) tell_text(told, "client", request.client());
        }
    };
    struct told_response {
        using logkit_value = void;
        exchange const& of;
        outcome const& how_it_went;
        template <class Fn>
        void for_each_field(Fn&& told) const {
            const std::string_view type = of.response_.header("content-type");
            const int status = how_it_went.status;
            const body which = of.how().capture_response_body;
            if (status != 0) told(kv("status", status));
            tell_text(told, "content_type", type);
            told(kv("size", of.response_body_.size()));
            if (!how_it_went.is_full) return;
            if (of.how().capture_request_data && !of.response_.headers().empty())
                told(kv("headers", masked_headers(of.response_.headers())));
            if (which == body::all || (which == body::errors && status >= 400))
                of.response_body_.tell(type, "response.body", told);
        }
    };
    template <class Fn>
    static void tell_text(Fn& told, key name, std::string_view text) {
        if (!text.empty()) told(kv(name, text));
    }

    void end(outcome const& how_it_went, detail::span_status status, level severity) noexcept {
        if (!span_) return;
        std::string added, error;
        LOGKIT_TRY {
            detail::append_field(added, kv("request", told_request{*this, how_it_went.is_full}));
            detail::append_field(added, kv("response", told_response{*this, how_it_went}));
            if (how_it_went.is_slow) detail::append_field(added, kv("slow", true));
            if (!how_it_went.reason.empty()) detail::append_field(added, kv("reason", how_it_went.reason));
            if (!how().tags.empty()) detail::append_field(added, kv("tags", how().tags));
            if (error_ != nullptr)
                detail::rewrite_exception(error, exc(error_).describe().bytes,
                                          how().include_stacktrace ? detail::stacks::kept : detail::stacks::left_out,
                                          [](std::string& out, std::string_view text) { out += text; });
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
        span_->end(status, severity, added, error);
        span_.reset();
    }

    [[nodiscard]] options const& how() const noexcept { return rule_.how; }
    // The program's, the framework's, or the one that is tracked.
    [[nodiscard]] std::string route() const {
        std::string own = how().route ? answer_of(how().route, std::string()) : "";
        if (own.empty()) own = request_.route().empty() ? rule_.tracked_route : request_.route();
        return own;
    }
    // What the program's function says; what it throws is no answer.
    template <class Fn, class Answer>
    [[nodiscard]] Answer answer_of(Fn const& fn, Answer otherwise) const noexcept {
        LOGKIT_TRY {
            return detail::outside([&] { return fn(request_); });
        }
        LOGKIT_CATCH_ALL {
            return otherwise;
        }
    }
    // What may be written into headers, files and URLs as it is; "" for anything else.
    [[nodiscard]] static std::string usable_id(std::string_view id) {
        id = detail::trimmed(id);
        const bool is_usable = id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
                                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                          std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
                               });
        return is_usable ? std::string(id) : "";
    }

    std::shared_ptr<rules const> rules_;
    request_view request_, response_{"", ""};
    rules::rule const& rule_;
    body_keeper request_body_, response_body_;
    std::string request_id_{}, traceparent_{};
    context context_{};
    std::optional<detail::detached_span> span_{};
    std::exception_ptr error_{};
};

}  // namespace logkit::http
