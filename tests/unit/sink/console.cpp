// SPDX-License-Identifier: MIT
#include <logkit/sink/console.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <logkit.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

TEST_CASE("colour follows FORCE_COLOR, then NO_COLOR, then the terminal") {
    const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_FALSE(logkit::wants_colour(file));
    setenv("FORCE_COLOR", "1", 1);
    CHECK(logkit::wants_colour(file));
    setenv("NO_COLOR", "1", 1);
    CHECK(logkit::wants_colour(file));
    setenv("FORCE_COLOR", "0", 1);
    CHECK_FALSE(logkit::wants_colour(file));
    unsetenv("FORCE_COLOR");
    unsetenv("NO_COLOR");
    ::close(file);
}

namespace {
// A console on a pipe, and what can be read of it.
struct piped_console {
    int ends[2] = {-1, -1};
    std::unique_ptr<logkit::console_sink> sink;
    logkit::record record;

    explicit piped_console(logkit::console_sink::style style = logkit::console_sink::style::json) {
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        sink = std::make_unique<logkit::console_sink>(ends[1], style, false, true, std::chrono::milliseconds(1));
        record.reset({});
    }
    ~piped_console() {
        if (ends[0] >= 0) ::close(ends[0]);
        ::close(ends[1]);
    }
    void write(std::string const& line) { sink->write(record, line + '\n'); }
    [[nodiscard]] std::string read() {
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        std::string all;
        char piece[4096];
        for (ssize_t n = 0; (n = ::read(ends[0], piece, sizeof piece)) > 0;)
            all.append(piece, static_cast<std::size_t>(n));
        return all;
    }
};
}  // namespace

TEST_CASE("a console that nobody reads is not waited for; what it lacks is said there when it is read again") {
    piped_console console;
    const std::string text(99, 'x');
    const std::uint64_t before = logkit::detail::console_lines_missed.load();
    for (int i = 0; i < 100'000; ++i) console.write(text);
    console.sink->flush();
    CHECK(console.sink->state() == logkit::sink_state::stalled);
    const std::uint64_t missed = logkit::detail::console_lines_missed.load() - before;
    CHECK(missed > 80'000);
    std::string all;
    for (std::string part = console.read(); !part.empty(); part = console.read()) {
        all += part;
        console.sink->flush();
    }
    CHECK(console.sink->state() == logkit::sink_state::done);
    CHECK(all.find(R"("missing":)" + std::to_string(missed)) != std::string::npos);
    CHECK(static_cast<std::uint64_t>(std::count(all.begin(), all.end(), '\n')) == 100'000 - missed + 1);
    CHECK(all.find("\nx") != std::string::npos);  // whole lines
    console.write("after");
    console.sink->flush();
    CHECK(console.read() == "after\n");
}

TEST_CASE("a console whose reader has gone is no error and no signal") {
    piped_console console;
    ::close(std::exchange(console.ends[0], -1));
    const logkit::detail::write_signals_blocked blocked;  // as wherever sinks run
    console.write("x");
    console.sink->flush();
    CHECK(console.sink->state() == logkit::sink_state::done);
}

TEST_CASE("a descriptor that was closed when the console was made is never written to") {
    const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::close(fd);
    logkit::console_sink sink(fd, logkit::console_sink::style::json, false);
    support::temporary_folder folder;
    const int stranger = ::open(folder.file("a.db").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(stranger == fd);
    logkit::record record;
    record.reset({});
    sink.write(record, "x\n");
    sink.flush();
    CHECK(support::read_file(folder.file("a.db")).empty());
    ::close(stranger);
}

TEST_CASE("between two batches nothing is held open: who reads sees the end when the program lets go") {
    piped_console console;
    console.write("x");
    console.sink->flush();
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, console.ends[1]);  // as a daemon does
    ::close(null);
    CHECK(console.read() == "x\n");
    char piece[8];
    CHECK(::read(console.ends[0], piece, sizeof piece) == 0);
}
