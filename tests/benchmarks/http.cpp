// SPDX-License-Identifier: MIT
// What middleware costs.
//   bench_http price [COUNT]     nanoseconds of one exchange without bodies, told short, logging to run.log
//   bench_http bare|logged       a server whose handler works for 100 µs; prints its port, serves until standard input
//   ends
#include <logkit/adapter/httplib.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

using clock_type = std::chrono::steady_clock;
namespace http = logkit::http;

namespace {

double price_of(int count, std::shared_ptr<http::rules const> const& rules) {
    const auto begin = clock_type::now();
    for (int i = 0; i < count; ++i) {
        http::request_view view("GET", "/items/7?colour=red", "127.0.0.1");
        view.add_header("Host", "shop.example:8080");
        view.add_header("User-Agent", "curl/7.88.1");
        view.add_header("Accept", "*/*");
        view.add_header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        http::exchange one(rules, std::move(view));
        const logkit::attach inside{one.snapshot()};
        one.add_response_header("Content-Type", "text/plain");
        one.add_response_body("in stock");
        one.finish(200);
    }
    return std::chrono::duration<double, std::nano>(clock_type::now() - begin).count() / count;
}

void serve(bool is_logged) {
    httplib::Server server;
    server.set_tcp_nodelay(true);  // otherwise what is measured is the wait for an acknowledgement
    if (is_logged) http::install(server);
    server.Get("/work", [](auto const&, auto& response) {
        const auto end = clock_type::now() + std::chrono::microseconds(100);
        while (clock_type::now() < end) {
        }
        response.set_content("done", "text/plain");
    });
    std::printf("%d\n", server.bind_to_any_port("127.0.0.1"));
    std::fflush(stdout);
    std::thread waits([&] {
        (void)std::getchar();
        server.stop();
    });
    server.listen_after_bind();
    waits.join();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view deed = argc > 1 ? argv[1] : "price";
    if (deed != "price") return serve(deed == "logged"), 0;
    const int count = argc > 2 ? std::atoi(argv[2]) : 100'000;
    const auto rules = std::make_shared<http::rules const>(http::settings{});
    std::vector<double> rounds;
    for (int i = 0; i < 7; ++i) rounds.push_back(price_of(count, rules));
    std::sort(rounds.begin(), rounds.end());
    std::printf("ns an exchange, median [range] of 7: %.0f [%.0f-%.0f]\n", rounds[3], rounds.front(), rounds.back());
}
