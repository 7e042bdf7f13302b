// SPDX-License-Identifier: MIT
// No logger: lines prepared beforehand, copied to a buffer and written 64 KiB at a time. For latency: the clock alone.
#include "harness.hpp"

#include <fcntl.h>
#include <unistd.h>

struct subject {
    inline static int fd = -1;
    inline static char buffer[64 * 1024 + 512];
    inline static std::size_t size = 0;
    static constexpr std::string_view line =
        R"({"timestamp":"2026-11-21T08:56:05.123456Z","level":"info","event":"request handled","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","method":"GET","path":"/api/v1/items/42","status":200,"dur_ms":12.75})"
        "\n";
    static void setup(std::string const& file) {
        fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    static void enter(int) {}
    [[gnu::noinline]] static void log(std::string const&, int, double) {
        std::memcpy(buffer + size, line.data(), line.size());
        size += line.size();
        if (size >= 64 * 1024) flush();
    }
    static void flush() {
        if (::write(fd, buffer, size) != static_cast<ssize_t>(size)) std::abort();
        size = 0;
    }
    static void finish() {
        flush();
        ::close(fd);
    }
};

int main(int argc, char** argv) {
    return bench::run<subject>(argc, argv);
}
