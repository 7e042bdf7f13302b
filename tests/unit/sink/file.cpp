// SPDX-License-Identifier: MIT
#include <logkit/sink/file.hpp>

#include <memory>
#include <system_error>

#include <logkit/testing.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

TEST_CASE("a second file gets every line") {
    static support::temporary_folder folder;
    logkit::add_sink(std::make_shared<logkit::file_sink>(folder.file("audit.log")));
    logkit::log.warning("to be audited", logkit::kv("n", 1));
    REQUIRE(logkit::flush());
    const auto lines = support::read_log(folder.file("audit.log"));
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.back()["event"] == "to be audited");
}

TEST_CASE("a file that cannot be opened is an error at once") {
    CHECK_THROWS_AS(logkit::file_sink("/proc/no/such/audit.log"), std::system_error);
}
