// SPDX-License-Identifier: MIT
#include <logkit/adapter/httplib_client.hpp>

#include <logkit/adapter/httplib.hpp>

#include <string>
#include <thread>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/http.hpp>

namespace {

namespace http = logkit::http;
using nlohmann::json;

TEST_CASE("httplib's client: one trace through two services") {
    const logkit::testing::capture_logs logs;
    httplib::Server server;
    http::install(server);
    server.Post("/stock", [](auto const& request, auto& response) {
        response.set_content(request.body + "!", "text/plain");
        if (request.has_param("fail")) response.status = 503;
    });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread([&] { server.listen_after_bind(); });
    const std::string base = "http://127.0.0.1:" + std::to_string(port);
    httplib::Client client(base);
    httplib::Request request;
    request.method = "POST";
    request.path = "/stock?token=abc";
    request.body = "tea";
    logkit::new_context();
    const auto answer = http::send(client, base, request);
    REQUIRE(answer);
    CHECK(answer->body == "tea!");
    request.path = "/stock?fail=1";
    CHECK(http::send(client, base, request)->status == 503);
    const auto ends = support::exchanges(logs, 4);
    server.stop();
    thread.join();
    json called, served;
    for (json const& end : ends) {
        if (end["span"] == "http.client" && called.is_null()) called = end;
        if (end["span"] == "http.request" && served.is_null()) served = end;
    }
    CHECK(called["kind"] == "http");
    CHECK(called["method"] == "POST");
    CHECK(called["url"] == base + "/stock?token=***");
    CHECK(called["http_status"] == 200);
    CHECK(called["request_size"] == 3);
    CHECK(called["response_size"] == 4);
    CHECK(called["level"] == "info");
    CHECK(served["trace_id"] == called["trace_id"]);
    CHECK(served["parent_span_id"] == called["span_id"]);
}

TEST_CASE("httplib's client: what nobody answers is tried again, and told") {
    const logkit::testing::capture_logs logs;
    httplib::Client client("http://127.0.0.1:1");
    httplib::Request request;
    request.method = "GET";
    request.path = "/";
    logkit::new_context();
    CHECK_FALSE(http::send(client, "http://127.0.0.1:1", request, 3));
    const json end = json::parse(logs.records("END").at(0).json);
    CHECK(end["status"] == "error");
    CHECK(end["http_status"] == 0);
    CHECK(end["reason"] == "Connection");
    CHECK(end["attempts"] == 3);
    const auto retries = logs.records("retry");
    REQUIRE(retries.size() == 2);
    CHECK(json::parse(retries[1].json)["attempt"] == 3);
    CHECK(json::parse(retries[1].json)["span_id"] == end["span_id"]);
}

}  // namespace
