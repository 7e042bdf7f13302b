// SPDX-License-Identifier: MIT
// Is a record that was accepted in the file exactly once, wherever its process is killed?
//
//   kill exhaustive [N]   a small worker (30 records, three batches, a span) is killed at its first visit of any step,
//                         at its second, … until it lives to its end; and after each of these, recovery is killed at
//                         its first visit, its second, …: every pair of crash points of the protocol; of recovery's
//                         each N-th, other ones at each of the worker's.
//   kill TRIALS [STEP]    each trial: a worker logs numbered records from several threads and acknowledges each in
//                         shared memory; it is killed at a random moment (or kills itself at a random visit of the
//                         protocol's STEP, "every" for all in turn); recovery runs, and in half of the trials is killed
//                         itself, and runs again; then every line of the log and its backups is looked at.
// Prints one JSON object; exits with 1 if a record was lost, doubled or torn.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <logkit.hpp>

#include "lines.hpp"

namespace lk = logkit;
namespace fs = std::filesystem;
using lk::kv;

namespace {

constexpr int threads = 3;

// What survives a worker: how many records each of its threads had accepted.
struct acknowledged {
    std::atomic<std::uint64_t> records[threads];
};

constexpr int any_step = -2;
int wanted_step = -1;
long visits_left = 0;

void configure(std::string const& folder) {
    lk::settings s;
    s.file = folder + "/run.log";
    s.console = lk::console::off;
    s.rotate_mb = 1;
    s.backups = 1000;
    s.ring_kb = 64;
    lk::configure(s);
}

[[noreturn]] void work(std::string const& folder, int shared) {
    auto* acks =
        static_cast<acknowledged*>(mmap(nullptr, sizeof(acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0));
    configure(folder);
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([=] {
            std::string filler(static_cast<std::size_t>(100 * t), 'x');
            for (std::uint64_t i = 0;; ++i) {
                if (i % 100 == 0) lk::new_context(kv("t", t), kv("block", i / 100));
                if (lk::log.info("n", kv("i", i), kv("filler", filler)))
                    acks->records[t].store(i + 1, std::memory_order_release);
                if (i % 1000 == 999) {  // a large one, in parts
                    const lk::capture span{"large"};
                    lk::log.debug("large", kv("text", std::string(40'000, 'y')));
                }
            }
        });
    for (std::thread& w : workers) w.join();
    std::abort();
}

// The same small work every time.
[[noreturn]] void work_a_little(std::string const& folder, int shared) {
    auto* acks =
        static_cast<acknowledged*>(mmap(nullptr, sizeof(acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0));
    configure(folder);
    lk::new_context(kv("t", 0), kv("block", 0));
    {
        const lk::capture span{"small"};
        for (std::uint64_t i = 0; i < 30; ++i) {
            if (lk::log.info("n", kv("i", i))) acks->records[0].store(i + 1, std::memory_order_release);
            if (i % 10 == 9) (void)lk::flush();
        }
    }
    (void)lk::flush();
    _exit(0);
}

struct outcome {
    std::uint64_t accepted = 0, lost = 0, doubled = 0, torn = 0, recovered = 0, unexplained = 0;
};

void look_at(std::string const& path, std::vector<std::vector<std::uint8_t>>& seen, outcome& result) {
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find('\n', at);
        const std::string_view line = std::string_view{text}.substr(at, end == std::string::npos ? end : end - at);
        at = end == std::string::npos ? text.size() : end + 1;
        if (end == std::string::npos || !faults::is_whole(line)) {
            ++result.torn;
            continue;
        }
        if (line.find(R"("recovered":true)") != std::string_view::npos) ++result.recovered;
        if (line.find(R"("event":"n")") == std::string_view::npos) continue;
        const std::uint64_t t = faults::number_after(line, R"("t":)"), i = faults::number_after(line, R"("i":)"),
                            block = faults::number_after(line, R"("block":)");
        if (t >= threads || block != i / 100) {
            ++result.unexplained;  // under a context that is not its own
            continue;
        }
        auto& mine = seen[t];
        if (mine.size() <= i) mine.resize(i + 1);
        if (mine[i]++ != 0) ++result.doubled;
    }
}

pid_t start(char const* self, std::string const& role, std::string const& folder, int shared, char const* step,
            long visits) {
    const pid_t child = fork();
    if (child != 0) return child;
    execl(self, self, role.c_str(), folder.c_str(), std::to_string(shared).c_str(), step,
          std::to_string(visits).c_str(), nullptr);
    _exit(127);
}

int step_number(std::string_view name) {
    for (std::size_t i = 0; i < std::size(lk::detail::step_names); ++i)
        if (name == lk::detail::step_names[i]) return static_cast<int>(i);
    return -1;
}

}  // namespace

namespace logkit::detail {
void reached(step now) noexcept {
    if ((static_cast<int>(now) == wanted_step || wanted_step == any_step) &&
        __atomic_sub_fetch(&visits_left, 1, __ATOMIC_RELAXED) == 0)
        ::kill(getpid(), SIGKILL);
}
}  // namespace logkit::detail

int main(int argc, char** argv) {
    if (argc == 6) {
        wanted_step = std::string_view(argv[4]) == "any" ? any_step : step_number(argv[4]);
        visits_left = std::atol(argv[5]);
        if (std::string_view(argv[1]) == "small") work_a_little(argv[2], std::atoi(argv[3]));
        if (std::string_view(argv[1]) == "work") work(argv[2], std::atoi(argv[3]));
        configure(argv[2]);  // recovers
        return 0;
    }
    const int trials = argc > 1 ? std::atoi(argv[1]) : 100;
    const std::string_view step = argc > 2 ? argv[2] : "";
    std::mt19937 random(std::random_device{}());
    const auto upto = [&](unsigned n) { return 1 + random() % n; };
    std::string folder = (fs::current_path() / "kill-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 2;
    const int shared = memfd_create("acknowledged", 0);
    if (ftruncate(shared, sizeof(acknowledged)) != 0) return 2;
    auto* acks =
        static_cast<acknowledged*>(mmap(nullptr, sizeof(acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0));

    outcome total;
    const auto judge = [&](outcome& result) {
        std::vector<std::vector<std::uint8_t>> seen(threads);
        for (auto const& entry : fs::directory_iterator(folder))
            if (!entry.is_symlink()) look_at(entry.path(), seen, result);  // the log leaves one to its journals
        for (int t = 0; t < threads; ++t) {
            const std::uint64_t n = acks->records[t].load();
            result.accepted += n;
            for (std::uint64_t i = 0; i < n; ++i)
                if (i >= seen[static_cast<std::size_t>(t)].size() || seen[static_cast<std::size_t>(t)][i] == 0)
                    ++result.lost;
        }
    };
    const auto wait_for = [](pid_t child) {
        int status = 0;
        waitpid(child, &status, 0);
        return status;
    };
    if (argc > 1 && std::string_view(argv[1]) == "exhaustive") {
        int pairs = 0;
        bool is_bad = false;
        const long stride = argc > 2 ? std::atol(argv[2]) : 1;
        for (long n = 1, is_alive = 0; is_alive == 0; ++n) {
            for (long m = 1 + n % stride, has_recovered = 0; has_recovered == 0; m += stride, ++pairs) {
                for (auto& a : acks->records) a.store(0);
                is_alive = WIFEXITED(wait_for(start("/proc/self/exe", "small", folder, shared, "any", n))) ? 1 : 0;
                has_recovered =
                    WIFEXITED(wait_for(start("/proc/self/exe", "recover", folder, shared, "any", m))) ? 1 : 0;
                (void)wait_for(start("/proc/self/exe", "recover", folder, shared, "-", 0));
                outcome result;
                judge(result);
                if (result.lost + result.doubled + result.torn + result.unexplained != 0) {
                    is_bad = true;
                    std::fprintf(
                        stderr, "worker killed at visit %ld, recovery at %ld: lost %llu, doubled %llu, torn %llu\n", n,
                        m, static_cast<unsigned long long>(result.lost),
                        static_cast<unsigned long long>(result.doubled), static_cast<unsigned long long>(result.torn));
                }
                fs::remove_all(folder);
                fs::create_directory(folder);
            }
        }
        fs::remove_all(folder);
        std::printf(R"({"pairs_of_crash_points":%d})"
                    "\n",
                    pairs);
        return is_bad ? 1 : 0;
    }
    int died_at_step = 0;
    for (int trial = 0; trial < trials; ++trial) {
        for (auto& a : acks->records) a.store(0);
        const std::string at =
            step == "every"
                ? lk::detail::step_names[static_cast<std::size_t>(trial) % std::size(lk::detail::step_names)]
                : std::string(step);
        const int number = step_number(at);
        const bool is_of_recovery = number >= static_cast<int>(lk::detail::step::settle);
        const bool is_of_worker = number >= 0 && !is_of_recovery;
        const bool is_frequent = number >= 0 && number <= static_cast<int>(lk::detail::step::publish);
        const bool is_rare = number == static_cast<int>(lk::detail::step::rotate) ||
                             number == static_cast<int>(lk::detail::step::renamed);
        const pid_t worker = start("/proc/self/exe", "work", folder, shared, is_of_worker ? at.c_str() : "-",
                                   is_frequent ? upto(20'000)
                                   : is_rare   ? upto(3)
                                               : upto(60));
        if (!is_of_worker) {
            usleep(static_cast<useconds_t>(upto(30'000)));
            kill(worker, SIGKILL);
        }
        int status = 0;
        waitpid(worker, &status, 0);
        died_at_step += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 1 : 0;
        if (is_of_recovery || trial % 2 == 1) {  // the first recovery is killed, too
            const pid_t recovery =
                start("/proc/self/exe", "recover", folder, shared,
                      is_of_recovery ? at.c_str() : lk::detail::step_names[upto(13)], is_of_recovery ? 1 : upto(3));
            waitpid(recovery, &status, 0);
        }
        const pid_t recovery = start("/proc/self/exe", "recover", folder, shared, "-", 0);
        waitpid(recovery, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++total.unexplained;

        outcome result;
        judge(result);
        if (result.lost + result.doubled + result.torn + result.unexplained != 0) {
            std::fprintf(stderr, "trial %d (%s): lost %llu, doubled %llu, torn %llu, unexplained %llu; kept in %s.%d\n",
                         trial, at.c_str(), static_cast<unsigned long long>(result.lost),
                         static_cast<unsigned long long>(result.doubled), static_cast<unsigned long long>(result.torn),
                         static_cast<unsigned long long>(result.unexplained), folder.c_str(), trial);
            fs::rename(folder, folder + "." + std::to_string(trial));
        } else {
            fs::remove_all(folder);
        }
        fs::create_directory(folder);
        total.accepted += result.accepted;
        total.lost += result.lost;
        total.doubled += result.doubled;
        total.torn += result.torn;
        total.recovered += result.recovered;
        total.unexplained += result.unexplained;
    }
    fs::remove_all(folder);
    std::printf(
        R"({"trials":%d,"killed":%d,"accepted":%llu,"recovered":%llu,"lost":%llu,"doubled":%llu,"torn":%llu,"unexplained":%llu})"
        "\n",
        trials, died_at_step, static_cast<unsigned long long>(total.accepted),
        static_cast<unsigned long long>(total.recovered), static_cast<unsigned long long>(total.lost),
        static_cast<unsigned long long>(total.doubled), static_cast<unsigned long long>(total.torn),
        static_cast<unsigned long long>(total.unexplained));
    return total.lost + total.doubled + total.torn + total.unexplained == 0 ? 0 : 1;
}
