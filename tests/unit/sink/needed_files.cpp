// SPDX-License-Identifier: MIT
#include <logkit/sink/needed_files.hpp>

#include <fstream>
#include <set>
#include <string>

#include <logkit/sink/rotating_file.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;

namespace {

struct rotated_log {
    support::temporary_folder folder;
    std::string log = folder.file("run.log");
    int lines = 0;

    explicit rotated_log(unsigned backups) : file({log, 100, backups, {}}) { write(1); }
    rotating_file file;

    void write(int count) {
        for (; count > 0; --count)
            REQUIRE(file.write("{\"n\":" + std::to_string(1'000 + lines++) + ",\"pad\":\"" + std::string(60, 'x') +
                               "\"}\n"));
    }
    void put_cursor(std::string const& name, std::string const& place, std::uint64_t spool_mb = 1'024) const {
        std::ofstream(folder.file(name)) << "logkit-cursor 1\nplace " << place << "\nspool_mb " << spool_mb << "\n";
    }
    [[nodiscard]] std::string place_of(std::string const& path) const {
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        return std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino);
    }
    [[nodiscard]] std::size_t rotated() const { return files_of_log(log).size() - 1; }
};

}  // namespace

TEST_CASE("without a cursor there are as many files as backups") {
    for (const unsigned backups : {0U, 1U, 3U}) {
        rotated_log r(backups);
        r.write(10);
        CHECK(r.rotated() == backups);
    }
}

TEST_CASE("a file that a cursor needs is kept, and all newer ones, until it needs them no more") {
    for (const unsigned backups : {0U, 1U, 2U}) {
        rotated_log r(backups);
        r.put_cursor("run.log.cursor", r.place_of(r.log));
        r.write(7);
        CHECK(r.rotated() == 7);
        for (int n = 1; n <= 7; ++n) CHECK(std::filesystem::exists(rotated_path(r.log, n)));
        r.put_cursor("run.log.cursor", r.place_of(rotated_path(r.log, 3)));
        r.write(1);
        CHECK(r.rotated() == std::max(4U, backups));
        r.put_cursor("run.log.cursor", r.place_of(r.log));
        r.write(1);
        CHECK(r.rotated() == std::max(1U, backups));
        CHECK(r.file.take_spool_losses() == 0);
    }
}

TEST_CASE("a cursor whose file is not known, or which is of another version, needs all") {
    rotated_log r(1);
    r.put_cursor("run.log.cursor.second", "0 0");
    r.write(5);
    CHECK(r.rotated() == 5);
    std::ofstream(r.folder.file("run.log.cursor.second")) << "logkit-cursor 9\nwhatever\n";
    r.write(5);
    CHECK(r.rotated() == 10);
}

TEST_CASE("beyond the spool the oldest goes, and is counted") {
    rotated_log r(1);
    r.put_cursor("run.log.cursor", r.place_of(r.log), 0);
    r.write(5);
    CHECK(r.rotated() == 1);
    CHECK(r.file.take_spool_losses() > 0);
    CHECK(r.file.take_spool_losses() == 0);
}

TEST_CASE("a shipper that has been gone for a week holds nothing back, unless the log slept, too") {
    const auto age = [](std::string const& path, time_t days) {
        const timespec times[2] = {{::time(nullptr) - days * 86'400, 0}, {::time(nullptr) - days * 86'400, 0}};
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    };
    rotated_log r(1);
    r.put_cursor("run.log.cursor", r.place_of(r.log));
    r.write(3);
    CHECK(r.rotated() == 3);
    age(r.folder.file("run.log.cursor"), 8);
    r.write(1);  // its file was written a moment ago
    CHECK(r.rotated() == 4);
    age(rotated_path(r.log, 4), 8);
    r.write(1);
    CHECK(r.rotated() == 1);
}

TEST_CASE("locks and old cursors are no cursors") {
    CHECK(is_cursor_name("run.log.cursor", "run.log"));
    CHECK(is_cursor_name("run.log.cursor.second", "run.log"));
    for (const char* other : {"run.log.cursor.lock", "run.log.cursor.old", "run.log.cursor.new",
                              "run.log.cursor.second.lock", "run.log.cursors", "run.log", "x.log.cursor"})
        CHECK(!is_cursor_name(other, "run.log"));
}
