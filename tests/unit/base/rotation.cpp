// SPDX-License-Identifier: MIT
#include <logkit/base/rotation.hpp>

#include <filesystem>
#include <fstream>

#include <support/catch.hpp>
#include <support/files.hpp>

using logkit::detail::parse_rotated_name;
using logkit::detail::rotated_name;

TEST_CASE("a name tells which log it is of, and its place in the row") {
    CHECK(parse_rotated_name("run.log").number == rotated_name::current);
    CHECK(parse_rotated_name("run.log.0").number == 0);
    CHECK(parse_rotated_name("run.log.3").number == 3);
    CHECK(parse_rotated_name("run.log.3").base == "run.log");
    CHECK(parse_rotated_name("run.log.10.gz").number == 10);
    CHECK(parse_rotated_name("a/run.log.2.zst").base == "a/run.log");
    CHECK(parse_rotated_name("run.log-20261120").number > parse_rotated_name("run.log-20261121").number);
    CHECK(parse_rotated_name("run.log.2026-11-20").number > parse_rotated_name("run.log-20261121.gz").number);
    CHECK(parse_rotated_name("run.log.2026-11-20").base == "run.log");
    for (const char* name : {"42", "part2", "/var/log/.1", "run.log.", "run.log.99999999999999999999"})
        CHECK(parse_rotated_name(name).number == rotated_name::current);
}

TEST_CASE("a path and its number are each other's inverse") {
    for (const std::int64_t number : {rotated_name::current, std::int64_t{0}, std::int64_t{7}, std::int64_t{1000}}) {
        const rotated_name parsed = parse_rotated_name(logkit::detail::rotated_path("/a/run.log", number));
        CHECK(parsed.base == "/a/run.log");
        CHECK(parsed.number == number);
    }
}

TEST_CASE("the files of a log are found beside what its name leads to, the oldest first") {
    const support::temporary_folder folder;
    std::filesystem::create_directories(folder.file("data"));
    for (const char* name : {"real.log", "real.log.1", "real.log.0", "real.log.2.gz", "real.log.cursor", "real.logger"})
        std::ofstream(folder.file(std::string("data/") + name)) << name;
    std::filesystem::create_symlink("data/real.log", folder.file("run.log"));
    std::vector<std::string> names;
    for (std::string const& path : logkit::detail::files_of_log(folder.file("run.log")))
        names.push_back(std::filesystem::path(path).filename());
    CHECK(names == std::vector<std::string>{"real.log.2.gz", "real.log.1", "real.log.0", "real.log"});
    CHECK(logkit::detail::files_of_log(folder.file("none.log")).empty());
}
