// SPDX-License-Identifier: MIT
#include <logkit/reader/log_files.hpp>

#include <support/catch.hpp>
#include <support/files.hpp>

namespace {

TEST_CASE("a rotated set is read from its oldest file on, ten before two") {
    const support::temporary_folder folder;
    std::vector<std::string> names;
    for (const char* name :
         {"run.log", "run.log.0", "run.log.1", "run.log.2", "run.log.10", "run.log.bak", "other.log"}) {
        std::ofstream(folder.file(name)) << name;
        names.push_back(folder.file(name));
    }
    const std::vector<std::string> expected{folder.file("run.log.10"), folder.file("run.log.2"),
                                            folder.file("run.log.1"), folder.file("run.log.0"), folder.file("run.log")};
    CHECK(logkit::rotated_set(folder.file("run.log")) == expected);
    std::vector<std::string> opened;
    for (logkit::log_file const& file :
         logkit::open_logs({folder.file("run.log*"), folder.file("other.log"), folder.file("run.log")}))
        opened.push_back(file.path());
    CHECK(opened == std::vector<std::string>{expected[0], expected[1], expected[2], expected[3], expected[4],
                                             folder.file("run.log.bak"), folder.file("other.log")});
}

TEST_CASE("a file that is not there is said") {
    CHECK_THROWS_AS(logkit::open_logs({"/nowhere/run.log"}), logkit::log_file_error);
    CHECK_THROWS_AS(logkit::open_logs({"/"}), logkit::log_file_error);
}

}  // namespace
