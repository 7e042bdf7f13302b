// SPDX-License-Identifier: MIT
// What faults.sh runs under the shim: logs from two threads, through rotations, a large record, spans, a context, and
// prints which records were accepted; exit status 3 when the fault did not come up.
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

extern "C" {
[[gnu::weak]] void fault_arm();
[[gnu::weak]] int fault_reached();
}

int main() {
    constexpr int threads = 2;
    constexpr std::uint64_t records = 4000;
    std::vector<std::uint8_t> accepted[threads];
    for (auto& a : accepted) a.resize(records);
    const std::string filler(300, 'x'), large(200'000, 'y');
    if (fault_arm != nullptr) fault_arm();
    const auto work = [&](int t) {
        for (std::uint64_t i = 0; i < records; ++i) {
            try {
                if (i % 500 == 0) (void)lk::new_context(kv("t", t), kv("block", i / 500));
            } catch (std::exception const&) {  // new_context returns a string, and may say that memory is out
            }
            const lk::capture span{"work", kv("i", i)};
            accepted[t][i] = lk::log.info("n", kv("who", t), kv("n", i), kv("filler", filler));
            if (i == 1000) (void)lk::log.warning("large", kv("text", large));
        }
    };
    std::thread other;
    try {
        other = std::thread(work, 1);
    } catch (std::exception const&) {  // the fault hit the test itself
    }
    work(0);
    if (other.joinable()) other.join();
    const int was_reached = fault_reached == nullptr ? 0 : fault_reached();
    if (!lk::flush(std::chrono::seconds(20))) return 4;
    for (int t = 0; t < threads; ++t)
        for (std::uint64_t i = 0; i < records; ++i)
            if (accepted[t][i] != 0) std::printf("\"who\":%d,\"n\":%llu,\n", t, static_cast<unsigned long long>(i));
    return was_reached != 0 ? 0 : 3;
}
