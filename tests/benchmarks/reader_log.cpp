// SPDX-License-Identifier: MIT
// Writes a log like a service's, for the benchmark of the reader.   bench_reader_log REQUESTS
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

namespace {

struct payment_declined : std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace

int main(int argc, char** argv) {
    const long requests = argc > 1 ? std::atol(argv[1]) : 1000;
    std::mt19937 random(7);
    constexpr const char* items[] = {"tea", "milk", "gold", "coffee"};
    constexpr const char* steps[] = {"load", "charge", "ship"};
    for (long i = 0; i < requests; ++i) {
        lk::new_context(kv("request", i), kv("user", "user" + std::to_string(random() % 1000)),
                        kv("method", i % 3 != 0 ? "GET" : "POST"),
                        kv("path", "/items/" + std::string(items[random() % 4])));
        const auto step = [&](const char* name) {
            lk::log.debug("query sent", kv("rows", random() % 100), kv("cached", random() % 2 == 0));
            if (random() % 500 == 0)
                throw payment_declined("card declined for order " + std::to_string(random() % 10000) + " at " + name);
        };
        try {
            lk::captured("http.request", kv("peer", "10.0.0.7"), [&] {
                lk::log.info("request received", kv("bytes", random() % 5000));
                for (const char* name : steps) lk::captured("db.query", kv("table", name), [&] { step(name); });
                if (random() % 50 == 0) lk::log.warning("slow upstream {}", random() % 10, kv("retry", random() % 4));
                lk::log.info("response sent", kv("http_status", 200), kv("bytes_out", random() % 100'000),
                             kv("cache", "hit"), kv("agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"));
            });
        } catch (payment_declined const&) {
        }
    }
}
