// SPDX-License-Identifier: MIT
// Ways to die; crash.sh looks at what is left.   crash WAY
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

namespace {

[[gnu::noinline]] int overflow(int depth) {
    volatile char page[4096];
    page[0] = static_cast<char>(depth);
    return page[0] + overflow(depth + 1);
}

struct dies_at_exit {
    bool is_wanted = false;
    ~dies_at_exit() {
        if (!is_wanted) return;
        lk::log.info("in a static destructor");
        raise(SIGKILL);
    }
} at_exit;

void die(std::string_view way) {
    volatile int zero = 0;
    if (way == "segv") *reinterpret_cast<volatile int*>(16) = 1;
    if (way == "abrt") std::abort();
    if (way == "fpe") std::printf("%d\n", 100 / zero);
    if (way == "ill") asm volatile("ud2");
    if (way == "bus") {
        std::FILE* empty = std::tmpfile();
        auto* page = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fileno(empty), 0));
        std::printf("%d\n", page[0]);
    }
    if (way == "overflow") std::printf("%d\n", overflow(0));
    if (way == "kill") raise(SIGKILL);
    if (way == "sent") kill(getpid(), SIGSEGV);
    if (way == "uncaught") throw std::runtime_error("nobody catches this");
    if (way == "terminate") std::terminate();
    if (way == "_exit") _exit(7);
    if (way == "quick_exit") std::quick_exit(7);
    if (way == "exec") execl("/bin/true", "true", nullptr);
    if (way == "static") at_exit.is_wanted = true;
    if (way == "daemon" && daemon(1, 0) != 0) std::abort();  // the parent leaves by _exit; the child goes on
}

}  // namespace

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    if (way == "own_handler") {
        std::signal(SIGSEGV, [](int) { _exit(9); });
        lk::log.info("hello");
        die("segv");
    }
    if (way == "nothing") return 0;  // but what it recovers
    if (way == "thread") {
        lk::new_context(kv("who", "helper"));
        std::thread(lk::carry([] {
            const lk::capture span{"in a thread"};
            lk::log.info("about to die");
            die("segv");
        })).join();
    }
    if (way == "thread_overflow")
        std::thread([] {
            lk::log.info("about to die");
            die("overflow");
        }).join();
    lk::new_context(kv("way", way));
    const lk::capture span{"dying", kv("n", 1)};
    for (int i = 0; i < 100; ++i) lk::log.info("before", kv("i", i));
    die(way);
    lk::log.info("after all");
}
