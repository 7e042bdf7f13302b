// SPDX-License-Identifier: MIT
#include <logkit/sink/committed_end.hpp>

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <logkit.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;
namespace lk = logkit;

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("a torn batch that a dead writer has noted is above the committed end") {
    support::temporary_folder folder;
    const std::string log = folder.file("run.log"), journals = folder.file("journals");
    const pid_t child = ::fork();
    if (child == 0) {
        lk::settings s;
        s.file = log;
        s.journal = journals;
        s.console = lk::console::off;
        lk::configure(s);
        lk::log.info("one");
        (void)lk::flush();
        for (int i = 0; i < 20; ++i) lk::log.info("two");
        (void)lk::flush();
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    const journal_whereabouts found = journals_of(log);
    CHECK(found.is_ours);
    CHECK(found.is_readable);
    REQUIRE(!found.folders.empty());
    CHECK(found.folders[0] == journals);
    const auto end = [&] {
        const descriptor file = open_file(log.c_str(), O_RDONLY);
        return committed_end(file.get(), found.folders, 0, clock_ns(CLOCK_MONOTONIC)).value();
    };
    const std::uint64_t whole = std::filesystem::file_size(log);
    CHECK(end().end == whole);
    CHECK(!end().is_torn);
    const std::string before = support::read_file(log);
    for (std::uint64_t cut = 1; cut < 400; cut += 7) {
        std::filesystem::resize_file(log, whole - cut);
        const committed torn = end();
        CHECK(torn.is_torn);
        CHECK(torn.end < whole - cut);
        CHECK(before.substr(0, torn.end).ends_with('\n'));
        CHECK(std::filesystem::file_size(log) == whole - cut);  // nothing was changed
    }
}
#endif

TEST_CASE("without journals it is the end of the last line") {
    support::temporary_folder folder;
    const std::string log = folder.file("a.log");
    const auto end_of = [&](std::string const& text, std::uint64_t from = 0) {
        std::ofstream(log, std::ios::binary) << text;
        const descriptor file = open_file(log.c_str(), O_RDONLY);
        return committed_end(file.get(), {}, from, clock_ns(CLOCK_MONOTONIC)).value().end;
    };
    CHECK(end_of("") == 0);
    CHECK(end_of("half") == 0);
    CHECK(end_of("one\nhalf") == 4);
    CHECK(end_of("one\n" + std::string(200'000, 'x')) == 4);
    CHECK(end_of("one\ntwo\n", 4) == 8);
    CHECK(end_of("one\nhalf", 4) == 4);
}

TEST_CASE("a lock that is not to be had is no answer, and holds nobody up") {
    support::temporary_folder folder;
    const std::string log = folder.file("a.log");
    std::ofstream(log) << "one\n";
    const descriptor writer = open_file(log.c_str(), O_RDWR), reader = open_file(log.c_str(), O_RDONLY);
    {
        const file_lock held(writer.get(), 0);
        CHECK(!committed_end(reader.get(), {}, 0, clock_ns(CLOCK_MONOTONIC) + 1'000'000).has_value());
    }
    CHECK(committed_end(reader.get(), {}, 0, 0).has_value());
    const file_lock another_reader(reader.get(), 0, LOCK_SH);
    const descriptor third = open_file(log.c_str(), O_RDONLY);
    CHECK(committed_end(third.get(), {}, 0, 0).has_value());  // who looks does not keep others from looking
}
