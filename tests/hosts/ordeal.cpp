// SPDX-License-Identifier: MIT
// A program that does to its logger all that programs do, in turn, under real load, and is killed at a random moment;
// again and again, on one log. In the end each record that a call accepted is there, once, and in its thread's order.
//   ordeal TRIALS [SEED [all | DEED]]
// With "all" it also closes descriptors that are not its own, in the midst of writes: between our last look at one and
// the write lie some microseconds, in which a batch may go astray (docs/in-your-program.md). With a number it does that
// one thing only. SEED 0: any.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <logkit.hpp>
#include <logkit/base/rotation.hpp>

#include "../faults/lines.hpp"

namespace lk = logkit;
using lk::kv;
using namespace std::chrono_literals;

namespace {

// What was accepted, in memory that outlives who wrote it.
constexpr std::uint64_t most_writers = 100'000;
struct shared_memory {
    std::atomic<std::uint64_t> next_writer, moves;
    std::atomic<bool> closes_descriptors;
    std::atomic<int> only_deed;                         // -1: all
    std::atomic<std::uint64_t> accepted[most_writers];  // records of that writer, in the order of their numbers
    std::atomic<std::uint64_t> deeds[16];
};
shared_memory* shared = nullptr;

// Each is one thread of one process, with records numbered from 0. After a refusal it stops: numbers have no holes.
class writer {
  public:
    void log(int count) {
        for (int k = 0; k < count && number_ < most_writers && !is_refused_; ++k) {
            const bool is_accepted =
                k % 50 == 7 ? lk::log.info("n", kv("w", number_), kv("i", next_), kv("o", lk::object(kv("k", k))),
                                           kv("pad", std::string(400, 'x')))
                            : lk::log.info("n", kv("w", number_), kv("i", next_), kv("pad", "0123456789"));
            is_refused_ = !is_accepted;
            if (is_accepted) shared->accepted[number_].store(++next_);
        }
    }

  private:
    std::uint64_t number_ = shared->next_writer.fetch_add(1), next_ = 0;
    bool is_refused_ = false;
};

lk::settings settings_of(std::mt19937& random) {
    lk::settings s;
    s.console = lk::console::off;
    s.rotate_mb = 1;
    s.backups = 1000;
    s.mode = random() % 4 == 0 ? lk::mode::sync : lk::mode::async;
    s.redact = std::vector<std::string>{random() % 2 == 0 ? "pin" : "code"};
    s.ring_kb = random() % 2 == 0 ? 256 : 32;
    return s;
}

struct slow_sink final : lk::sink {
    void write(lk::record const&, std::string_view) override { std::this_thread::sleep_for(200us); }
};

void close_what_is_not_ours() {
    ::syscall(SYS_close_range, 3, ~0U, 0);
    for (int i = 0; i < 6; ++i) {
        const int fd = ::open("stranger", O_RDWR | O_CREAT | O_APPEND, 0600);
        (void)!::write(fd, "x", 1);
    }
}
void fork_a_child(std::mt19937& random) {
    const bool is_killed = random() % 2 == 0;
    if (::fork() == 0) {
        writer own;
        own.log(200);
        if (is_killed) ::kill(::getpid(), SIGKILL);
        (void)lk::flush();
        ::_exit(0);
    }
}
void hold_the_lock() {
    const int log = ::open("run.log", O_RDWR | O_CLOEXEC);
    if (log >= 0 && ::flock(log, LOCK_EX) == 0) std::this_thread::sleep_for(3ms);
    ::close(log);
}
void move_the_log() {
    const std::uint64_t move = shared->moves.fetch_add(1);
    (void)::rename("run.log", ("run.log." + std::to_string(20'000'000 + move)).c_str());
}

void do_something(std::mt19937& random) {
    const int only = shared->only_deed;
    const auto deed = only < 0 ? static_cast<unsigned>(random() % 12) : static_cast<unsigned>(only);
    ++shared->deeds[deed];
    switch (deed) {
        case 0:
            return lk::configure(settings_of(random));
        case 1:
            return shared->closes_descriptors ? close_what_is_not_ours() : void();
        case 2:
            return fork_a_child(random);
        case 3:
            return hold_the_lock();
        case 4:
            return move_the_log();
        case 5: {
            (void)lk::shutdown();
            return lk::configure(settings_of(random));
        }
        case 6: {
            const lk::sink_handle added = lk::add_sink(std::make_shared<slow_sink>());
            if (random() % 2 == 0) (void)lk::remove_sink(added);
            return;
        }
        case 7:
            return lk::global_context(kv("deed", random() % 100));
        case 8: {
            std::vector<std::thread> threads;
            for (int t = 0; t < 20; ++t) threads.emplace_back([] { writer().log(50); });
            for (std::thread& t : threads) t.join();
            return;
        }
        case 9: {
            lk::new_context(kv("job", random() % 100));
            const lk::capture work{"work"};
            writer().log(20);
            return;
        }
        case 10:
            return (void)lk::log.named("name-" + std::to_string(random())).debug("named");
        default:
            return (void)lk::flush();
    }
}

[[noreturn]] void work(unsigned seed, const char* self) {
    std::mt19937 random(seed);
    lk::configure(settings_of(random));
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([] {
            for (writer w;;) w.log(100);
        });
    writer own;
    for (int i = 0;; ++i) {
        own.log(20);
        do_something(random);
        // The process becomes another image of itself, by the name that is asked for here; threads and all are gone.
        if (random() % 200 == 0) ::execl("/proc/self/exe", self, "again", std::to_string(random()).c_str(), nullptr);
    }
}

bool map_shared_memory(bool is_new) {
    const int fd = ::open("accepted", O_RDWR | O_CREAT, 0600);
    if (fd < 0 || (is_new && ::ftruncate(fd, sizeof(shared_memory)) != 0)) return false;
    void* const memory = ::mmap(nullptr, sizeof(shared_memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    shared = static_cast<shared_memory*>(memory);
    return memory != MAP_FAILED;
}

int verify() {
    std::map<std::uint64_t, std::uint64_t> next;
    std::uint64_t torn = 0, doubled = 0, disordered = 0, lost = 0, accepted = 0, recovered = 0;
    std::map<std::uint64_t, std::vector<bool>> seen;
    for (std::string const& path : logkit::detail::files_of_log("run.log")) {
        std::ifstream in(path);
        next.clear();  // in what order files are that somebody has moved away, nobody knows
        for (std::string line; std::getline(in, line);) {
            if (!faults::is_whole(line)) ++torn;
            if (line.find(R"("event":"n")") == std::string::npos) continue;
            const std::uint64_t w = faults::number_after(line, R"("w":)"), i = faults::number_after(line, R"("i":)");
            std::vector<bool>& mine = seen[w];
            if (mine.size() <= i) mine.resize(i + 1);
            if (mine[i]) ++doubled;
            mine[i] = true;
            if (i < next[w]) ++disordered;
            next[w] = i + 1;
            recovered += line.find(R"("recovered":true)") != std::string::npos ? 1 : 0;
        }
    }
    const std::uint64_t writers = std::min(shared->next_writer.load(), most_writers);
    for (std::uint64_t w = 0; w < writers; ++w) {
        const std::uint64_t n = shared->accepted[w];
        accepted += n;
        std::uint64_t missing = 0;
        for (std::uint64_t i = 0; i < n; ++i) missing += i >= seen[w].size() || !seen[w][i] ? 1 : 0;
        lost += missing;
        if (missing != 0)
            std::printf("writer %llu: %llu of %llu are missing\n", static_cast<unsigned long long>(w),
                        static_cast<unsigned long long>(missing), static_cast<unsigned long long>(n));
    }
    std::printf(
        R"({"writers":%llu,"accepted":%llu,"recovered":%llu,"lost":%llu,"doubled":%llu,"disordered":%llu,"torn":%llu,"deeds":[)",
        static_cast<unsigned long long>(writers), static_cast<unsigned long long>(accepted),
        static_cast<unsigned long long>(recovered), static_cast<unsigned long long>(lost),
        static_cast<unsigned long long>(doubled), static_cast<unsigned long long>(disordered),
        static_cast<unsigned long long>(torn));
    for (int d = 0; d < 12; ++d)
        std::printf("%s%llu", d == 0 ? "" : ",", static_cast<unsigned long long>(shared->deeds[d].load()));
    std::printf("]}\n");
    return accepted != 0 && lost + doubled + disordered + torn == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "again") {
        if (!map_shared_memory(false)) return 2;
        work(static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)), argv[0]);
    }
    const int trials = argc > 1 ? std::atoi(argv[1]) : 20;
    const unsigned wanted = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 0;
    const unsigned seed = wanted != 0 ? wanted : std::random_device{}();
    std::printf("seed %u\n", seed);
    char folder[] = "/tmp/logkit-ordeal-XXXXXX";
    if (::mkdtemp(folder) == nullptr || ::chdir(folder) != 0 || !map_shared_memory(true)) return 2;
    const std::string deeds = argc > 3 ? argv[3] : "";
    shared->closes_descriptors = deeds == "all";
    shared->only_deed = deeds.empty() || deeds == "all" ? -1 : std::atoi(deeds.c_str());
    std::mt19937 random(seed);
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int trial = 0; trial < trials; ++trial) {
        const auto mine = static_cast<unsigned>(random());
        const pid_t child = ::fork();
        if (child == 0) {
            ::setpgid(0, 0);
            work(mine, argv[0]);
        }
        ::setpgid(child, child);  // on both sides: a child that was not yet on a processor would never be killed
        std::this_thread::sleep_for(std::chrono::microseconds(2'000 + random() % 150'000));
        ::kill(-child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            return std::printf("trial %d ended by itself: status %d, in %s\n", trial, status, folder), 1;
        while (::wait(nullptr) > 0) {  // its children, too, are over
        }
    }
    if (::fork() == 0) {  // writes what the last one left
        lk::settings s;
        s.console = lk::console::off;
        lk::configure(s);
        ::_exit(lk::log.info("over") && lk::shutdown() ? 0 : 1);
    }
    int status = 0;
    ::wait(&status);
    const int result = verify();
    if (result != 0) return std::printf("kept: %s\n", folder), result;
    (void)!std::system(("rm -rf " + std::string(folder)).c_str());
    return 0;
}
