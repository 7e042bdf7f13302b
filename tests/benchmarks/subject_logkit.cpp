// SPDX-License-Identifier: MIT
#include "harness.hpp"

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

struct subject {
    static void setup(std::string const& file) {
        lk::settings s;
        s.file = file;
        s.rotate_mb = 0;
        s.console = lk::console::off;
        s.level = lk::level::info;
        lk::configure(s);
    }
    static void enter(int) {
        lk::new_context(lk::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        span = new lk::capture("request");
    }
    [[gnu::noinline]] static void log(std::string const& path, int status, double dur_ms) {
        lk::log.info("request handled", kv("method", "GET"), kv("path", path), kv("status", status),
                     kv("dur_ms", dur_ms));
    }
    static void finish() { lk::shutdown(std::chrono::seconds(60)); }
    inline static thread_local lk::capture* span = nullptr;  // open, so that records have a span_id
};

int main(int argc, char** argv) {
    return bench::run<subject>(argc, argv);
}
