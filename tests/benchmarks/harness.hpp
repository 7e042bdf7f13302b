// SPDX-License-Identifier: MIT
#pragma once

// One program per logger, each with this main: `latency THREADS`, `throughput THREADS RECORDS`. It prints one JSON
// object; run.sh interleaves the programs and makes the table. A subject provides
//   setup(file), enter(thread), log(path, status, dur_ms), finish()   — finish returns when all bytes are in the file.

#include <sys/resource.h>

#include <pthread.h>
#include <sched.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace bench {

using steady = std::chrono::steady_clock;

inline void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu) % std::thread::hardware_concurrency(), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

inline double ns_per_tick() {
    const auto t0 = steady::now();
    const std::uint64_t c0 = __rdtsc();
    while (steady::now() - t0 < std::chrono::milliseconds(50)) {
    }
    return std::chrono::duration<double, std::nano>(steady::now() - t0).count() / static_cast<double>(__rdtsc() - c0);
}

inline double cpu_seconds() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return seconds(u.ru_utime) + seconds(u.ru_stime);
}
inline long peak_kb() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

// Bursts of 20 calls, each timed by itself, then a pause of a millisecond.
template <class Subject>
int latency(int threads, std::string const& file) {
    constexpr int bursts = 2'000, calls = 20;
    Subject::setup(file);
    const double scale = ns_per_tick();
    std::vector<std::vector<std::uint32_t>> all(static_cast<std::size_t>(threads));
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([&, t] {
            pin(t);
            auto& mine = all[static_cast<std::size_t>(t)];
            mine.reserve(bursts * calls);
            Subject::enter(t);
            const std::string path = "/api/v1/items/42";
            for (int b = 0; b < bursts + 100; ++b) {
                for (int c = 0; c < calls; ++c) {
                    unsigned aux = 0;
                    const std::uint64_t before = __rdtscp(&aux);
                    Subject::log(path, 200, 12.75);
                    const std::uint64_t after = __rdtscp(&aux);
                    if (b >= 100) mine.push_back(static_cast<std::uint32_t>(after - before));
                }
                const auto until = steady::now() + std::chrono::milliseconds(1);
                std::this_thread::sleep_until(until);
            }
        });
    for (std::thread& w : workers) w.join();
    Subject::finish();
    std::vector<std::uint32_t> sorted;
    for (auto const& mine : all) sorted.insert(sorted.end(), mine.begin(), mine.end());
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&](double q) {
        return scale * sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
    };
    std::printf(R"({"p50":%.1f,"p90":%.1f,"p99":%.1f,"p999":%.1f})"
                "\n",
                at(0.5), at(0.9), at(0.99), at(0.999));
    return 0;
}

// All records as fast as they go, until every byte is in the file.
template <class Subject>
int throughput(int threads, long records, std::string const& file) {
    Subject::setup(file);
    const double cpu0 = cpu_seconds();
    const auto t0 = steady::now();
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([&, t] {
            Subject::enter(t);
            const std::string path = "/api/v1/items/42";
            for (long i = 0; i < records / threads; ++i) Subject::log(path, 200, 12.75);
        });
    for (std::thread& w : workers) w.join();
    Subject::finish();
    const double seconds = std::chrono::duration<double>(steady::now() - t0).count(), cpu = cpu_seconds() - cpu0;
    const double millions = static_cast<double>(records) / 1e6;
    std::printf(R"({"mrps":%.3f,"cpu":%.3f,"rss_mb":%.1f})"
                "\n",
                millions / seconds, cpu / millions, static_cast<double>(peak_kb()) / 1024);
    return 0;
}

template <class Subject>
int run(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
    const std::string file = "bench.log";
    std::remove(file.c_str());
    if (what == "latency") return latency<Subject>(threads, file);
    if (what == "throughput") return throughput<Subject>(threads, argc > 3 ? std::atol(argv[3]) : 4'000'000, file);
    std::fprintf(stderr, "usage: %s latency THREADS | throughput THREADS RECORDS\n", argv[0]);
    return 2;
}

}  // namespace bench
