// SPDX-License-Identifier: MIT
#include <logkit/pipe/journal_place.hpp>

#include <sys/wait.h>

#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;

TEST_CASE("a process is alive while it lives; one with its number but another start is not it") {
    process_identity me = this_process();
    CHECK(me.start_time != 0);
    CHECK(is_alive(me));
    ++me.start_time;
    CHECK_FALSE(is_alive(me));
    process_identity before_the_boot = this_process();
    before_the_boot.boot_id[0] = '?';
    CHECK_FALSE(is_alive(before_the_boot));
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    process_identity other = this_process();
    other.pid = static_cast<std::uint64_t>(child);
    other.start_time = start_time_of(other.pid);
    CHECK(is_alive(other));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    CHECK_FALSE(is_alive(other));
}

TEST_CASE("journals are found by the log they belong to") {
    support::temporary_folder folder;
    const std::string mine = folder.path().string() + '/' + journal_prefix("/var/log/a.log") + "1-1.journal";
    for (std::string const& path :
         {mine, folder.file("logkit-0000000000000000-1-1.journal"), mine + ".bad", mine + ".new"})
        descriptor(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK(find_journals({"/no/such/folder", folder.path().string()}, "/var/log/a.log") ==
          std::vector<std::string>{mine});
    CHECK(journal_folders("/x", "/var/log/a.log") == std::vector<std::string>{"/x"});
    CHECK(journal_folders("", "/var/log/a.log")[1] == "/var/log/.");
}
