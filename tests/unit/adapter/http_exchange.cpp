// SPDX-License-Identifier: MIT
#include <logkit/adapter/http_exchange.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

namespace {

namespace http = logkit::http;
using logkit::kv;
using nlohmann::json;
using namespace std::chrono_literals;

[[nodiscard]] std::shared_ptr<http::rules const> with(http::settings const& s = {}) {
    return std::make_shared<http::rules const>(s);
}
[[nodiscard]] http::request_view request(std::string_view method = "GET",
                                         std::string_view target = "/orders/7?page=2") {
    http::request_view made(method, target, "10.0.0.9");
    made.add_header("User-Agent", "curl/7.88");
    return made;
}
[[nodiscard]] json end_of(logkit::testing::capture_logs const& logs) {
    const auto ends = logs.records("END");
    return ends.empty() ? json() : json::parse(ends.back().json);
}

TEST_CASE("a request that went well is told short") {
    const logkit::testing::capture_logs logs;
    {
        http::exchange one(with(), request());
        one.request().set_route("/orders/:id");
        one.add_response_header("Content-Type", "text/plain");
        one.add_response_body("seven");
        one.finish(200);
    }
    const json end = end_of(logs);
    CHECK(logs.records().size() == 1);
    CHECK(end["span"] == "http.request");
    CHECK(end["level"] == "info");
    CHECK(end["status"] == "success");
    CHECK(end["request"] == json({{"method", "GET"}, {"path", "/orders/7"}, {"route", "/orders/:id"}}));
    CHECK(end["response"] == json({{"status", 200}, {"size", 5}, {"content_type", "text/plain"}}));
    CHECK(end["request_id"].get<std::string>().size() == 32);
    CHECK_FALSE(end.contains("slow"));
}

TEST_CASE("one that failed is told in full, and its secrets are not") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.capture_request_body = true;
    s.tags = {"shop", "eu"};
    s.user = [](http::request_view const& r) { return std::string(r.header("x-USER")); };
    {
        http::request_view sent("POST", "/login?token=geheim&next=%2F&password=geheim", "10.0.0.9");
        sent.add_header("Authorization", "Bearer geheim");
        sent.add_header("Cookie", "session=geheim");
        sent.add_header("X-Amz-Security-Token", "geheim");
        sent.add_header("X-Vault-Token", "geheim");
        sent.add_header("Signature", "geheim");
        sent.add_header("X-User", "ada");
        sent.add_header("Accept", "a");
        sent.add_header("accept", "b");
        sent.add_header("Content-Type", "application/json; charset=utf-8");
        http::exchange one(with(s), std::move(sent));
        one.add_request_body(R"({"user":"ada","pass)");
        one.add_request_body(R"(word":"geheim","deep":{"api_key":"geheim"}})");
        one.add_response_header("Set-Cookie", "session=geheim");
        one.add_response_header("Content-Type", "application/x-www-form-urlencoded");
        one.add_response_body("access_token=geheim&kind=bearer");
        one.fail(std::make_exception_ptr(std::runtime_error("no such user")));
        one.finish(404);
    }
    const json end = end_of(logs);
    CHECK(end.dump().find("geheim") == std::string::npos);
    CHECK(end["status"] == "error");  // it threw
    CHECK(end["level"] == "error");
    CHECK(end["tags"] == json({"shop", "eu"}));
    CHECK(end["exc_info"]["what"] == "no such user");
    json const& told = end["request"];
    CHECK(told["query"] == "token=***&next=%2F&password=***");
    CHECK(told["headers"]["authorization"] == "***");
    CHECK(told["headers"]["cookie"] == "***");
    CHECK(told["headers"]["accept"] == "a, b");
    CHECK(told["body"] == json({{"user", "ada"}, {"password", "***"}, {"deep", {{"api_key", "***"}}}}));
    CHECK(told["user"] == "ada");
    CHECK(told["client"] == "10.0.0.9");
    CHECK(end["response"]["status"] == 404);
    CHECK(end["response"]["headers"]["set-cookie"] == "***");
    CHECK(end["response"]["body"] == "access_token=***&kind=bearer");
}

TEST_CASE("levels follow the status, and statuses what is tracked") {
    const auto told = [](int status, http::settings const& s = {}) {
        const logkit::testing::capture_logs logs;
        http::exchange one(with(s), request());
        one.finish(status);
        return end_of(logs);
    };
    CHECK(told(200)["level"] == "info");
    CHECK(told(301)["level"] == "info");
    CHECK(told(404)["level"] == "warning");
    CHECK(told(404)["status"] == "success");
    CHECK(told(499)["status"] == "success");
    CHECK(told(500)["level"] == "error");
    CHECK(told(500)["status"] == "error");
    CHECK(told(404)["request"].contains("headers"));
    http::settings s;
    s.statuses_to_track = {201};
    CHECK(told(201, s)["request"].contains("headers"));
    CHECK_FALSE(told(404, s)["request"].contains("headers"));
    CHECK(told(503, s)["request"].contains("headers"));  // an error is always
    s.capture_request_data = false;
    CHECK(told(201, s)["request"] == json({{"method", "GET"}, {"path", "/orders/7"}}));
}

TEST_CASE("a slow request is a warning, in full") {
    const logkit::testing::capture_logs logs;
    logkit::testing::fixed_clock clock;
    http::settings s;
    s.track_endpoint("GET", "/orders/:id", {.log_slow_requests = false});
    const auto run = [&](std::string_view target, std::chrono::milliseconds lasts) {
        http::exchange one(with(s), request("GET", target));
        clock.advance(lasts);
        one.finish(200);
        return end_of(logs);
    };
    json end = run("/slow", 1'000ms);
    CHECK(end["slow"] == true);
    CHECK(end["level"] == "warning");
    CHECK(end["status"] == "success");
    CHECK(end["dur_ms"] == 1000);
    CHECK(end["request"].contains("headers"));
    CHECK_FALSE(run("/slow", 999ms).contains("slow"));
    end = run("/orders/7", 2'000ms);
    CHECK_FALSE(end.contains("slow"));
    CHECK(end["request"]["route"] == "/orders/:id");
}

TEST_CASE("an endpoint has settings of its own, and its routes are found") {
    const auto route_of = [](std::string const& pattern, std::string const& path, std::string const& method = "GET") {
        const logkit::testing::capture_logs logs;
        http::settings s;
        s.track_endpoint("GET", pattern, {.request_id_header = "X-Own"});
        http::exchange one(with(s), request(method, path));
        const bool is_tracked = one.request_id_header() == "X-Own";
        one.finish(200);
        CHECK(end_of(logs)["request"].contains("route") == is_tracked);
        return is_tracked;
    };
    CHECK(route_of("/a", "/a"));
    CHECK(route_of("/a", "/a/"));
    CHECK_FALSE(route_of("/a", "/a/b"));
    CHECK_FALSE(route_of("/a", "/a", "POST"));
    CHECK(route_of("/a/{id}/c", "/a/b/c?d=e"));
    CHECK(route_of("/a/<int:id>", "/a/3"));
    CHECK_FALSE(route_of("/a/:id", "/a/"));
    CHECK_FALSE(route_of("/a/:id", "/a"));
    CHECK(route_of("/a/*", "/a/b/c"));
    CHECK(route_of(R"(/a/(\d+))", "/a/12"));
    CHECK_FALSE(route_of(R"(/a/(\d+))", "/a/b"));
    CHECK_FALSE(route_of("/(a+)+b", "/" + std::string(100'000, 'a')));  // and returns
    CHECK_THROWS_WITH(http::settings{}.track_endpoint("GET", "/(a", {}),
                      Catch::Contains("track_endpoint(\"GET\", \"/(a\")") && Catch::Contains("/orders/:id"));
}

TEST_CASE("a caller's trace and request id are continued where it is trusted") {
    const logkit::testing::capture_logs logs;
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00-" + trace + "-00f067aa0ba902b7-01";
    http::settings s;
    s.trust = [](http::request_view const& r) { return r.client().starts_with("10."); };
    const auto run = [&](std::string_view client, std::string_view id) {
        http::request_view sent("GET", "/", client);
        sent.add_header("traceparent", parent);
        sent.add_header("x-request-id", id);
        http::exchange one(with(s), std::move(sent));
        CHECK(one.traceparent().size() == 55);
        const std::string sent_back = one.request_id();
        one.finish(200);
        json end = end_of(logs);
        CHECK(end["request_id"] == sent_back);
        return end;
    };
    json end = run("10.1.1.1", "id-1");
    CHECK(end["trace_id"] == trace);
    CHECK(end["parent_span_id"] == "00f067aa0ba902b7");
    CHECK(end["request_id"] == "id-1");
    end = run("8.8.8.8", "id-1");
    CHECK(end["trace_id"] != trace);
    CHECK(end["request_id"] != "id-1");
    for (const char* const bad : {"a b", "a\r\nSet-Cookie: x", "\"", "ä", ""})
        CHECK(run("10.1.1.1", bad)["request_id"] != bad);
    CHECK(run("10.1.1.1", std::string(129, 'a'))["request_id"].get<std::string>().size() == 32);
    s.trust = [](http::request_view const&) -> bool { throw std::runtime_error("no"); };
    CHECK(run("10.1.1.1", "id-1")["trace_id"] != trace);
}

TEST_CASE("an unsampled caller silences what went well, and no failure") {
    const logkit::testing::capture_logs logs;
    const auto run = [&](int status) {
        http::request_view sent("GET", "/");
        sent.add_header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        http::exchange one(with(), std::move(sent));
        one.finish(status);
    };
    run(200);
    CHECK(logs.records().empty());
    run(500);
    CHECK(logs.records("END").size() == 1);
}

TEST_CASE("what is excluded has a context, and no record") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.exclude = {"/health", "/static/*"};
    for (const char* const path : {"/health", "/health?x=1", "/static/a/b"}) {
        http::exchange one(with(s), request("GET", path));
        const logkit::attach inside{one.snapshot()};
        logkit::log.info("inside");
        one.finish(500);
    }
    CHECK(logs.records().size() == 3);
    CHECK(json::parse(logs.last().json).contains("request_id"));
    http::exchange(with(s), request("GET", "/healthy")).finish(200);
    CHECK(logs.records("END").size() == 1);
}

TEST_CASE("bodies are cut, or told by size and type") {
    const auto body = [](std::string_view type, std::string const& bytes, std::size_t most = 20) {
        const logkit::testing::capture_logs logs;
        http::settings s;
        s.capture_request_body = true;
        s.max_body_size = most;
        http::request_view sent("POST", "/");
        sent.add_header("Content-Type", type);
        http::exchange one(with(s), std::move(sent));
        for (const char c : bytes) one.add_request_body({&c, 1});
        one.finish(500);
        const json end = end_of(logs);
        return end["request"].contains("body") ? end["request"]["body"] : json();
    };
    CHECK(body("text/plain", "hello") == "hello");
    CHECK(body("", "hello") == "hello");
    CHECK(body("text/plain", "0123456789012345678é") == "0123456789012345678");
    CHECK(body("text/plain", "") == json());
    CHECK(body("text/plain", "a\xff") == json({{"size", 2}, {"content_type", "text/plain"}}));
    CHECK(body("text/plain", std::string("a\0b", 3)) == json({{"size", 3}, {"content_type", "text/plain"}}));
    CHECK(body("image/png", "abc") == json({{"size", 3}, {"content_type", "image/png"}}));
    CHECK(body("application/json", "[1,2]") == json({1, 2}));
    CHECK(body("application/problem+json", "[1,2]") == json({1, 2}));
    CHECK(body("application/json", R"(["\ud800","\uD83D\uDE00","\udc00\ud83d","\\ud800"])", 100) ==
          json({"\xef\xbf\xbd", "\xf0\x9f\x98\x80", "\xef\xbf\xbd\xef\xbf\xbd", "\\ud800"}));
    CHECK(body("text/plain", "see ghp_0123456789abcdefghijABCDEFGHIJKLMN") == "see");  // no half of a secret
    CHECK(body("text/json", R"({"pass\u0077ord":"x"})", 100) == json({{"password", "***"}}));
    CHECK(body("application/json", "[1,2") == json({{"size", 4}, {"content_type", "application/json"}}));
    CHECK(body("application/json", "[" + std::string(30, ' ') + "]") ==
          json({{"size", 32}, {"content_type", "application/json"}}));
    CHECK(body("application/x-www-form-urlencoded", "a=1&password=2") == "a=1&password=***");
    CHECK(body("application/x-www-form-urlencoded", "password=0123456789012") ==
          json({{"size", 22}, {"content_type", "application/x-www-form-urlencoded"}}));
    CHECK(body("application/x-www-form-urlencoded", "\x1f\x8b\xff") ==
          json({{"size", 3}, {"content_type", "application/x-www-form-urlencoded"}}));
    CHECK(body("text/plain", "hello", 0) == json({{"size", 5}, {"content_type", "text/plain"}}));
}

TEST_CASE("a request that nobody answers is aborted") {
    const logkit::testing::capture_logs logs;
    { const http::exchange one(with(), request()); }
    json end = end_of(logs);
    CHECK(end["status"] == "aborted");
    CHECK(end["level"] == "warning");
    CHECK(end["reason"] == "client closed");
    CHECK_FALSE(end["response"].contains("status"));
    http::exchange one(with(), request());
    one.finish(200);
    one.abandon("too late");
    one.finish(500);
    CHECK(logs.records("END").size() == 2);
}

TEST_CASE("a request is answered on another thread, and what is done there is its") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("of", "the thread"));
    auto one = std::make_unique<http::exchange>(with(), request());
    logkit::log.info("here");
    std::thread([&] {
        {
            const logkit::attach inside{one->snapshot()};
            const logkit::capture work{"work"};
            logkit::log.info("there");
        }
        one->finish(200);
        one.reset();
    }).join();
    logkit::log.info("here again");
    const json here = json::parse(logs.records("here")[0].json), there = json::parse(logs.records("there")[0].json),
               again = json::parse(logs.records("here again")[0].json), end = end_of(logs);
    CHECK(here["of"] == "the thread");
    CHECK_FALSE(here.contains("request_id"));
    CHECK(there["trace_id"] == end["trace_id"]);
    CHECK(there["request_id"] == end["request_id"]);
    CHECK(again["trace_id"] == here["trace_id"]);
    CHECK_FALSE(end.contains("of"));
    for (auto const& record : logs.records("END"))
        if (json::parse(record.json)["span"] == "work")
            CHECK(json::parse(record.json)["parent_span_id"] == end["span_id"]);
}

TEST_CASE("ten thousand requests at once, begun and ended on different threads, do not mix") {
    constexpr std::size_t threads = 8, each = 1'250;
    const logkit::testing::capture_logs logs;
    const auto rules = std::make_shared<http::rules const>(http::settings{});
    std::vector<std::vector<std::unique_ptr<http::exchange>>> open(threads);
    const auto on_all_threads = [&](auto const& work) {
        std::vector<std::thread> running;
        for (std::size_t t = 0; t < threads; ++t) running.emplace_back([&work, t] { work(t); });
        for (std::thread& one : running) one.join();
    };
    on_all_threads([&](std::size_t t) {
        for (std::size_t i = 0; i < each; ++i) {
            http::request_view view("GET", "/" + std::to_string(t * each + i));
            open[t].push_back(std::make_unique<http::exchange>(rules, std::move(view)));
        }
    });
    on_all_threads([&](std::size_t t) {
        for (auto const& one : open[(t + 1) % threads]) {
            const logkit::attach inside{one->snapshot()};
            logkit::log.info("in handler", kv("path", one->request().path()));
        }
    });
    on_all_threads([&](std::size_t t) {
        for (auto const& one : open[(t + 2) % threads]) one->finish(200);
    });
    std::map<std::string, std::string> paths;  // by trace
    std::size_t ends = 0;
    for (auto const& record : logs.records()) {
        const json told = json::parse(record.json);
        const bool is_end = record.event == "END";
        ends += is_end ? 1 : 0;
        const std::string path = is_end ? told["request"]["path"] : told["path"];
        const auto [known, is_new] = paths.try_emplace(record.trace_id, path);
        if (known->second != path) FAIL(record.json);
    }
    CHECK(ends == threads * each);
    CHECK(paths.size() == threads * each);
}

TEST_CASE("a stack may be left out") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    const auto run = [&] {
        http::exchange one(with(s), request());
        try {
            try {
                throw std::out_of_range("inner");
            } catch (...) {
                std::throw_with_nested(std::system_error(ENOENT, std::generic_category(), "outer"));
            }
        } catch (...) {
            one.fail(std::current_exception());
        }
        one.finish(500);
        return end_of(logs)["exc_info"];
    };
    CHECK_FALSE(run()["stack"].empty());
    s.include_stacktrace = false;
    const json error = run();
    CHECK(error["stack"].empty());
    CHECK(error["code"] == ENOENT);
    CHECK(error["nested"][0]["what"] == "inner");
    CHECK(error["nested"][0]["stack"].empty());
}

TEST_CASE("the program's functions may throw and log") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.user = [](http::request_view const&) -> std::string { throw std::runtime_error("no"); };
    s.route = [](http::request_view const& r) {
        logkit::log.info("asked");
        return "/own" + r.path();
    };
    http::exchange one(with(s), request());
    one.finish(500);
    const json end = end_of(logs);
    CHECK(end["request"]["route"] == "/own/orders/7");
    CHECK_FALSE(end["request"].contains("user"));
    CHECK(logs.records("asked").size() == 1);
}

}  // namespace
