// SPDX-License-Identifier: MIT
// A disk that fills up and is made room on again; run by disk.sh in a folder of 4 MiB.   disk block|drop
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

int main(int argc, char** argv) {
    const bool may_drop = argc > 1 && std::string_view(argv[1]) == "drop";
    std::ofstream("filler", std::ios::binary) << std::string(3 << 20, 'x');
    lk::settings s;
    s.file = "run.log";
    s.rotate_mb = 0;
    s.console = lk::console::off;
    s.overflow = may_drop ? lk::overflow::drop : lk::overflow::block;
    lk::configure(s);
    lk::new_context();
    const std::string text(200, 'y');
    std::uint64_t accepted = 0, refused = 0;
    // Until the disk is full and the ring is, too; then room is made.
    std::thread rescuer;
    for (std::uint64_t i = 0; i < 6000; ++i) {
        if (!rescuer.joinable() && lk::stats().file_failures > 0 && (!may_drop || refused > 0))
            rescuer = std::thread([] { ::unlink("filler"); });
        if (i % 100 == 0 && lk::stats().file_failures == 0) (void)lk::flush(std::chrono::milliseconds(200));
        (lk::log.info("n", kv("i", i), kv("text", text)) ? accepted : refused) += 1;
    }
    if (rescuer.joinable()) rescuer.join();
    const bool is_flushed = lk::flush(std::chrono::seconds(20));
    std::printf(R"({"accepted":%llu,"refused":%llu,"flushed":%s,"failures":%llu,"dropped":%llu})"
                "\n",
                static_cast<unsigned long long>(accepted), static_cast<unsigned long long>(refused),
                is_flushed ? "true" : "false", static_cast<unsigned long long>(lk::stats().file_failures),
                static_cast<unsigned long long>(lk::stats().dropped));
}
