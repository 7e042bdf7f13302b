// SPDX-License-Identifier: MIT
// A stranger's program: does to the logger what programs do. One deed an invocation, named by the first argument; what
// must come of it is said in hosts.sh. Prints what only it can know; exits with 0 if it came as far as it meant to.
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <logkit.hpp>
#include <logkit/sink/memory.hpp>

namespace lk = logkit;
using lk::kv;
using namespace std::chrono_literals;

namespace {

std::chrono::duration<double> longest{};  // of all calls

// Nothing is written from here on: what is logged stays in the rings.
void hold_log() {
    (void)lk::flush();
    const int log = ::open("run.log", O_RDWR | O_CLOEXEC);
    if (log < 0 || ::flock(log, LOCK_EX) != 0) std::abort();
}

bool say(int i) {
    const auto before = std::chrono::steady_clock::now();
    const bool accepted = lk::log.info("n", kv("i", i), kv("pad", "0123456789012345678901234567890123456789"));
    longest = std::max(longest, std::chrono::duration<double>(std::chrono::steady_clock::now() - before));
    return accepted;
}
int say_all(int count) {
    int accepted = 0;
    for (int i = 0; i < count; ++i) accepted += say(i) ? 1 : 0;
    return accepted;
}
void report(int accepted) {
    std::printf(R"({"accepted":%d,"longest":%.2f,"dropped":%llu,"missed":%llu,"refused":%llu})"
                "\n",
                accepted, longest.count(), static_cast<unsigned long long>(lk::stats().dropped),
                static_cast<unsigned long long>(lk::stats().sink_missed),
                static_cast<unsigned long long>(lk::stats().refused));
    std::fflush(stdout);
}

struct logs_when_destroyed {
    ~logs_when_destroyed() { lk::log.info("static destructor"); }
} const at_the_very_end;

struct stuck_sink final : lk::sink {
    void write(lk::record const&, std::string_view) override {
        for (;;) ::pause();
    }
};
struct crashing_sink final : lk::sink {
    void write(lk::record const& r, std::string_view) override {
        if (r.event() == "crash") *static_cast<volatile int*>(nullptr) = 1;
    }
};

// Resident memory, in KiB.
long memory_kb() {
    long size = 0, resident = 0;
    std::FILE* const f = std::fopen("/proc/self/statm", "re");
    if (f == nullptr || std::fscanf(f, "%ld %ld", &size, &resident) != 2) return -1;
    std::fclose(f);
    return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

void closes_descriptors(int) {
    lk::log.info("before");
    (void)lk::flush();
    ::syscall(SYS_close_range, 3, ~0U, 0);
    std::vector<int> strangers;
    for (int i = 0; i < 8; ++i)
        strangers.push_back(::open(("stranger" + std::to_string(i)).c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    for (const int fd : strangers) (void)!::write(fd, "AAAA", 4);
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([] {
            for (int i = 0; i < 2000; ++i) lk::log.info("thread", kv("pad", std::string(200, 'x')));
        });
    for (std::thread& t : threads) t.join();
    lk::log.info("after");
    (void)lk::flush();
    for (const int fd : strangers) (void)!::write(fd, "aaaa", 4);
    std::puts(lk::stats().durability.c_str());
}

void becomes_a_daemon(int count) {
    lk::log.info("before");
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    (void)!::chdir("/");
    for (int fd = 0; fd < 1024; ++fd) ::close(fd);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 1);
    ::dup2(null, 2);
    (void)say_all(count);
    (void)lk::flush();
}

void drops_rights(int count) {
    lk::log.info("as root");
    (void)lk::flush();
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) std::exit(77);
    const int accepted = say_all(count);
    const bool is_flushed = lk::flush();
    report(is_flushed ? accepted : -1);
}
void changes_root(int count) {
    lk::log.info("before");
    (void)lk::flush();
    if (::mkdir("jail", 0700) != 0 || ::chroot("jail") != 0 || ::chdir("/") != 0) std::exit(77);
    const int accepted = say_all(count);
    report(lk::flush() ? accepted : -1);
}

void execs(int count, const char* next) {
    lk::log.info("the journal is made");
    hold_log();
    (void)say_all(count);
    ::execl(next, next, "hello", static_cast<char*>(nullptr));
}

void leaves_a_zombie(int count) {
    // The parent does not fetch its child; another process must still find it dead.
    if (::fork() == 0) {
        lk::log.info("the journal is made");
        hold_log();
        (void)say_all(count);
        ::kill(::getpid(), SIGKILL);
    }
    ::pause();
}

std::atomic<int> handled{0};
void catches_signals_and_logs(int) {
    struct sigaction ours {};
    ours.sa_handler = [](int) {
        ++handled;
        (void)lk::log.warning("from a handler");
    };
    ::sigaction(SIGUSR1, &ours, nullptr);
    ::raise(SIGUSR1);  // the first call of all
    for (int i = 0; i < 200; ++i) {
        std::thread([] {
            for (int k = 0; k < 50; ++k) {
                ::pthread_kill(::pthread_self(), SIGUSR1);
                lk::log.info("n", kv("k", k));
            }
        }).join();
    }
    report(handled);
}
void has_own_crash_handler(int) {
    struct sigaction ours {};
    ours.sa_handler = [](int) {
        (void)!::write(1, "handled\n", 8);
        ::_exit(3);
    };
    ::sigaction(SIGSEGV, &ours, nullptr);
}
void crashes_in_a_sink(int) {
    lk::add_sink(std::make_shared<crashing_sink>());
    lk::log.info("crash");
    for (;;) ::pause();
}
void crashes_in_a_processor(int) {
    lk::add_processor([](lk::record& r) {
        if (r.event() == "crash") *static_cast<volatile int*>(nullptr) = 1;
        return true;
    });
    lk::log.info("before");
    (void)lk::flush();
    lk::log.info("crash");
    for (;;) ::pause();
}

void reloads(int count) {
    const lk::settings s;
    const long before = memory_kb();
    bool ok = true;
    for (int k = 0; k < count; ++k) {
        lk::configure(s);
        ok = lk::log.info("a") && ok;
        ok = lk::log.info("b", kv("k", k)) && ok;
        ok = lk::log.warning("c", kv("password", "secret")) && ok;
        lk::global_context(kv("reloaded", k));
        if (k % 500 == 0) ok = lk::flush() && ok;
    }
    std::printf(R"({"ok":%s,"grown_kb":%ld,"durability":"%s"})"
                "\n",
                ok ? "true" : "false", memory_kb() - before, lk::stats().durability.c_str());
}
void reloads_policies(int count) {
    bool ok = true;
    for (int k = 0; k < count; ++k) {
        lk::settings s;
        s.redact = std::vector<std::string>{k % 2 == 0 ? "pin" : "code"};
        lk::configure(s);
        ok = lk::log.info("a", kv("pin", 1), kv("code", 2)) && ok;
    }
    std::printf(R"({"ok":%s})"
                "\n",
                ok ? "true" : "false");
}
void names_connections(int count) {
    const long before = memory_kb();
    const lk::logger kept = lk::log.named("kept");
    for (int k = 0; k < count; ++k) {
        const lk::logger connection = lk::log.named("connection-" + std::to_string(k));
        if (k % 1000 == 0) connection.info("open");
    }
    lk::set_level("kept", lk::level::error);
    const bool is_ruled = !kept.enabled(lk::level::info) && kept.enabled(lk::level::error);
    std::printf(R"({"grown_kb":%ld,"is_ruled":%s})"
                "\n",
                memory_kb() - before, is_ruled ? "true" : "false");
}

void has_many_threads(int count) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    static std::atomic<int> logged{0};
    static std::atomic<bool> may_end{false}, bursts{false};
    (void)lk::log.info("main");
    (void)lk::flush();
    const long before = memory_kb();
    std::vector<pthread_t> threads(static_cast<std::size_t>(count));
    for (pthread_t& t : threads)
        if (::pthread_create(
                &t, &attributes,
                [](void*) -> void* {
                    (void)lk::log.info("thread");
                    ++logged;
                    bursts.wait(false);  // (a thousand that look every now and then are all that a machine can do)
                    for (int i = 0; i < 100; ++i) (void)lk::log.info("burst", kv("pad", std::string(200, 'x')));
                    ++logged;
                    may_end.wait(false);
                    return nullptr;
                },
                nullptr) != 0)
            std::exit(77);
    const auto wait_for = [](int many) {
        while (logged < many) std::this_thread::sleep_for(5ms);
    };
    wait_for(count);
    const long once = memory_kb() - before;
    const std::string durability = lk::stats().durability;
    bursts = true;
    bursts.notify_all();
    wait_for(2 * count);
    (void)lk::flush();
    const long burst = memory_kb() - before;
    may_end = true;
    may_end.notify_all();
    for (const pthread_t t : threads) ::pthread_join(t, nullptr);
    (void)lk::flush();
    long after = memory_kb() - before;
    for (int i = 0; i < 200 && after > once; ++i, after = memory_kb() - before) std::this_thread::sleep_for(20ms);
    std::printf(R"({"once_kb":%ld,"burst_kb":%ld,"after_kb":%ld,"durability":"%s"})"
                "\n",
                once, burst, after, durability.c_str());
}

void holds_back_and_dies(int count) {
    lk::settings s;
    s.sample = 0.0;
    s.tail = true;
    lk::configure(s);
    lk::new_context(kv("job", 1));
    lk::capture work{"work"};
    (void)say_all(count);
    lk::new_context(kv("job", 2));  // another trace, which is dull, and over
    {
        const lk::capture dull{"dull"};
        lk::log.info("dull record");
    }
    (void)lk::flush();
    ::kill(::getpid(), SIGKILL);
}
void holds_back_fails_and_dies(int count) {
    lk::settings s;
    s.sample = 0.0;
    s.tail = true;
    lk::configure(s);
    lk::new_context(kv("job", 1));
    const lk::capture work{"work"};
    (void)say_all(count);
    lk::log.error("now it is worth it");
    (void)lk::flush();
    ::kill(::getpid(), SIGKILL);
}

// A coroutine that stands still where its caller left it.
struct task {
    struct promise {
        task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() { std::terminate(); }
    };
    using promise_type = lk::propagating<promise>;
};
task leaves_spans_open() {
    const lk::capture outer{"outer coroutine"};
    const lk::capture inner{"inner coroutine", kv("step", 1)};
    lk::log.info("in the coroutine");
    co_await std::suspend_always{};
    lk::log.info("never");
}
task ends_its_span() {
    const lk::capture work{"ended coroutine"};
    lk::log.info("in the coroutine");
    co_return;
}
void leaves_coroutines_and_dies(int count) {
    lk::new_context(kv("job", 1));
    (void)leaves_spans_open();
    (void)ends_its_span();
    lk::new_context(kv("job", 2));  // the thread goes on with something else
    (void)say_all(count);
    (void)lk::flush();
    ::kill(::getpid(), SIGKILL);
}

void shuts_down_and_goes_on(int count) {
    (void)say_all(count);
    (void)lk::shutdown();
    lk::log.info("between");
    lk::configure(lk::settings{});
    (void)say(count);
    std::printf("%s\n", lk::stats().durability.c_str());
    std::fflush(stdout);
    hold_log();
    (void)say_all(count);
    ::kill(::getpid(), SIGKILL);
}

void vforks(int count) {
    (void)say_all(count);
    for (int i = 0; i < 20; ++i) {
        const pid_t child = ::vfork();
        if (child == 0) {
            (void)lk::log.info("in the child of vfork");
            ::execl("/bin/true", "true", static_cast<char*>(nullptr));
            ::_exit(1);
        }
        ::waitpid(child, nullptr, 0);
    }
    (void)say(count);
}

void logs_everything_and_dies(int) {
    lk::global_context(kv("service", "shop"), kv("tags", std::vector<std::string>{"a", "b"}));
    lk::new_context(kv("user", "ada"), kv("deep", lk::object(kv("n", 1), kv("list", std::vector<int>{1, 2}))));
    const lk::capture outer{"outer", kv("k", lk::object(kv("password", "x")))};
    lk::log.info("the journal is made");
    hold_log();
    const lk::capture inner{"inner"};
    lk::log.info("nested", kv("d", lk::object(kv("n", 1), kv("o", lk::object(kv("m", "x"))))),
                 kv("map", std::map<std::string, int>{{"a", 1}}), kv("json", lk::raw_json(R"({"x":[1,{"y":null}]})")));
    lk::log.info("plain {} {}", 1, "two", kv("b", true), kv("f", 1.5), kv("t", std::string("text")),
                 kv("null", nullptr), kv("secret", lk::secret(1)),
                 kv("code", std::make_error_code(std::errc::io_error)));
    lk::log.bind(kv("bound", lk::object(kv("n", 2)))).named("db").warning("bound");
    try {
        throw std::runtime_error("deep trouble");
    } catch (...) {
        lk::log.exception("failed", kv("d", lk::object(kv("n", 3))));
    }
    ::kill(::getpid(), SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string deed = argc > 1 ? argv[1] : "";
    const int count = argc > 2 ? std::atoi(argv[2]) : 0;
    const std::map<std::string, std::function<void(int)>> deeds{
        {"hello", [](int) { lk::log.info("hello"); }},
        {"say", [](int n) { report(say_all(n)); }},
        {"say_quietly", [](int n) { (void)say_all(n); }},
        {"fork",
         [](int n) {
             (void)say_all(n);
             const auto before = std::chrono::steady_clock::now();
             const pid_t child = ::fork();
             if (child == 0) ::_exit(lk::log.info("in the child") && lk::flush() ? 0 : 1);
             longest = std::chrono::steady_clock::now() - before;
             int status = 0;
             ::waitpid(child, &status, 0);
             report(WEXITSTATUS(status));
         }},
        {"stuck_sink",
         [](int n) {
             auto kept = std::make_shared<lk::memory_sink>();
             lk::add_sink(std::make_shared<stuck_sink>());
             lk::add_sink(kept);
             const int accepted = say_all(n);
             const bool is_flushed = lk::flush(2s);
             report(is_flushed ? -1 : accepted);
             std::printf("%zu\n", kept->records().size());
             if (::fork() == 0) ::_exit(0);
         }},
        {"closes_descriptors", closes_descriptors},
        {"becomes_a_daemon", becomes_a_daemon},
        {"drops_rights", drops_rights},
        {"changes_root", changes_root},
        {"execs", [&](int n) { execs(n, argc > 3 ? argv[3] : argv[0]); }},
        {"leaves_a_zombie", leaves_a_zombie},
        {"catches_signals_and_logs", catches_signals_and_logs},
        {"crashes_in_a_sink", crashes_in_a_sink},
        {"crashes_in_a_processor", crashes_in_a_processor},
        {"crashes_in_a_sink_handled", [](int n) { has_own_crash_handler(n), crashes_in_a_sink(n); }},
        {"crashes_in_a_processor_handled", [](int n) { has_own_crash_handler(n), crashes_in_a_processor(n); }},
        {"reloads", reloads},
        {"reloads_policies", reloads_policies},
        {"names_connections", names_connections},
        {"has_many_threads", has_many_threads},
        {"holds_back_and_dies", holds_back_and_dies},
        {"holds_back_fails_and_dies", holds_back_fails_and_dies},
        {"leaves_coroutines_and_dies", leaves_coroutines_and_dies},
        {"shuts_down_and_goes_on", shuts_down_and_goes_on},
        {"vforks", vforks},
        {"logs_everything_and_dies", logs_everything_and_dies},
        {"kill_self", [](int n) { (void)say_all(n), ::kill(::getpid(), SIGKILL); }},
    };
    const auto found = deeds.find(deed);
    if (found == deeds.end()) return std::fprintf(stderr, "no such deed: %s\n", deed.c_str()), 2;
    found->second(count);
    return 0;
}
