// SPDX-License-Identifier: MIT
#include <logkit/adapter/curl.hpp>
#include <logkit/adapter/curl_log.hpp>
#include <logkit/adapter/httplib.hpp>

#include <map>
#include <memory>
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

class running_server {
  public:
    running_server() {
        server_.Get("/stock", [](auto const& request, auto& response) {
            response.set_content(request.get_header_value("traceparent") + "|" + request.get_header_value("X-Own"),
                                 "text/plain");
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
    }
    ~running_server() {
        server_.stop();
        thread_.join();
    }
    [[nodiscard]] std::string url(const char* path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

  private:
    httplib::Server server_;
    int port_ = 0;
    std::thread thread_{};
};

// An easy handle that keeps what it is sent.
struct handle {
    CURL* easy = curl_easy_init();
    std::string body{};
    explicit handle(std::string const& url) {
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
        const auto keep = [](char* data, std::size_t, std::size_t size, void* to) -> std::size_t {
            static_cast<std::string*>(to)->append(data, size);
            return size;
        };
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(keep));
    }
    handle(handle const&) = delete;
    handle& operator=(handle const&) = delete;
    ~handle() { curl_easy_cleanup(easy); }
};

TEST_CASE("libcurl: the trace goes along, beside the program's own headers, which it gets back") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    const handle one(server.url("/stock?api_key=abc"));
    curl_slist* const own = curl_slist_append(curl_slist_append(nullptr, "X-Own: mine"), "traceparent: stale");
    curl_easy_setopt(one.easy, CURLOPT_HTTPHEADER, own);
    logkit::new_context();
    {
        http::curl_transfer transfer(one.easy, own);
        CHECK(transfer.perform() == CURLE_OK);
    }
    const json end = json::parse(logs.records("END").at(0).json);
    CHECK(one.body ==
          "00-" + end["trace_id"].get<std::string>() + "-" + end["span_id"].get<std::string>() + "-01|mine");
    CHECK(end["span"] == "http.client");
    CHECK(end["method"] == "GET");
    CHECK(end["url"] == server.url("/stock?api_key=***"));
    CHECK(end["http_status"] == 200);
    CHECK(end["response_size"] == one.body.size());
    CHECK(end["connect_ms"] > 0);
    CHECK(end["first_byte_ms"] >= end["connect_ms"]);
    CHECK_FALSE(end.contains("tls_ms"));
    const_cast<std::string&>(one.body).clear();
    CHECK(curl_easy_perform(one.easy) == CURLE_OK);
    CHECK(one.body == "stale|mine");
    curl_slist_free_all(own);
}

TEST_CASE("libcurl: failures and further attempts are told") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    logkit::new_context();
    const handle nobody("http://127.0.0.1:1/"), missing(server.url("/missing"));
    {
        http::curl_transfer transfer(nobody.easy);
        CHECK(transfer.perform() == CURLE_COULDNT_CONNECT);
        transfer.retry("no connection");
        CHECK(transfer.perform() == CURLE_COULDNT_CONNECT);
    }
    {
        http::curl_transfer transfer(missing.easy);
        CHECK(transfer.perform() == CURLE_OK);
    }
    { const http::curl_transfer never(missing.easy); }
    {
        handle strict(server.url("/missing"));
        curl_easy_setopt(strict.easy, CURLOPT_FAILONERROR, 1L);
        http::curl_transfer transfer(strict.easy);
        CHECK(transfer.perform() == CURLE_HTTP_RETURNED_ERROR);
        curl_easy_cleanup(std::exchange(strict.easy, nullptr));  // before the transfer goes
    }
    const auto ends = support::exchanges(logs, 4);
    CHECK(ends[3]["http_status"] == 404);
    CHECK(ends[3]["method"] == "GET");
    CHECK(ends[0]["status"] == "error");
    CHECK(ends[0]["reason"] == curl_easy_strerror(CURLE_COULDNT_CONNECT));
    CHECK(ends[0]["attempts"] == 2);
    CHECK(ends[1]["http_status"] == 404);
    CHECK(ends[1]["status"] == "error");
    CHECK(ends[2]["status"] == "aborted");
    CHECK(logs.records("retry").size() == 1);
}

TEST_CASE("libcurl: transfers of a multi handle each have their own span") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    logkit::new_context();
    CURLM* const multi = curl_multi_init();
    std::vector<std::unique_ptr<handle>> handles;
    std::map<CURL*, std::unique_ptr<http::curl_transfer>> transfers;
    for (int i = 0; i < 5; ++i) {
        handles.push_back(std::make_unique<handle>(server.url("/stock")));
        CURL* const easy = handles.back()->easy;
        transfers[easy] = std::make_unique<http::curl_transfer>(easy);
        curl_multi_add_handle(multi, easy);
    }
    for (int running = 1; running != 0;) {
        REQUIRE(curl_multi_perform(multi, &running) == CURLM_OK);
        int left = 0;
        while (CURLMsg const* const message = curl_multi_info_read(multi, &left)) {
            CURL* const easy = message->easy_handle;
            transfers.at(easy)->done(message->data.result);
            curl_multi_remove_handle(multi, easy);
            transfers.erase(easy);
        }
        if (running != 0) curl_multi_poll(multi, nullptr, 0, 1'000, nullptr);
    }
    curl_multi_cleanup(multi);
    std::map<std::string, int> spans;
    for (json const& end : support::exchanges(logs, 5)) {
        CHECK(end["http_status"] == 200);
        ++spans[end["span_id"].get<std::string>()];
    }
    CHECK(spans.size() == 5);
    for (auto const& one : handles) CHECK(spans.contains(one->body.substr(36, 16)));
}

TEST_CASE("libcurl: what it says is debug records, without credentials") {
    const logkit::testing::capture_logs logs;
    const running_server server;
    const handle one(server.url("/stock?api_key=not-for-the-log"));
    curl_slist* const own = curl_slist_append(nullptr, "Authorization: Bearer not-for-the-log");
    curl_easy_setopt(one.easy, CURLOPT_HTTPHEADER, own);
    http::log_curl(one.easy);
    CHECK(curl_easy_perform(one.easy) == CURLE_OK);
    curl_slist_free_all(own);
    bool is_masked = false, is_answered = false;
    for (auto const& record : logs.records()) {
        CHECK(record.logger == "curl");
        CHECK(record.severity == logkit::level::debug);
        CHECK(record.json.find("not-for-the-log") == std::string::npos);
        is_masked = is_masked || record.event == "Authorization: ***";
        is_answered = is_answered || record.event == "HTTP/1.1 200 OK";
    }
    CHECK(is_masked);
    CHECK(is_answered);
}

}  // namespace
