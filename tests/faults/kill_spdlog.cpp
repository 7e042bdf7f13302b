// SPDX-License-Identifier: MIT
// The same trial as kill.cpp's for spdlog, for the table of docs/durability.md:   kill_spdlog sync|async|flush TRIALS
// Three threads log numbered lines and acknowledge each; SIGKILL at a random moment; what of the acknowledged is in the
// file?
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr int threads = 3;

[[noreturn]] void work(std::string_view mode, std::atomic<std::uint64_t>* acks) {
    auto logger = mode == "async" ? spdlog::basic_logger_mt<spdlog::async_factory>("k", "kill_spdlog.log", true)
                                  : spdlog::basic_logger_mt("k", "kill_spdlog.log", true);
    logger->set_pattern("%v");
    if (mode == "flush") logger->flush_on(spdlog::level::info);
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([=] {
            const std::string filler(static_cast<std::size_t>(100 * t), 'x');
            for (std::uint64_t i = 0;; ++i) {
                logger->info(R"({{"t":{},"i":{},"filler":"{}"}})", t, i, filler);
                acks[t].store(i + 1, std::memory_order_release);
            }
        });
    for (std::thread& w : workers) w.join();
    std::abort();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const int trials = std::atoi(argv[2]);
    auto* acks = static_cast<std::atomic<std::uint64_t>*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    std::mt19937 random(std::random_device{}());
    std::uint64_t accepted = 0, lost = 0;
    int torn = 0;
    for (int trial = 0; trial < trials; ++trial) {
        for (int t = 0; t < threads; ++t) acks[t].store(0);
        const pid_t child = fork();
        if (child == 0) work(argv[1], acks);
        usleep(static_cast<useconds_t>(1 + random() % 30'000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        std::vector<std::uint8_t> seen[threads];
        std::ifstream in("kill_spdlog.log");
        bool is_torn = false;
        for (std::string line; std::getline(in, line);) {
            unsigned t = 0;
            unsigned long long i = 0;
            if (in.eof() || std::sscanf(line.c_str(), R"({"t":%u,"i":%llu,)", &t, &i) != 2 || t >= threads ||
                line.back() != '}') {
                is_torn = true;
                continue;
            }
            if (seen[t].size() <= i) seen[t].resize(i + 1);
            seen[t][i] = 1;
        }
        torn += is_torn ? 1 : 0;
        for (int t = 0; t < threads; ++t) {
            const std::uint64_t n = acks[t].load();
            accepted += n;
            for (std::uint64_t i = 0; i < n; ++i) lost += i >= seen[t].size() || seen[t][i] == 0 ? 1 : 0;
        }
    }
    std::remove("kill_spdlog.log");
    std::printf(R"({"mode":"%s","trials":%d,"accepted":%llu,"lost":%llu,"trials_with_a_torn_line":%d})"
                "\n",
                argv[1], trials, static_cast<unsigned long long>(accepted), static_cast<unsigned long long>(lost),
                torn);
}
