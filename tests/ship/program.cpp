// SPDX-License-Identifier: MIT
// A program that logs and ships, for the tests beside it.
//   ship_program write FIRST COUNT [PAUSE_US]   logs numbers, and tells on standard output which have been accepted
//   ship_program pace COUNT PER_MS              logs so many in each millisecond
//   ship_program ship COUNT                     logs, flushes to the server, prints statistics
//   ship_program fork COUNT                     a child logs, too
//   ship_program exec COUNT                     logs, then becomes another program
#include <logkit.hpp>
#include <logkit/ship.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

using logkit::kv;

namespace {

void say(long n) {
    const std::string line = std::to_string(n) + '\n';
    (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view deed = argc > 1 ? argv[1] : "";
    const auto number = [&](int i, long otherwise) { return argc > i ? std::strtol(argv[i], nullptr, 10) : otherwise; };
    if (deed == "write") {
        const long first = number(2, 0), count = number(3, 100), pause = number(4, 0);
        for (long n = first; n < first + count; ++n) {
            if (logkit::log.info("e", kv("n", n), kv("pad", std::string(static_cast<std::size_t>(n % 200), 'x'))))
                say(n);
            if (pause != 0) ::usleep(static_cast<useconds_t>(pause));
        }
        return 0;
    }
    if (deed == "pace") {
        timespec due{};
        (void)::clock_gettime(CLOCK_MONOTONIC, &due);
        for (long n = 0; n < number(2, 10'000); ++n) {
            (void)logkit::log.info("order placed", kv("n", n), kv("user", "user892"), kv("pad", std::string(60, 'x')));
            if (n % number(3, 10) != 0) continue;
            due.tv_nsec += 1'000'000;
            if (due.tv_nsec >= 1'000'000'000) due.tv_nsec -= 1'000'000'000, ++due.tv_sec;
            (void)::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
        }
        return 0;
    }
    if (deed == "ship") {
        for (long n = 0; n < number(2, 100); ++n) (void)logkit::log.info("e", kv("n", n));
        const bool is_shipped = logkit::ship::flush();
        const logkit::ship::statistics s = logkit::ship::stats();
        std::printf(R"({"is_shipped":%s,"state":"%s","records":%llu,"rejected":%llu,"lag":%llu})"
                    "\n",
                    is_shipped ? "true" : "false", s.state.c_str(), static_cast<unsigned long long>(s.records),
                    static_cast<unsigned long long>(s.rejected), static_cast<unsigned long long>(s.lag_bytes));
        return is_shipped ? 0 : 1;
    }
    if (deed == "fork") {
        const long count = number(2, 100);
        for (long n = 0; n < count; ++n) (void)logkit::log.info("e", kv("n", n));
        (void)logkit::ship::flush();
        const pid_t child = ::fork();
        for (long n = 0; n < count; ++n) (void)logkit::log.info("e", kv("n", (child == 0 ? 2 : 1) * count + n));
        if (child == 0) std::exit(logkit::ship::flush() ? 0 : 1);
        int status = 0;
        (void)::waitpid(child, &status, 0);
        return logkit::ship::flush() && status == 0 ? 0 : 1;
    }
    if (deed == "exec") {
        for (long n = 0; n < number(2, 100); ++n) (void)logkit::log.info("e", kv("n", n));
        (void)logkit::ship::flush();
        ::execl("/bin/sh", "sh", "-c", "ls -l /proc/self/fd | grep -c socket", nullptr);
        return 1;
    }
    return 2;
}
