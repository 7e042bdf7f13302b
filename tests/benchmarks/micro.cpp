// SPDX-License-Identifier: MIT
// The small costs: nanoseconds a call, the median of many rounds, and the cost of context fields.
#include "harness.hpp"

#include <poll.h>
#include <unistd.h>

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

// How often the process was woken in two idle seconds: voluntary context switches of all its threads.
void measure_idle() {
    const auto switches = [] {
        rusage u{};
        getrusage(RUSAGE_SELF, &u);
        return u.ru_nvcsw;
    };
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // let the backend fall asleep
    const long before = switches();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    std::printf("%-28s %7.1f a second\n", "wake-ups when idle", static_cast<double>(switches() - before - 1) / 2);
}

// From the call to the text on stderr, which is a pipe here; the backend was asleep each time.
void measure_console(lk::settings s) {
    int ends[2];
    if (pipe(ends) != 0) return;
    const int stderr_before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    s.console = lk::console::to_stderr;
    lk::configure(s);
    std::vector<double> rounds;
    for (int r = 0; r < 21; ++r) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const auto before = bench::steady::now();
        lk::log.warning("look");
        pollfd readable{ends[0], POLLIN, 0};
        poll(&readable, 1, 1000);
        rounds.push_back(std::chrono::duration<double, std::milli>(bench::steady::now() - before).count());
        char text[4096];
        if (read(ends[0], text, sizeof text) < 0) return;
    }
    dup2(stderr_before, STDERR_FILENO);
    s.console = lk::console::off;
    lk::configure(s);
    std::sort(rounds.begin(), rounds.end());
    std::printf("%-28s %7.2f ms   (worst %.2f)\n", "a warning on the console", rounds[10], rounds[20]);
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
    lk::new_context(kv("a", 1), kv("b", 2), kv("c", "three"), kv("d", 4.0), kv("e", path), kv("f", 1), kv("g", 2),
                    kv("h", "three"), kv("i", 4.0), kv("j", path), kv("k", 1), kv("l", 2), kv("m", "three"),
                    kv("n", 4.0), kv("o", path), kv("p", 1), kv("q", 2), kv("r", "three"), kv("s", 4.0), kv("t", path));
    measure("record, 20 context fields", 500, [&] { record(path, 200, 12.75); });
    lk::new_context();
    measure("capture enter + exit", 200, [] { const lk::capture span{"work"}; });
    measure("new_context", 500, [] { (void)lk::new_context(); });
    measure("new_context, 2 fields", 500, [&] { (void)lk::new_context(kv("job", 1), kv("path", path)); });
    measure_idle();
    measure_console(s);
    s.sample = 0.0;
    lk::configure(s);
    lk::new_context();
    measure("sampled-out call", 10'000, [&] { lk::log.info("x", kv("path", path), kv("n", 1)); });
    std::remove("micro.log");
}
