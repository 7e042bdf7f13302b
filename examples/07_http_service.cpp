// SPDX-License-Identifier: MIT
// An HTTP service (cpp-httplib): each request is a unit of work, each handler a span. A caller's traceparent
// is honoured, errors are answered and told whole.
//
//   example_07_http_service [PORT]     serves until POST /quit; port 0 takes a free one, printed on stdout
#include <logkit.hpp>

#include <httplib.h>

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

// The two rules in one place: a handler becomes a unit of work and a span, and its exceptions become answers.
template <class Handler>
httplib::Server::Handler traced(const char* route, Handler handler) {
    return [route, handler](httplib::Request const& request, httplib::Response& response) {
        lk::new_context(lk::from_traceparent(request.get_header_value("traceparent")), kv("method", request.method),
                        kv("path", request.path));
        try {
            lk::captured("http.request", kv("route", route), [&] {
                lk::log.debug("request", kv("authorization", request.get_header_value("Authorization")));
                handler(request, response);
            });
        } catch (not_found const& e) {
            response.status = 404;
            response.set_content(e.what(), "text/plain");
        } catch (std::exception const& e) {
            response.status = 500;
            response.set_content(e.what(), "text/plain");
        }
        if (response.status == -1) response.status = 200;
        lk::log.info("answered", kv("http_status", response.status));
        response.set_header("traceparent", lk::traceparent());
    };
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
    server.Get(R"(/items/(\w+))", traced("/items/:item", [&](auto const& request, auto& response) {
                   response.set_content(std::to_string(stock.stock(request.matches[1])), "text/plain");
               }));
    server.Post(R"(/items/(\w+)/take)", traced("/items/:item/take", [&](auto const& request, auto& response) {
                    stock.take(request.matches[1], 1);
                    response.set_content("ok", "text/plain");
                }));
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
