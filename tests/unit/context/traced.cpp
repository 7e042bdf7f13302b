// SPDX-License-Identifier: MIT
#include <logkit/context/traced.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
using nlohmann::json;
using namespace std::chrono_literals;
namespace lk = logkit;

namespace {
json last(lk::testing::capture_logs const& logs) {
    return json::parse(logs.last().json);
}
}  // namespace

TEST_CASE("a traced span is silent unless it is slow, and each kind has its own limit") {
    const lk::testing::capture_logs logs;
    lk::testing::fixed_clock clock;
    lk::new_context();
    const auto run = [&](std::chrono::milliseconds function, std::chrono::milliseconds http,
                         std::chrono::milliseconds database) {
        {
            lk::traced_function span{"f"};
            clock.advance(function);
        }
        {
            lk::traced_http span{"h", "GET", "http://a/"};
            clock.advance(http);
        }
        {
            lk::traced_database span{"d", "SELECT 1"};
            clock.advance(database);
        }
        return logs.records("END").size();
    };
    CHECK(run(499ms, 999ms, 99ms) == 0);
    CHECK(run(501ms, 1001ms, 101ms) == 3);
    CHECK(logs.last().severity == lk::level::warning);
    CHECK(logs.last()["kind"] == "database");
    {
        lk::traced_function span{"own limit", lk::slow_after(1ms), kv("n", 1)};
        clock.advance(2ms);
    }
    CHECK(logs.last()["span"] == "own limit");
    CHECK(logs.last()["kind"] == "function");
    CHECK(logs.last()["n"] == 1);
    {
        lk::traced_function unnamed;
        clock.advance(501ms);
    }
    CHECK(logs.records("END").size() == 5);
}

TEST_CASE("a decorated function takes and returns what it did, and END has both if asked") {
    const lk::testing::capture_logs logs;
    auto add = lk::traced_function{
        "add",          [](int a, int b) { return a + b; }, lk::slow_after(0ms), lk::with_arguments, lk::with_result,
        kv("unit", "m")};
    lk::testing::fixed_clock clock;
    CHECK(add(2, 3) == 5);
    CHECK(last(logs).at("arguments") == json({2, 3}));
    CHECK(last(logs).at("result") == 5);
    CHECK(last(logs).at("unit") == "m");
    CHECK(last(logs).at("span") == "add");
    auto fails = lk::traced_function{"fails", []() -> int { throw std::out_of_range("no"); }};
    CHECK_THROWS_AS(fails(), std::out_of_range);
    CHECK(last(logs).at("status") == "error");
    CHECK(last(logs).at("exc_info").at("what") == "no");
    CHECK_FALSE(last(logs).contains("arguments"));
    int value = 1;
    auto refer = lk::traced_function{"refer", [&]() -> int& { return value; }};
    CHECK(&refer() == &value);
    auto moves = lk::traced_function{"moves", [](std::unique_ptr<int> p) { return p; }};
    CHECK(*moves(std::make_unique<int>(4)) == 4);
    auto nothing = lk::traced_function{"nothing", [] {}};
    nothing();
}

TEST_CASE("an HTTP span fails by its status, and hides what must not be read") {
    const lk::testing::capture_logs logs;
    {
        lk::traced_http span{"get user", "GET", "https://ada:pw@api.example.com/users?id=7&token=abc"};
        span.request_header("Authorization", "Bearer x");
        span.request_header("Accept", "text/plain");
        span.response_header("Set-Cookie", "id=1");
        span.status(503);
    }
    const json end = last(logs);
    CHECK(end.at("status") == "error");
    CHECK(end.at("http_status") == 503);
    CHECK(end.at("method") == "GET");
    CHECK(end.at("url") == "https://***@api.example.com/users?id=7&token=***");
    CHECK(end.at("request_headers") == json({{"Authorization", "***"}, {"Accept", "text/plain"}}));
    CHECK(end.at("response_headers") == json({{"Set-Cookie", "***"}}));
    {
        lk::traced_http span{"fine", "GET", "http://a/"};
        span.status(204);
    }
    CHECK(logs.records("END").size() == 1);
    {
        lk::traced_http span{"no answer", "GET", "http://a/"};
        span.status(0);
    }
    CHECK(logs.records("END").size() == 2);
}

TEST_CASE("a decorated request is told by what it is called with and what it returns") {
    const lk::testing::capture_logs logs;
    struct response {
        int status;
    };
    auto get = lk::traced_http{"call", [](std::string const&, std::string const&, int code) { return response{code}; }};
    CHECK(get("POST", std::string("http://a/b?password=1"), 404).status == 404);
    CHECK(last(logs).at("http_status") == 404);
    CHECK(last(logs).at("method") == "POST");
    CHECK(last(logs).at("url") == "http://a/b?password=***");
    CHECK(get("GET", "http://a/", 200).status == 200);
    CHECK(logs.records("END").size() == 1);
    auto query = lk::traced_database{"query", [](std::string_view sql, int) { return sql.size(); }, lk::slow_after(0ms),
                                     lk::with_result};
    lk::testing::fixed_clock clock;
    CHECK(query("SELECT 'x'", 1) == 10);
    CHECK(last(logs).at("statement") == "SELECT ?");
    CHECK(last(logs).at("result") == 10);
    {
        lk::traced_database span{"load", "SELECT 1", lk::slow_after(0ms)};
        span.rows(3);
    }
    CHECK(last(logs).at("rows") == 3);
}
