// SPDX-License-Identifier: MIT
// fmtlog, blocking; text by pattern, nothing escaped, no context.
#include "harness.hpp"

#define FMTLOG_BLOCK 1
#include <fmtlog.h>

struct subject {
    static void setup(std::string const& file) {
        fmtlog::setLogFile(file.c_str(), true);
        fmtlog::setHeaderPattern(R"({{"timestamp":"{YmdHMSf}","level":"{l}",)");
        fmtlog::startPollingThread(100'000);
    }
    static void enter(int) { fmtlog::preallocate(); }
    [[gnu::noinline]] static void log(std::string const& path, int status, double dur_ms) {
        FMTLOG(
            fmtlog::INF,
            R"("event":"request handled","trace_id":"{}","span_id":"{}","method":"{}","path":"{}","status":{},"dur_ms":{}}})",
            "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "GET", path, status, dur_ms);
    }
    static void finish() {
        fmtlog::stopPollingThread();
        fmtlog::poll(true);
        fmtlog::closeLogFile();
    }
};

int main(int argc, char** argv) {
    return bench::run<subject>(argc, argv);
}
