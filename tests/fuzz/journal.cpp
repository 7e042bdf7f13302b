// SPDX-License-Identifier: MIT
// libFuzzer: recovery reads any file as a journal. It must not crash, and every line that comes of it must be JSON.
//   clang++-16 -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude -DFMT_HEADER_ONLY tests/fuzz/journal.cpp
//   -pthread
//   ./a.out -max_len=200000 CORPUS      (seeds: journals of killed processes, LOG_RING_KB=8)
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <logkit.hpp>
#include <logkit/control/recovery.hpp>
#include <nlohmann/json.hpp>

namespace {

class json_check final : public logkit::sink {
    void write(logkit::record const&, std::string_view line) override {
        if (nlohmann::json::accept(line)) return;
        std::fprintf(stderr, "not JSON: %.*s\n", static_cast<int>(line.size()), line.data());
        std::abort();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace logkit::detail;
    known_formatter.store(&format_event);
    descriptor file(memfd_create("journal", MFD_CLOEXEC));
    if (!file.is_open() || ::write(file.get(), data, size) != static_cast<ssize_t>(size)) return 0;
    dead_journal dead(std::move(file));
    if (!dead.open()) return 0;
    (void)dead.last_batch();
    site_table sites;
    channel_pool pool;
    pipeline line;
    (void)dead.load_into(sites, pool, line.global_block);
    line.refresh_globals();
    line.recover(dead.clock());
    line.sinks.push_back({std::make_shared<json_check>()});
    drain left(pool, sites, line);
    while (left.pass() != drain::result::nothing) {
    }
    return 0;
}
