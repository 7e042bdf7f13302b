// SPDX-License-Identifier: MIT
#include <logkit/adapter/civetweb.hpp>

#include <stdexcept>
#include <string>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/http.hpp>

namespace {

namespace http = logkit::http;
using nlohmann::json;
using support::exchanges;
using support::talk;

int answer_ok(mg_connection* connection, void*) {
    logkit::log.info("in handler");
    mg_printf(connection, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n%s\r\n", http::response_headers().c_str());
    http::write(connection, "fine");
    return 200;
}
int answer_throws(mg_connection*, void*) {
    throw std::runtime_error("broken");
}
int socket_connects(mg_connection const*, void*) {
    return 0;
}
void socket_is_ready(mg_connection* connection, void*) {
    logkit::log.info("socket");
    mg_websocket_write(connection, MG_WEBSOCKET_OPCODE_TEXT, "hello", 5);
}
int socket_has_data(mg_connection*, int, char*, std::size_t, void*) {
    logkit::log.info("message");
    return 1;
}

class running_server {
  public:
    explicit running_server(http::settings const& s = {}, mg_callbacks callbacks = {}) {
        http::install(callbacks, s);
        http::install(callbacks, s);  // once more does no harm
        const char* options[] = {"listening_ports",   "127.0.0.1:0", "num_threads", "4",
                                 "enable_keep_alive", "yes",         nullptr};
        server_ = mg_start(&callbacks, nullptr, options);
        REQUIRE(server_ != nullptr);
        mg_set_request_handler(server_, "/ok", http::guarded<answer_ok>, nullptr);
        mg_set_request_handler(server_, "/throws", http::guarded<answer_throws>, nullptr);
        mg_set_websocket_handler(server_, "/socket", socket_connects, socket_is_ready, socket_has_data, nullptr,
                                 nullptr);
        mg_server_port ports[1]{};
        REQUIRE(mg_get_server_ports(server_, 1, ports) == 1);
        port_ = ports[0].port;
    }
    running_server(running_server const&) = delete;
    running_server& operator=(running_server const&) = delete;
    ~running_server() { mg_stop(server_); }
    [[nodiscard]] int port() const { return port_; }

  private:
    mg_context* server_;
    int port_ = 0;
};

TEST_CASE("civetweb: each request is a unit of work, also those of one connection") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.track_endpoint("GET", "/ok");
    s.statuses_to_track = {200};
    const running_server server(s);
    const std::string answer = talk(server.port(),
                                    "GET /ok?a=1&token=x HTTP/1.1\r\nHost: a\r\nX-Request-ID: abc\r\n\r\n"
                                    "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto told = exchanges(logs, 2);
    CHECK(told[0]["request"]["query"] == "a=1&token=***");
    CHECK(told[0]["request"]["route"] == "/ok");
    CHECK(told[0]["request"]["client"] == "127.0.0.1");
    CHECK(told[0]["request_id"] == "abc");
    CHECK(told[0]["response"] == json({{"status", 200}, {"size", 4}}));
    CHECK(told[0]["trace_id"] != told[1]["trace_id"]);
    CHECK(answer.find("X-Request-ID: abc\r\n") != std::string::npos);
    CHECK(answer.find("traceparent: 00-" + told[0]["trace_id"].get<std::string>()) != std::string::npos);
    CHECK(json::parse(logs.records("in handler").at(1).json)["trace_id"] == told[1]["trace_id"]);
}

TEST_CASE("civetweb: a handler may throw, and a decoded path has no query") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    const std::string broken = talk(server.port(), "GET /throws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(broken.starts_with("HTTP/1.1 500"));
    CHECK(broken.find("broken") == std::string::npos);
    CHECK(talk(server.port(), "GET /no%20where%3Fa=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
              .starts_with("HTTP/1.1 404"));
    const auto told = exchanges(logs, 2);
    CHECK(told[0]["status"] == "error");
    CHECK(told[0]["exc_info"]["what"] == "broken");
    CHECK(told[1]["level"] == "warning");
    CHECK(told[1]["request"]["path"] == "/no where%3Fa=1");
    CHECK_FALSE(told[1]["request"].contains("query"));
    CHECK_FALSE(told[1]["response"].contains("size"));  // civetweb wrote the body itself
}

TEST_CASE("civetweb: the program's own callbacks run, under the request's context") {
    const logkit::testing::capture_logs logs;
    mg_callbacks own{};
    own.begin_request = [](mg_connection* connection) {
        logkit::log.info("begin");
        if (std::string_view(mg_get_request_info(connection)->request_uri) != "/denied") return 0;
        mg_send_http_error(connection, 403, "%s", "no");
        return 403;
    };
    own.end_request = [](mg_connection const*, int) { logkit::log.info("end"); };
    const running_server server({}, own);
    CHECK(talk(server.port(), "GET /denied HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
              .starts_with("HTTP/1.1 403"));
    const auto told = exchanges(logs, 1);
    CHECK(told[0]["response"]["status"] == 403);
    while (logs.records("end").empty()) {
    }
    CHECK(logs.records("begin").at(0).trace_id == told[0]["trace_id"]);
    CHECK(logs.records("end").at(0).trace_id == told[0]["trace_id"]);
}

TEST_CASE("civetweb: a WebSocket is one exchange, told when it closes") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.slow_request_threshold = std::chrono::milliseconds(0);
    const running_server server(s);
    {
        const support::tcp_link link(server.port());
        link.send(
            "GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        CHECK(link.receive("hello").starts_with("HTTP/1.1 101"));
        link.send(std::string("\x81\x82\0\0\0\0hi", 8));
        while (logs.records("message").empty()) {
        }
        CHECK(logs.records("END").empty());
    }
    const auto told = exchanges(logs, 1);
    CHECK(told[0]["response"]["status"] == 101);
    CHECK(told[0]["level"] == "info");
    CHECK_FALSE(told[0].contains("slow"));
    CHECK(logs.records("socket").at(0).trace_id == told[0]["trace_id"]);
    CHECK(logs.records("message").at(0).trace_id == told[0]["trace_id"]);
}

}  // namespace
