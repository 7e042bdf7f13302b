// SPDX-License-Identifier: MIT
#pragma once

// Spans for what is worth watching for slowness: functions, HTTP requests that this program makes, database
// statements. Each is a capture with a `kind` field whose END is logged only when it fails or is slow (a
// WARNING); an argument slow_after(...) sets another limit. Each is a guard or a decorator. Stage: context.
//
//   lk::traced_function span{"reindex", kv("index", name)};
//   auto reindex = lk::traced_function{"reindex", do_reindex, lk::with_arguments, lk::with_result};
//
//   lk::traced_http span{"get user", "GET", url};        span.status(response.status);
//   auto get = lk::traced_http{"call", do_request};      get("GET", url, body);
//
//   lk::traced_database span{"load user", sql};          span.rows(n);
//   auto query = lk::traced_database{"query", do_query}; query(sql, parameters);
//
// URLs are written without user info and fragment, and with the values of redacted parameters hidden; headers
// that carry credentials are hidden; statements are written without their literals and comments.

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <logkit/base/door.hpp>
#include <logkit/base/exceptions.hpp>
#include <logkit/context/awaiter.hpp>
#include <logkit/context/capture.hpp>

namespace logkit {

// Options of decorators: END has `arguments` (an array), or `result`. Their types must be loggable.
inline constexpr struct with_arguments_option {
} with_arguments{};
inline constexpr struct with_result_option {
} with_result{};

namespace detail {

// They never throw; without memory they return "".
LOGKIT_DOOR std::string masked_url(std::string_view url) noexcept;
// Of a query, or a form.
LOGKIT_DOOR std::string masked_parameters(std::string_view text) noexcept;
LOGKIT_DOOR std::string masked_header(std::string_view name, std::string_view value) noexcept;
LOGKIT_DOOR std::string masked_sql(std::string_view sql) noexcept;

[[nodiscard]] constexpr slow_after_option slower_than_ms(std::int64_t ms) noexcept {
    return {ms * 1'000'000, {}};
}

template <class T>
concept has_text = std::is_convertible_v<T const&, std::string_view>;
template <class A>
concept span_argument = is_field<A> || std::same_as<A, slow_after_option> || std::same_as<A, at_option>;

// An HTTP status, where a response has one; 0: there was no answer. -1: it has none to tell.
template <class Response>
[[nodiscard]] int status_of(Response const& response) {
    if constexpr (std::is_integral_v<Response> && !std::is_same_v<Response, bool>)
        return static_cast<int>(response);
    else if constexpr (requires { static_cast<int>(response.status); })
        return static_cast<int>(response.status);
    else if constexpr (requires { static_cast<int>(response.status_code); })
        return static_cast<int>(response.status_code);
    else if constexpr (requires { static_cast<int>(response->status); })
        return response ? static_cast<int>(response->status) : 0;
    else
        return -1;
}

// Calls `work` inside of `span`, tells it of the exception, and hands the result to `look` before returning it.
template <class Work, class Look>
decltype(auto) call_traced(capture& span, Work&& work, Look&& look) {
    using result = decltype(work());
    static_assert(!is_awaitable<std::remove_cvref_t<result>>,
                  "a coroutine's work is not done when it returns: co_await captured(\"name\", task) instead");
    LOGKIT_TRY {
        if constexpr (std::is_void_v<result>) {
            work();
        } else if constexpr (std::is_reference_v<result>) {
            result r = work();
            look(r);
            return static_cast<result>(r);
        } else {
            auto r = work();
            look(r);
            return r;
        }
    }
    LOGKIT_CATCH_ALL {
        span.fail(std::current_exception());
        LOGKIT_RETHROW;
    }
}

template <class Option, class... Options>
inline constexpr bool has_option = (std::is_same_v<Option, Options> || ...);

// What is common to the decorators.
template <class Fn, class... Options>
class decorator {
  public:
    template <class... A>
    explicit decorator(span_name name, Fn fn, A const&... arguments) : base_(name, arguments...), fn_(std::move(fn)) {}

  protected:
    // The span plan of one call; `more` are its own fields and its default limit.
    template <class... A>
    [[nodiscard]] span_plan plan(A const&... more) const {
        span_plan made{base_.name, more...};
        made.fields += base_.fields;
        if (base_.slow_after_ns >= 0) made.slow_after_ns = base_.slow_after_ns;
        made.severity = base_.severity;
        return made;
    }
    template <class... A>
    decltype(auto) call(capture& span, A&&... arguments) {
        return call_with(
            span, [](auto const&) {}, std::forward<A>(arguments)...);
    }
    template <class Look, class... A>
    decltype(auto) call_with(capture& span, Look&& look, A&&... arguments) {
        return call_traced(
            span, [&]() -> decltype(auto) { return std::invoke(fn_, std::forward<A>(arguments)...); },
            [&](auto const& result) {
                look(result);
                if constexpr (has_option<with_result_option, Options...>) span.add(kv("result", result));
            });
    }

  private:
    span_plan base_;
    Fn fn_;
};

}  // namespace detail

// kind "function"; slow after 500 ms. As a guard, a capture: everything that takes one takes this.
template <class Fn = void, class... Options>
class [[nodiscard]] traced_function : detail::decorator<Fn, Options...> {
  public:
    using detail::decorator<Fn, Options...>::decorator;

    // Calls the function with these arguments; returns and throws what it does.
    template <class... A>
    decltype(auto) operator()(A&&... arguments) {
        capture span{this->plan(kv("kind", "function"), detail::slower_than_ms(500))};
        if constexpr (detail::has_option<with_arguments_option, Options...>)
            span.add(kv("arguments", std::tuple<A const&...>(arguments...)));
        return this->call(span, std::forward<A>(arguments)...);
    }
};
template <>
class [[nodiscard]] traced_function<void> : public capture {
  public:
    template <detail::span_argument... A>
    explicit traced_function(detail::span_name name, A const&... arguments) noexcept
        : capture(name, kv("kind", "function"), detail::slower_than_ms(500), arguments...) {}
    // Named after the enclosing function.
    explicit traced_function(source_location where = source_location::current()) noexcept
        : capture(detail::span_name{where}, kv("kind", "function"), detail::slower_than_ms(500)) {}
};
traced_function()->traced_function<void>;
template <detail::span_argument... A>
traced_function(detail::span_name, A const&...) -> traced_function<void>;
template <class Fn, class... A>
requires(!detail::span_argument<Fn>) traced_function(detail::span_name, Fn, A const&...)
->traced_function<Fn, A...>;

// kind "http", `method`, `url`; slow after 1000 ms. A request that this program makes: a status of 400 or more
// is a failure.
template <class Fn = void, class... Options>
class [[nodiscard]] traced_http;
template <>
class [[nodiscard]] traced_http<void> : public capture {
  public:
    template <detail::span_argument... A>
    explicit traced_http(detail::span_name name, std::string_view method, std::string_view url,
                         A const&... arguments) noexcept
        : capture(name, kv("kind", "http"), kv("method", method), kv("url", detail::masked_url(url)),
                  detail::slower_than_ms(1000), arguments...) {}
    ~traced_http() {
        if (request_headers_.size() > 1) add(kv("request_headers", raw_json(request_headers_ += '}')));
        if (response_headers_.size() > 1) add(kv("response_headers", raw_json(response_headers_ += '}')));
    }

    // `http_status` of END; 0: there was no answer, which is a failure, too.
    void status(int code) noexcept {
        add(kv("http_status", code));
        if (code == 0 || code >= 400) fail();
    }
    // Members of `request_headers` and `response_headers` of END; those with credentials as "***".
    void request_header(std::string_view name, std::string_view value) noexcept { note(request_headers_, name, value); }
    void response_header(std::string_view name, std::string_view value) noexcept {
        note(response_headers_, name, value);
    }

  private:
    static void note(std::string& headers, std::string_view name, std::string_view value) noexcept {
        LOGKIT_TRY {
            std::string member(headers.empty() ? "{" : ",");
            detail::append_json(member, name);
            member += ':';
            detail::append_json(member, std::string_view{detail::masked_header(name, value)});
            headers += member;
        }
        LOGKIT_CATCH_ALL {  // out of memory: END goes without
        }
    }
    std::string request_headers_{}, response_headers_{};
};
// The decorated function takes the method, the URL and what else it likes, and returns a status or something
// that has one (`status`, `status_code`).
template <class Fn, class... Options>
class [[nodiscard]] traced_http : detail::decorator<Fn, Options...> {
  public:
    using detail::decorator<Fn, Options...>::decorator;

    template <detail::has_text Method, detail::has_text Url, class... A>
    decltype(auto) operator()(Method&& method, Url&& url, A&&... arguments) {
        capture span{this->plan(kv("kind", "http"), kv("method", std::string_view(method)),
                                kv("url", detail::masked_url(url)), detail::slower_than_ms(1000))};
        const auto note_status = [&](auto const& response) {
            const int code = detail::status_of(response);
            if (code < 0) return;
            span.add(kv("http_status", code));
            if (code == 0 || code >= 400) span.fail();
        };
        return this->call_with(span, note_status, std::forward<Method>(method), std::forward<Url>(url),
                               std::forward<A>(arguments)...);
    }
};
template <detail::has_text Method, detail::has_text Url, detail::span_argument... A>
traced_http(detail::span_name, Method const&, Url const&, A const&...) -> traced_http<void>;
template <class Fn, class... A>
requires(!detail::has_text<Fn>) traced_http(detail::span_name, Fn, A const&...)
->traced_http<Fn, A...>;

// kind "database", `statement` with ? for every literal; slow after 100 ms.
template <class Fn = void, class... Options>
class [[nodiscard]] traced_database : detail::decorator<Fn, Options...> {
  public:
    using detail::decorator<Fn, Options...>::decorator;

    // The decorated function takes the statement, and what else it likes.
    template <detail::has_text Sql, class... A>
    decltype(auto) operator()(Sql&& sql, A&&... arguments) {
        capture span{
            this->plan(kv("kind", "database"), kv("statement", detail::masked_sql(sql)), detail::slower_than_ms(100))};
        return this->call(span, std::forward<Sql>(sql), std::forward<A>(arguments)...);
    }
};
template <>
class [[nodiscard]] traced_database<void> : public capture {
  public:
    template <detail::span_argument... A>
    explicit traced_database(detail::span_name name, std::string_view sql, A const&... arguments) noexcept
        : capture(name, kv("kind", "database"), kv("statement", detail::masked_sql(sql)), detail::slower_than_ms(100),
                  arguments...) {}
    // `rows` of END.
    void rows(std::uint64_t count) noexcept { add(kv("rows", count)); }
};
template <detail::has_text Sql, detail::span_argument... A>
traced_database(detail::span_name, Sql const&, A const&...) -> traced_database<void>;
template <class Fn, class... A>
requires(!detail::has_text<Fn>) traced_database(detail::span_name, Fn, A const&...)
->traced_database<Fn, A...>;

}  // namespace logkit
