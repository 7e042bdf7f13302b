// SPDX-License-Identifier: MIT
// quill's JSON file sink; every value a string, the ids passed as arguments. Bounded queue, as ours is.
#include "harness.hpp"

#include <quill/Backend.h>
#include <quill/Frontend.h>
#include <quill/LogMacros.h>
#include <quill/Logger.h>
#include <quill/sinks/FileSink.h>
#include <quill/sinks/JsonSink.h>

struct frontend_options : quill::FrontendOptions {
    static constexpr quill::QueueType queue_type = quill::QueueType::BoundedBlocking;
    static constexpr size_t initial_queue_capacity = 256 * 1024;
};
using frontend = quill::FrontendImpl<frontend_options>;
using logger_type = quill::LoggerImpl<frontend_options>;

struct subject {
    inline static logger_type* logger = nullptr;
    static void setup(std::string const& file) {
        quill::Backend::start();
#ifdef BENCH_PATTERN
        auto sink = frontend::create_or_get_sink<quill::FileSink>(file, [] {
            quill::FileSinkConfig c;
            c.set_open_mode('w');
            return c;
        }());
        logger = frontend::create_or_get_logger(
            "b", std::move(sink),
            quill::PatternFormatterOptions{R"p({"timestamp":"%(time)Z","level":"%(log_level)",%(message)})p",
                                           "%Y-%m-%dT%H:%M:%S.%Qus", quill::Timezone::GmtTime});
#else
        auto sink = frontend::create_or_get_sink<quill::JsonFileSink>(file, [] {
            quill::FileSinkConfig c;
            c.set_open_mode('w');
            return c;
        }());
        logger = frontend::create_or_get_logger("b", std::move(sink));
#endif
    }
    static void enter(int) {
        frontend::preallocate();
    }
    [[gnu::noinline]] static void log(std::string const& path, int status, double dur_ms) {
        static constexpr char trace[] = "4bf92f3577b34da6a3ce929d0e0e4736", span[] = "00f067aa0ba902b7";
#ifdef BENCH_PATTERN
        LOG_INFO(
            logger,
            R"("event":"request handled","trace_id":"{}","span_id":"{}","method":"{}","path":"{}","status":{},"dur_ms":{})",
            trace, span, "GET", path, status, dur_ms);
#else
        LOG_INFO(logger, "request handled {trace_id} {span_id} {method} {path} {status} {dur_ms}", trace, span, "GET",
                 path, status, dur_ms);
#endif
    }
    static void finish() {
        logger->flush_log();
        quill::Backend::stop();
    }
};

int main(int argc, char** argv) {
    return bench::run<subject>(argc, argv);
}
