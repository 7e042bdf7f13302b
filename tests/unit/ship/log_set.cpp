// SPDX-License-Identifier: MIT
#include <logkit/ship/log_set.hpp>

#include <fstream>
#include <string>
#include <vector>

#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;

namespace {

std::vector<std::string> names_in(support::temporary_folder const& folder, std::string const& rotated = "") {
    std::vector<std::string> names;
    for (found_file const& f : files_of_shipped_log(folder.file("app.log"), rotated))
        names.push_back(std::filesystem::path(f.path).filename());
    return names;
}
void make(support::temporary_folder const& folder, std::vector<std::string> const& names) {
    int second = 0;
    for (std::string const& name : names) {
        std::ofstream(folder.file(name)) << name;
        const timespec times[2] = {{1'700'000'000 + second, 0}, {1'700'000'000 + second, 0}};
        ++second;
        utimensat(AT_FDCWD, folder.file(name).c_str(), times, 0);
    }
}

}  // namespace

TEST_CASE("a name is a rotated one of the log, or another log's") {
    for (const char* name :
         {"app.log", "app.log.1", "app.log.12.gz", "app.log-20251126", "app.log.2025-11-26.gz", "app-2025-11-26.0.log",
          "app.1.log", "app.2.log.gz", "app-20251126T101500.log", "app.log.old", "app.log.2025-11-26_10"})
        CHECK(is_rotated_name(name, "app.log"));
    for (const char* name : {"app-1.log", "app_2.log.gz", "app.log.bak", "app.log.2.xz"})  // neighbours
        CHECK(!is_rotated_name(name, "app.log"));
    constexpr bool is_ours = true;
    CHECK(is_rotated_name("app.log.3.gz", "app.log", is_ours));
    CHECK(!is_rotated_name("app.1.log", "app.log", is_ours));
    for (const char* name : {"app-error.log", "app2.log", "app.logs", "application.log", "other.log", "app.log.cursor",
                             "app.log.cursor.old", "app.log.cursor.lock", "app.log.rejected", ".app.log.journal",
                             "app.log.swp", "app.log.1.tmp", "app", "app.json"})
        CHECK(!is_rotated_name(name, "app.log"));
}

TEST_CASE("files are in the order of their numbers, or of when they were written") {
    support::temporary_folder numbered;
    make(numbered, {"app.log", "app.log.1", "app.log.2.gz", "app.log.10"});
    CHECK(names_in(numbered) == std::vector<std::string>{"app.log.10", "app.log.2.gz", "app.log.1", "app.log"});
    support::temporary_folder dated;
    make(dated, {"app.log", "app-2025-11-25.0.log", "app-2025-11-25.1.log", "app-2025-11-26.0.log"});
    CHECK(names_in(dated) ==
          std::vector<std::string>{"app-2025-11-25.0.log", "app-2025-11-25.1.log", "app-2025-11-26.0.log", "app.log"});
}

TEST_CASE("a file that is being packed counts once, and so does one with two names") {
    support::temporary_folder folder;
    make(folder, {"app.log", "app.log.1", "app.log.1.gz"});
    std::filesystem::create_hard_link(folder.file("app.log.1"), folder.file("app.log.2"));
    CHECK(names_in(folder).size() == 2);
}

TEST_CASE("a pattern names rotated files elsewhere") {
    support::temporary_folder folder;
    std::filesystem::create_directory(folder.file("old"));
    make(folder, {"old/1.log", "old/2.log", "app.log"});
    CHECK(names_in(folder, folder.file("old/*.log")) == std::vector<std::string>{"1.log", "2.log", "app.log"});
}
