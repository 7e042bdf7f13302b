// SPDX-License-Identifier: MIT
#include <logkit/adapter/httplib.hpp>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/http.hpp>

namespace {

namespace http = logkit::http;
using nlohmann::json;
using support::exchanges;
using support::talk;

// A server that runs as long as this object; its routes are the same for all tests.
class running_server {
  public:
    explicit running_server(http::settings const& s = {}, http::httplib_hooks hooks = {}) {
        http::install(server_, s, std::move(hooks));
        server_.Get("/ok", [](auto const&, auto& response) {
            logkit::log.info("in handler");
            response.set_content("fine", "text/plain");
        });
        server_.Get("/throws", [](auto const&, auto&) { throw std::runtime_error("broken"); });
        server_.Get("/odd", [](auto const&, auto&) { throw 42; });
        server_.Post("/echo", [](auto const& request, auto& response) {
            response.set_header("X-Request-ID", "mine");
            response.set_content(request.body, "text/plain");
        });
        server_.Get("/stream", [](auto const&, auto& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t offset, httplib::DataSink& sink) {
                if (offset >= 30) return sink.done(), true;
                return sink.write("0123456789", 10);
            });
        });
        server_.Get("/endless", [](auto const&, auto& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                static const std::string much(100'000, 'x');
                return sink.write(much.data(), much.size());
            });
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
    }
    ~running_server() {
        server_.stop();
        thread_.join();
    }
    // One connection, so one thread of the server, and records in the order of its requests.
    [[nodiscard]] httplib::Client client() const {
        httplib::Client made("127.0.0.1", port_);
        made.set_keep_alive(true);
        return made;
    }
    [[nodiscard]] int port() const { return port_; }

  private:
    httplib::Server server_;
    int port_ = 0;
    std::thread thread_{};
};

TEST_CASE("httplib: each request is a unit of work, also those of one connection") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    auto client = server.client();
    const auto first = client.Get("/ok?a=1"), second = client.Get("/ok");
    REQUIRE(first);
    REQUIRE(second);
    const auto told = exchanges(logs, 2);
    CHECK(told[0]["trace_id"] != told[1]["trace_id"]);
    CHECK(told[0]["request"] == json({{"method", "GET"}, {"path", "/ok"}}));
    CHECK(told[0]["response"] == json({{"status", 200}, {"content_type", "text/plain"}, {"size", 4}}));
    CHECK(first->get_header_value("X-Request-ID") == told[0]["request_id"]);
    CHECK(first->get_header_value("traceparent").substr(3, 32) == told[0]["trace_id"]);
    CHECK(json::parse(logs.records("in handler").at(1).json)["trace_id"] == told[1]["trace_id"]);
}

TEST_CASE("httplib: what fails is told in full") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.capture_request_body = true;
    const running_server server(s);
    auto client = server.client();
    const auto broken = client.Get("/throws");
    REQUIRE(broken);
    CHECK(broken->status == 500);
    CHECK_FALSE(broken->has_header("EXCEPTION_WHAT"));
    CHECK(client.Get("/odd")->status == 500);
    CHECK(client.Get("/nowhere", {{"X-A", "b"}})->status == 404);
    const auto told = exchanges(logs, 3);
    CHECK(told[0]["status"] == "error");
    CHECK(told[0]["exc_info"]["what"] == "broken");
    CHECK(told[1]["exc_info"]["type"] == "int");
    CHECK(told[2]["level"] == "warning");
    CHECK(told[2]["request"]["headers"]["x-a"] == "b");
    CHECK_FALSE(told[2]["request"]["headers"].contains("remote_addr"));
    CHECK(told[2]["request"]["client"] == "127.0.0.1");
}

TEST_CASE("httplib: bodies are counted and kept, and the program's headers stay") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.capture_request_body = true;
    s.capture_response_body = http::body::all;
    s.statuses_to_track = {200};
    const running_server server(s);
    auto client = server.client();
    const auto echoed = client.Post("/echo", R"({"a":1})", "application/json");
    REQUIRE(echoed);
    CHECK(echoed->get_header_value("X-Request-ID") == "mine");
    CHECK(client.Get("/stream")->body.size() == 30);
    const auto told = exchanges(logs, 2);
    CHECK(told[0]["request"]["body"] == json({{"a", 1}}));
    CHECK(told[0]["response"]["body"] == R"({"a":1})");
    CHECK(told[1]["response"]["body"] == "012345678901234567890123456789");
    CHECK(told[1]["response"]["size"] == 30);
}

TEST_CASE("httplib: the answer to HEAD has no body, streamed or not") {
    const logkit::testing::capture_logs logs;
    http::settings s;
    s.capture_response_body = http::body::all;
    s.statuses_to_track = {200};
    const running_server server(s);
    auto client = server.client();
    CHECK(client.Head("/ok")->status == 200);
    CHECK(client.Head("/stream")->status == 200);
    for (json const& told : exchanges(logs, 2)) {
        CHECK(told["status"] == "success");
        CHECK(told["response"]["size"] == 0);
        CHECK_FALSE(told["response"].contains("body"));
    }
}

TEST_CASE("httplib: a client that goes away is told of, and one that speaks no HTTP") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    CHECK(talk(server.port(), "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", 10'000).starts_with("HTTP/1.1 200"));
    auto told = exchanges(logs, 1);
    CHECK(told[0]["status"] == "aborted");
    CHECK(told[0]["reason"] == "client closed");
    CHECK(talk(server.port(), "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    told = exchanges(logs, 2);
    CHECK(told[1]["response"]["status"] == 400);
}

TEST_CASE("httplib: the program's own hooks run, under the request's context") {
    const logkit::testing::capture_logs logs;
    std::atomic<int> calls{0};
    http::httplib_hooks hooks;
    hooks.pre_routing = [&](auto const& request, auto& response) {
        ++calls;
        logkit::log.info("hook");
        if (request.path != "/denied") return httplib::Server::HandlerResponse::Unhandled;
        response.status = 403;
        return httplib::Server::HandlerResponse::Handled;
    };
    hooks.post_routing = [&](auto const&, auto& response) {
        ++calls;
        response.set_header("X-Own", "1");
    };
    hooks.exception = [&](auto const&, auto& response, std::exception_ptr) {
        ++calls;
        response.status = 418;
    };
    hooks.logger = [&](auto const&, auto const&) {
        ++calls;
        logkit::log.info("hook");
    };
    const running_server server({}, hooks);
    auto client = server.client();
    CHECK(client.Get("/throws")->status == 418);
    CHECK(client.Get("/denied")->get_header_value("X-Own") == "1");
    const auto told = exchanges(logs, 2);
    CHECK(told[0]["status"] == "error");  // it threw, whatever the answer
    CHECK(told[1]["response"]["status"] == 403);
    while (logs.records("hook").size() < 4) std::this_thread::yield();
    CHECK(calls == 7);
    std::set<std::string> traces;
    for (auto const& record : logs.records("hook")) traces.insert(record.trace_id);
    CHECK(traces == std::set<std::string>{told[0]["trace_id"], told[1]["trace_id"]});
}

TEST_CASE("httplib: requests at the same time do not mix") {
    constexpr int threads = 4, each = 50;
    const logkit::testing::capture_logs logs;
    const running_server server;
    std::vector<std::thread> clients;
    std::atomic<int> good{0};
    for (int t = 0; t < threads; ++t)
        clients.emplace_back([&] {
            auto client = server.client();
            for (int i = 0; i < each; ++i)
                if (const auto answer = client.Get("/ok"); answer && answer->status == 200) ++good;
        });
    for (std::thread& client : clients) client.join();
    CHECK(good == threads * each);
    std::set<std::string> ends, inside;
    for (json const& end : exchanges(logs, threads * each)) ends.insert(end["trace_id"].get<std::string>());
    for (auto const& record : logs.records("in handler")) inside.insert(record.trace_id);
    CHECK(ends.size() == threads * each);
    CHECK(ends == inside);
}

}  // namespace
