// SPDX-License-Identifier: MIT
// An HTTP service (cpp-httplib) with middleware: two lines in main() make each request a unit of work with one complete
// record. Errors are answered briefly and told whole. It asks another service (itself), which joins the trace.
//
//   example_07_http_service [PORT]     serves until POST /quit; port 0 takes a free one, printed on stdout
#include <logkit/adapter/httplib.hpp>
#include <logkit/adapter/httplib_client.hpp>

#include <charconv>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

namespace lk = logkit;
using lk::kv;

namespace {

struct not_found : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class inventory {
  public:
    [[nodiscard]] int stock(std::string const& item) const {
        const lk::capture span{"db.query", kv("table", "stock"), kv("item", item)};
        const std::lock_guard lock(mutex_);
        const auto found = stock_.find(item);
        if (found == stock_.end()) throw not_found("no such item: " + item);
        return found->second;
    }

    void take(std::string const& item, int count) {
        const int left = stock(item);
        if (left < count) {
            try {
                throw std::out_of_range("only " + std::to_string(left) + " left");
            } catch (...) {
                std::throw_with_nested(std::runtime_error("cannot take " + std::to_string(count) + " of " + item));
            }
        }
        const std::lock_guard lock(mutex_);
        stock_[item] -= count;
        lk::log.info("taken", kv("count", count), kv("left", stock_[item]));
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, int> stock_{{"tea", 1'000'000}, {"milk", 2}};
};

// What a handler threw becomes an answer; the record has the exception.
void answer_exception(httplib::Request const&, httplib::Response& response, std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (not_found const& e) {
        response.status = 404;
        response.set_content(e.what(), "text/plain");
    } catch (...) {
        response.status = 500;
        response.set_content("sorry", "text/plain");
    }
}

lk::http::settings what_is_told() {
    lk::http::settings s;
    s.capture_request_body = true;
    s.exclude = {"/quit"};
    s.user = [](lk::http::request_view const& request) { return std::string(request.header("X-User")); };
    s.track_endpoint("GET", "/items/:item");
    s.track_endpoint("POST", "/items/:item/take");
    s.track_endpoint("GET", "/offers/:item");
    return s;
}

}  // namespace

int main(int argc, char** argv) {
    int port = 8080;
    if (argc > 1) {
        const std::string text = argv[1];
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
        if (error != std::errc{} || end != text.data() + text.size() || port < 0 || port > 65535) {
            std::fprintf(stderr, "usage: %s [PORT]\n", argv[0]);
            return 2;
        }
    }

    inventory stock;
    httplib::Server server;
    lk::http::install(server, what_is_told(), {.exception = answer_exception});
    server.Get(R"(/items/(\w+))", [&](auto const& request, auto& response) {
        response.set_content(std::to_string(stock.stock(request.matches[1])), "text/plain");
    });
    server.Post(R"(/items/(\w+)/take)", [&](auto const& request, auto& response) {
        stock.take(request.matches[1], 1);
        response.set_content("ok", "text/plain");
    });
    server.Get(R"(/offers/(\w+))", [&](auto const& request, auto& response) {
        const std::string base = "http://127.0.0.1:" + std::to_string(port);
        httplib::Client other_service(base);
        httplib::Request question;
        question.method = "GET";
        question.path = "/items/" + request.matches[1].str();
        const auto answer = lk::http::send(other_service, base, question);
        if (!answer || answer->status != 200) throw not_found("no offer for " + request.matches[1].str());
        response.set_content(answer->body + " at half price", "text/plain");
    });
    server.Post("/quit", [&](auto const&, auto&) { server.stop(); });

    lk::new_context(kv("cmd", "serve"));
    if (port == 0)
        port = server.bind_to_any_port("127.0.0.1");
    else if (!server.bind_to_port("127.0.0.1", port))
        port = -1;
    if (port < 0) {
        lk::log.critical("cannot listen", kv("port", argc > 1 ? argv[1] : "8080"));
        return 1;
    }
    lk::log.info("listening", kv("port", port));
    std::printf("%d\n", port);
    std::fflush(stdout);
    server.listen_after_bind();
    lk::log.info("stopped");
}
