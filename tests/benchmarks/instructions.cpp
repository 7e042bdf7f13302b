// SPDX-License-Identifier: MIT
// What instructions.cmake counts under callgrind: calls of record() and span(), and the backend's work for each.
#include <cstdlib>
#include <string>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

[[gnu::noinline]] void record(std::string const& path, int status, double dur_ms) {
    lk::log.info("request handled", kv("method", "GET"), kv("path", path), kv("status", status), kv("dur_ms", dur_ms));
}
[[gnu::noinline]] void span() {
    const lk::capture work{"work"};
}

// instructions record|span TIMES
int main(int, char** argv) {
    lk::settings s;
    s.file = "instructions.log";
    s.rotate_mb = 0;
    s.console = lk::console::off;
    s.level = lk::level::info;
    s.ring_kb = 65'536;  // all records fit: nobody waits
    lk::configure(s);
    lk::new_context(lk::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    const lk::capture request{"request"};
    const std::string path = "/api/v1/items/42";
    const bool is_span = argv[1][0] == 's';
    for (long i = std::atol(argv[2]); i > 0; --i) is_span ? span() : record(path, 200, 12.75);
    (void)lk::shutdown();
    std::remove("instructions.log");
}
