// SPDX-License-Identifier: MIT
#pragma once

// One HTTP request that this program answers: a context of its own, a span "http.request", and one END with `request`,
// `response` and `exc_info` (docs/middleware.md). Knows no framework: httplib.hpp beside it shows how one drives it.
// Stage: adapter, opt-in. An exchange is for one thread at a time, which may be another each time.

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit.hpp>
#include <logkit/adapter/http_record.hpp>
#include <logkit/adapter/http_rules.hpp>
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
        const bool is_trusted = !how().trust || answer_of(how().trust, request_, false);
        request_id_ = is_trusted ? usable_id(request_.header(how().request_id_header)) : "";
        const detail::restore_point outside;
        if (request_id_.empty())
            request_id_ = detail::trace_text({detail::this_flow.ids.next(), detail::this_flow.ids.next()});
        new_context(is_trusted ? from_traceparent(request_.header("traceparent"), request_.header("tracestate"))
                               : remote_parent{},
                    kv("request_id", request_id_));
        context_ = current_context();
        if (!excludes(how(), request_.path())) {
            span_.emplace(detail::span_name{"http.request"}, detail::ticks());
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

    // Calls send(name, value) for each header that the response is to have, unless the program has set it.
    template <class Send>
    void for_each_header_to_send(Send&& send) const {
        if (!request_id_header().empty()) send(request_id_header(), request_id_);
        send(std::string("traceparent"), traceparent_);
    }
    [[nodiscard]] std::string const& request_id_header() const noexcept { return how().request_id_header; }
    [[nodiscard]] std::string const& request_id() const noexcept { return request_id_; }
    [[nodiscard]] std::string const& traceparent() const noexcept { return traceparent_; }

    // As they come, in any number of pieces.
    void add_request_body(std::string_view piece) noexcept { request_body_.add(piece); }
    void add_response_body(std::string_view piece) noexcept { response_body_.add(piece); }
    // Of a body whose bytes are not seen; nothing: it is not known.
    void set_response_size(std::optional<std::uint64_t> size) noexcept { response_body_.set_size(size); }
    [[nodiscard]] std::uint64_t response_size() const noexcept { return response_body_.size(); }
    void add_response_header(std::string_view name, std::string_view value) noexcept {
        LOGKIT_TRY {
            response_.add_header(name, value);
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
    }
    // What the handler threw.
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }

    // Answered: logs END. The first of this and abandon() counts. A connection that is another protocol's now (101) is
    // finished when it closes, and never slow.
    void finish(int status) noexcept {
        const bool is_error = status >= 500 || error_ != nullptr;
        const bool is_slow = how().log_slow_requests && span_ && status != 101 &&
                             span_->has_lasted(detail::to_nanoseconds(how().slow_request_threshold));
        end({.status = status, .is_full = is_error || is_slow || how().tracks(status), .is_slow = is_slow},
            is_error ? detail::span_status::error : detail::span_status::success,
            status >= 400 || is_slow ? level::warning : level::info);
    }
    // Not answered, or not to its end.
    void abandon(std::string_view reason) noexcept {
        end({.is_full = true, .reason = reason},
            error_ == nullptr ? detail::span_status::aborted : detail::span_status::error, level::warning);
    }

  private:
    struct outcome {
        int status = 0;  // 0: none was sent
        bool is_full = false, is_slow = false;
        std::string_view reason{};
    };
    void end(outcome const& how_it_went, detail::span_status status, level severity) noexcept {
        if (!span_) return;
        std::string added, error;
        LOGKIT_TRY {
            const std::string user =
                how_it_went.is_full && how().user ? answer_of(how().user, request_, std::string()) : "";
            const std::string route = own_route();
            detail::append_field(
                added, kv("request", told_request{how(), request_, request_body_, route, user, how_it_went.is_full}));
            detail::append_field(added, kv("response", told_response{how(), response_, response_body_,
                                                                     how_it_went.status, how_it_went.is_full}));
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
    [[nodiscard]] std::string own_route() const {
        std::string own = how().route ? answer_of(how().route, request_, std::string()) : "";
        if (own.empty()) own = request_.route().empty() ? rule_.tracked_route : request_.route();
        return own;
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
