// SPDX-License-Identifier: MIT
// Processes that begin and end in odd ways; lifetime.sh looks at what is in the log.
#include <logkit.hpp>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace lk = logkit;
using lk::kv;

namespace {

struct logs_at_exit {
    ~logs_at_exit() { lk::log.info("static destructor"); }
};

struct logs_at_thread_exit {
    ~logs_at_thread_exit() { lk::log.info("thread_local destructor"); }
};

[[nodiscard]] long resident_kb() {
    long pages = 0, resident = 0;
    FILE* f = std::fopen("/proc/self/statm", "r");
    if (f == nullptr || std::fscanf(f, "%ld %ld", &pages, &resident) != 2) std::abort();
    std::fclose(f);
    return resident * 4;
}

// Memory after n short threads that log, against that after a few.
int churn(int n) {
    const auto run = [](int threads) {
        for (int i = 0; i < threads; ++i)
            std::thread([i] {
                lk::new_context(kv("i", i));
                const lk::capture span{"short", kv("n", i)};
                lk::log.info("churn");
            }).join();
        (void)lk::flush();
    };
    run(n / 10);
    const long before = resident_kb();
    run(n - n / 10);
    const long after = resident_kb();
    std::printf("%ld KiB, then %ld KiB, %llu rings\n", before, after,
                static_cast<unsigned long long>(lk::stats().rings));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0;  // their own memory grows: freed blocks are kept aside for a while
#else
    return after - before < 2048 ? 0 : 1;
#endif
}

pthread_key_t late_key;

int late() {
    static const logs_at_exit at_exit;  // constructed before the library starts: destroyed after its exit handler
    lk::log.info("main");
    pthread_key_create(&late_key, [](void*) { lk::log.info("thread-specific destructor"); });
    std::thread([] {
        thread_local const logs_at_thread_exit at_thread_exit;
        (void)&at_thread_exit;
        pthread_setspecific(late_key, &late_key);
        lk::log.info("thread");
    }).join();
    return 0;
}

constexpr int cannot_be_tested = 77;

int forks() {
#if defined(__SANITIZE_THREAD__)
    return cannot_be_tested;  // ThreadSanitizer does not survive threads in a forked child
#endif
    lk::new_context(kv("who", "parent"));
    lk::log.info("before");
    for (int i = 0; i < 20; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            lk::new_context(kv("who", "child"));
            lk::log.info("in the child", kv("i", i));
            std::exit(0);
        }
        lk::log.info("in the parent", kv("i", i));
        int status = 0;
        if (waitpid(child, &status, 0) != child || status != 0) return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "late") return late();
    if (what == "forks") return forks();
    if (what == "churn") return churn(argc > 2 ? std::atoi(argv[2]) : 1000);
    if (what == "nothing") return 0;
    if (what == "quick") {
        lk::log.info("and then the program ends at once");
        return 0;
    }
    if (what == "environment") {
        lk::log.info("kept");
        lk::log.debug("debug");
        return 0;
    }
    if (what == "full-disk") {
        rlimit small{4096, 4096};  // every write beyond 4 KiB fails
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        for (int i = 0; i < 200; ++i) lk::log.info("filling", kv("i", i));
        const bool is_flushed = lk::flush();
        (void)is_flushed;
        return 0;
    }
    return 2;
}
