// SPDX-License-Identifier: MIT
// The small costs: nanoseconds a call, the median of many rounds, and the cost of context fields.
#include "harness.hpp"

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

namespace {

double scale = 0;

// Median over rounds of ns a call; pauses let the backend catch up, so that no round waits for it.
template <class Fn>
void measure(const char* name, int calls, Fn&& fn) {
    std::vector<double> rounds;
    for (int r = 0; r < 301; ++r) {
        const std::uint64_t before = __rdtsc();
        for (int i = 0; i < calls; ++i) {
            fn();
            asm volatile("" ::: "memory");
        }
        rounds.push_back(static_cast<double>(__rdtsc() - before) * scale / calls);
        (void)lk::flush();
    }
    std::sort(rounds.begin(), rounds.end());
    std::printf("%-28s %7.2f ns   (p10 %.2f, p90 %.2f)\n", name, rounds[150], rounds[30], rounds[270]);
}

[[gnu::noinline]] void record(std::string const& path, int status, double dur_ms) {
    lk::log.info("request handled", kv("method", "GET"), kv("path", path), kv("status", status), kv("dur_ms", dur_ms));
}

}  // namespace

int main() {
    lk::settings s;
    s.file = "micro.log";
    s.console = lk::console::off;
    s.level = lk::level::info;
    lk::configure(s);
    bench::pin(0);
    scale = bench::ns_per_tick();
    const std::string path = "/api/v1/items/42";

    measure("clock read", 1000, [] { (void)lk::detail::ticks(); });
    measure("disabled call", 10'000, [&] { lk::log.debug("x", kv("path", path), kv("n", 1)); });
    lk::new_context();
    measure("record, no context fields", 500, [&] { record(path, 200, 12.75); });
    lk::new_context(kv("a", 1), kv("b", 2), kv("c", "three"), kv("d", 4.0), kv("e", path));
    measure("record, 5 context fields", 500, [&] { record(path, 200, 12.75); });
    lk::new_context(kv("a", 1), kv("b", 2), kv("c", "three"), kv("d", 4.0), kv("e", path), kv("f", 1), kv("g", 2), kv("h", "three"),
                    kv("i", 4.0), kv("j", path), kv("k", 1), kv("l", 2), kv("m", "three"), kv("n", 4.0), kv("o", path), kv("p", 1),
                    kv("q", 2), kv("r", "three"), kv("s", 4.0), kv("t", path));
    measure("record, 20 context fields", 500, [&] { record(path, 200, 12.75); });
    lk::new_context();
    measure("capture enter + exit", 200, [] { const lk::capture span{"work"}; });
    measure("new_context", 500, [] { (void)lk::new_context(); });
    measure("new_context, 2 fields", 500, [&] { (void)lk::new_context(kv("job", 1), kv("path", path)); });
    s.sample = 0.0;
    lk::configure(s);
    lk::new_context();
    measure("sampled-out call", 10'000, [&] { lk::log.info("x", kv("path", path), kv("n", 1)); });
    std::remove("micro.log");
}
