// SPDX-License-Identifier: MIT
// spdlog writes text: the JSON line is its pattern and its message. It escapes nothing and has no context; the ids are
// arguments. BENCH_ASYNC: its thread pool in blocking mode.
#include "harness.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

struct subject {
    inline static std::shared_ptr<spdlog::logger> logger;
    static void setup(std::string const& file) {
#ifdef BENCH_ASYNC
        spdlog::init_thread_pool(8192, 1);
        logger = spdlog::basic_logger_mt<spdlog::async_factory>("b", file, true);
#else
        logger = spdlog::basic_logger_mt("b", file, true);
#endif
        logger->set_pattern(R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
    }
    static void enter(int) {}
    [[gnu::noinline]] static void log(std::string const& path, int status, double dur_ms) {
        logger->info(
            R"("event":"request handled","trace_id":"{}","span_id":"{}","method":"{}","path":"{}","status":{},"dur_ms":{})",
            "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "GET", path, status, dur_ms);
    }
    static void finish() {
        logger->flush();
        logger.reset();
        spdlog::shutdown();
    }
};

int main(int argc, char** argv) {
    return bench::run<subject>(argc, argv);
}
