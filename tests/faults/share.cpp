// SPDX-License-Identifier: MIT
// Many processes, one log.
//
//   share lines PROCESSES RECORDS [MIB]   each process logs so many records to one file which rotates at 1 MiB; one
//   more is
//                                   started and killed over and over meanwhile. Every record must be there exactly
//                                   once.
//   share forks FORKS               a process forks while its threads log, from several threads at once, and its
//   children
//                                   log, fork again, or exec. Nobody hangs, and no record is lost or doubled.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
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

std::uint64_t rotate_mb = 1;

void configure(std::string const& folder) {
    lk::settings s;
    s.file = folder + "/run.log";
    s.console = lk::console::off;
    s.rotate_mb = rotate_mb;
    s.backups = 1000;
    lk::configure(s);
}

// How often each record of each process is there; torn lines are counted under UINT64_MAX.
std::map<std::uint64_t, std::vector<std::uint8_t>> read_all(std::string const& folder, long& torn) {
    std::map<std::uint64_t, std::vector<std::uint8_t>> seen;
    for (auto const& entry : fs::directory_iterator(folder)) {
        if (entry.path().filename().string().find("run.log") != 0) continue;
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line);) {
            if (!faults::is_whole(line)) {
                ++torn;
                continue;
            }
            const std::uint64_t who = faults::number_after(line, R"("who":)"),
                                i = faults::number_after(line, R"("i":)");
            if (who == UINT64_MAX) continue;
            auto& mine = seen[who];
            if (mine.size() <= i) mine.resize(i + 1);
            ++mine[i];
        }
    }
    return seen;
}

int judge(std::string const& folder, std::map<std::uint64_t, std::uint64_t> const& expected) {
    long torn = 0, lost = 0, doubled = 0;
    const auto seen = read_all(folder, torn);
    for (auto const& [who, records] : expected) {
        const auto mine = seen.find(who);
        for (std::uint64_t i = 0; i < records; ++i)
            lost += mine == seen.end() || i >= mine->second.size() || mine->second[i] == 0 ? 1 : 0;
    }
    for (auto const& [who, mine] : seen)
        for (const std::uint8_t times : mine) doubled += times > 1 ? 1 : 0;
    std::printf(R"({"processes":%zu,"lost":%ld,"doubled":%ld,"torn":%ld})"
                "\n",
                seen.size(), lost, doubled, torn);
    return lost + doubled + torn == 0 ? 0 : 1;
}

int lines(std::string const& folder, int processes, std::uint64_t records) {
    constexpr std::uint64_t victims = 40;
    auto* accepted = static_cast<std::atomic<std::uint64_t>*>(  // of the victims: they cannot tell any more
        mmap(nullptr, victims * 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    const auto start = [&](std::uint64_t who, std::uint64_t n) {
        const pid_t child = fork();
        if (child == 0) {
            configure(folder);
            lk::new_context(kv("who", who));
            for (std::uint64_t i = 0; i < n; ++i) {
                const bool is_accepted = lk::log.info("n", kv("i", i));
                if (is_accepted && who >= 1000 && who < 1000 + victims) accepted[who - 1000] = i + 1;
            }
            std::exit(0);
        }
        return child;
    };
    std::map<std::uint64_t, std::uint64_t> expected;
    std::vector<pid_t> children;
    for (int p = 0; p < processes; ++p) {
        expected[static_cast<std::uint64_t>(p)] = records;
        children.push_back(start(static_cast<std::uint64_t>(p), records));
    }
    std::mt19937 random(std::random_device{}());
    for (std::uint64_t victim = 1000; victim < 1000 + victims; ++victim) {
        const pid_t child = start(victim, UINT64_MAX);
        usleep(static_cast<useconds_t>(1000 + random() % 20'000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    }
    bool is_fine = true;
    for (const pid_t child : children) {
        int status = 0;
        waitpid(child, &status, 0);
        is_fine = is_fine && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    const pid_t last = start(2000, 1);  // recovers what the killed have left
    waitpid(last, nullptr, 0);
    for (std::uint64_t v = 0; v < victims; ++v) expected[1000 + v] = accepted[v];
    return judge(folder, expected) + (is_fine ? 0 : 1);
}

int forks(std::string const& folder, int count) {
    configure(folder);
    constexpr std::uint64_t per_child = 20;
    std::atomic<bool> is_over{false};
    std::atomic<std::uint64_t> logged{0}, next{1};
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] {  // a busy parent
        lk::new_context(kv("who", 0));
        while (!is_over && logged < 2'000'000) lk::log.info("n", kv("i", logged++));
    });
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            for (int f = t; f < count; f += 2) {
                const std::uint64_t who = next++;
                const pid_t child = fork();
                if (child == 0) {
                    alarm(60);  // who hangs is found out
                    if (f % 7 == 3) execl("/bin/true", "true", nullptr);
                    const pid_t grandchild = f % 5 == 1 ? fork() : 1;
                    if (grandchild == 0) {
                        lk::new_context(kv("who", 1'000'000 + who));
                        for (std::uint64_t i = 0; i < per_child; ++i) lk::log.info("n", kv("i", i));
                        (void)lk::shutdown();
                        _exit(0);
                    }
                    lk::new_context(kv("who", who));
                    for (std::uint64_t i = 0; i < per_child; ++i) lk::log.info("n", kv("i", i));
                    if (grandchild > 1) waitpid(grandchild, nullptr, 0);
                    (void)lk::shutdown();
                    _exit(0);
                }
                int status = 0;
                waitpid(child, &status, 0);
                if (!WIFEXITED(status)) ++failures;
            }
        });
    threads[1].join();
    threads[2].join();
    is_over = true;
    threads[0].join();
    if (!lk::flush()) ++failures;
    std::map<std::uint64_t, std::uint64_t> expected{{0, logged.load()}};
    for (std::uint64_t who = 1; who < next; ++who) expected[who] = 0;
    long torn = 0;
    for (auto const& [who, mine] : read_all(folder, torn))
        if (who != 0) expected[who] = per_child;
    // At least those children that neither exec'd nor died are there.
    if (static_cast<int>(expected.size()) < count / 2) ++failures;
    return judge(folder, expected) + failures;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (argc > 4) rotate_mb = std::strtoull(argv[4], nullptr, 10);
    std::string folder = (fs::current_path() / "share-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 2;
    const int result = what == "lines" ? lines(folder, std::atoi(argv[2]), std::strtoull(argv[3], nullptr, 10))
                                       : forks(folder, std::atoi(argv[2]));
    if (result == 0) fs::remove_all(folder);
    return result;
}
