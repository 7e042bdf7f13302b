// SPDX-License-Identifier: MIT
#include <logkit/pipe/journal.hpp>

#include <sys/stat.h>

#include <string>

#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;

TEST_CASE("a journal is the owner's alone, locked, and removed when there is nothing to recover") {
    support::temporary_folder folder;
    std::string why;
    auto j = journal::make({folder.file("new")}, "/var/log/a.log", why);
    REQUIRE(j != nullptr);
    struct stat status {};
    REQUIRE(::stat(j->path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    REQUIRE(::stat(folder.file("new").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    CHECK(find_journals({folder.file("new")}, "/var/log/a.log") == std::vector<std::string>{j->path()});
    process_identity owner{};
    CHECK_FALSE(open_dead_journal(j->path(), owner).is_open());
    const auto ring = j->add_ring(8192);
    REQUIRE(ring.has_value());
    CHECK(ring->is_in_file());
    const std::string before = j->path();
    j->retarget("/var/log/b.log");
    CHECK(find_journals({folder.file("new")}, "/var/log/b.log") == std::vector<std::string>{j->path()});
    CHECK(j->path() != before);
    j->remove();
    CHECK(::stat(j->path().c_str(), &status) != 0);
}

TEST_CASE("where one folder cannot hold it the next may; why none could is told") {
    support::temporary_folder folder;
    std::string why;
    const auto j = journal::make({"/proc/no/such", folder.path().string()}, "/var/log/a.log", why);
    REQUIRE(j != nullptr);
    CHECK(j->path().find(folder.path().string()) == 0);
    CHECK(why.find("/proc/no/such: ") == 0);
    why.clear();
    CHECK(journal::make({"/proc/no/such", "/sys"}, "/var/log/a.log", why) == nullptr);
    CHECK(why.find("; /sys: ") != std::string::npos);
}

TEST_CASE("a journal that cannot grow says so and keeps what it has; no signal comes of it") {
    support::temporary_folder folder;
    std::string why;
    const auto j = journal::make({folder.path().string()}, "/var/log/a.log", why);
    REQUIRE(j != nullptr);
    REQUIRE(j->add_site("0123456789"));
    support::file_size_limit limit(100'000);
    std::signal(SIGXFSZ, SIG_DFL);
    CHECK_FALSE(j->add_ring(256 * 1024).has_value());
    CHECK(j->add_site("0123456789"));
    CHECK_FALSE(j->add_site(std::string(70'000, 'x')));
    CHECK(journal::make({folder.file("x")}, std::string(5000, 'x'), why) == nullptr);
}
