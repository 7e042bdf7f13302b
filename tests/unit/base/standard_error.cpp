// SPDX-License-Identifier: MIT
#include <logkit/base/standard_error.hpp>

#include <fcntl.h>

#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
// What it says while standard error is the end of a pipe; `prepare` gets both ends first.
template <class Prepare>
std::string said(const char* text, Prepare&& prepare) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const int before = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    prepare(ends[0], ends[1]);
    say_on_standard_error("%s", text);
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    ::close(ends[1]);
    std::string got(4096, '\0');
    const ssize_t n = ::read(ends[0], got.data(), got.size());
    got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    ::close(ends[0]);
    return got;
}
}  // namespace

TEST_CASE("one line, cut where it is very long") {
    CHECK(said("hello", [](int, int) {}) == "logkit: hello\n");
    const std::string cut = said(std::string(5000, 'x').c_str(), [](int, int) {});
    CHECK(cut.size() < 1100);
    CHECK(cut.ends_with("x\n"));
}

TEST_CASE("nobody who reads: no signal, no wait") {
    CHECK(said("x", [](int reader, int) { ::close(reader); }).empty());
    const std::string full = said("lost", [](int, int writer) {
        ::fcntl(writer, F_SETFL, O_NONBLOCK);
        const std::string page(4096, '.');
        while (::write(writer, page.data(), page.size()) > 0) {
        }
        ::fcntl(writer, F_SETFL, 0);
    });
    CHECK(full.find("lost") == std::string::npos);
}

TEST_CASE("a signal of a failing write is taken back, one that was pending before is not") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    {
        const write_signals_blocked blocked;
        CHECK(::write(ends[1], "x", 1) == -1);  // kills the process, were it not for that
    }
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    CHECK(::write(ends[1], "x", 1) == -1);
    { const write_signals_blocked blocked; }
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 1);
    const timespec at_once{};
    (void)sigtimedwait(&pipe_signal, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::close(ends[1]);
}
