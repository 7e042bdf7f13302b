// SPDX-License-Identifier: MIT
#include <logkit/sink/rotating_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <support/catch.hpp>
#include <support/files.hpp>

using logkit::detail::file_place;
using logkit::detail::rotating_file;
namespace fs = std::filesystem;

namespace {
void write(rotating_file& file, std::string const& text) {
    REQUIRE(file.write(text));
}
}  // namespace

TEST_CASE("it makes folders, appends, and the file is the owner's alone") {
    support::temporary_folder folder;
    const std::string path = folder.file("a/b/run.log");
    {
        rotating_file file({path, 0, 0, {}});
        REQUIRE(file.open());
        write(file, "one\n");
    }
    rotating_file file({path, 0, 0, {}});
    REQUIRE(file.open());
    write(file, "two\n");
    CHECK(support::read_file(path) == "one\ntwo\n");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("it rotates before a batch that would make it too large, and keeps so many backups") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    rotating_file file({path, 10, 2, {}});
    REQUIRE(file.open());
    for (const char* text : {"aaaaaa\n", "bbbbbb\n", "cccccc\n", "dddddd\n"}) write(file, text);
    CHECK(support::read_file(path) == "dddddd\n");
    CHECK(support::read_file(path + ".1") == "cccccc\n");
    CHECK(support::read_file(path + ".2") == "bbbbbb\n");
    CHECK_FALSE(fs::exists(path + ".3"));
    write(file, std::string(50, 'x') + "\n");  // larger than the limit: a file of its own
    CHECK(support::read_file(path).size() == 51);
}

TEST_CASE("with no backups, the old file goes") {
    support::temporary_folder folder;
    rotating_file file({folder.file("run.log"), 4, 0, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    write(file, "two\n");
    CHECK(support::read_file(folder.file("run.log")) == "two\n");
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("where a backup cannot get its number, nothing is lost, and what cannot be done is told once") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    fs::create_directories(path + ".1/occupied");  // rename onto a folder fails
    rotating_file file({path, 4, 1, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    write(file, "two\n");
    CHECK(support::read_file(path + ".0") == "one\n");
    CHECK(file.take_rotation_error() != 0);
    write(file, "three\n");
    CHECK(support::read_file(path) == "two\nthree\n");
    CHECK(file.take_rotation_error() == 0);
    CHECK(file.rotation_failures() >= 1);
}

TEST_CASE("where the log cannot be moved, no backup is") {
    support::temporary_folder folder;
    const std::string path = folder.file(std::string(254, 'x'));  // with a ".0" it is too long for a name
    rotating_file file({path, 4, 3, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    write(file, "two\n");
    CHECK(support::read_file(path) == "one\ntwo\n");
    CHECK(file.take_rotation_error() == ENAMETOOLONG);
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a rotation that was broken off is finished by the next, in order") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    std::ofstream(path + ".0") << "newest\n";
    std::ofstream(path + ".1") << "older\n";
    rotating_file file({path, 4, 5, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    write(file, "two\n");
    CHECK(support::read_file(path) == "two\n");
    CHECK(support::read_file(path + ".1") == "one\n");
    CHECK(support::read_file(path + ".2") == "newest\n");
    CHECK(support::read_file(path + ".3") == "older\n");
}

TEST_CASE("a hole in the row is filled before the oldest goes") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    std::ofstream(path + ".1") << "1\n";
    std::ofstream(path + ".3") << "3\n";
    rotating_file file({path, 4, 3, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    write(file, "two\n");
    CHECK(support::read_file(path + ".1") == "one\n");
    CHECK(support::read_file(path + ".2") == "1\n");
    CHECK(support::read_file(path + ".3") == "3\n");
}

TEST_CASE("a new file has the mode of the one before it, or the one that was asked for") {
    support::temporary_folder folder;
    const auto mode_of = [](std::string const& path) {
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        return status.st_mode & 0777;
    };
    const std::string path = folder.file("run.log");
    {
        rotating_file file({path, 4, 3, {}});
        REQUIRE(file.open());
        ::chmod(path.c_str(), 0640);
        write(file, "one\n");
        write(file, "two\n");
        CHECK(mode_of(path) == 0640);
        fs::rename(path, path + ".moved");  // by somebody else
        write(file, "3\n");
        CHECK(mode_of(path) == 0640);
    }
    const std::string asked = folder.file("asked.log");
    rotating_file file({asked, 4, 3, 0664});
    REQUIRE(file.open());
    CHECK(mode_of(asked) == 0664);
}

TEST_CASE("a symbolic link stays one: what it leads to is rotated") {
    support::temporary_folder folder;
    fs::create_directories(folder.file("data"));
    const std::string path = folder.file("run.log"), target = folder.file("data/real.log");
    fs::create_symlink(target, path);  // the file itself is not there yet
    rotating_file file({path, 4, 3, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    write(file, "two\n");
    CHECK(fs::is_symlink(path));
    CHECK(support::read_file(target) == "two\n");
    CHECK(support::read_file(target + ".1") == "one\n");
    CHECK_FALSE(fs::exists(path + ".1"));
}

TEST_CASE("a descriptor that the program closed and opened as something else is a stranger's") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log"), other = folder.file("other.db");
    rotating_file file({path, 0, 0, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    int highest = 3;
    for (int fd = 3; fd < 64; ++fd) {
        struct stat mine {
        }, named{};
        if (::fstat(fd, &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino) highest = fd;
    }
    const int stranger = ::open(other.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::dup2(stranger, highest) == highest);
    write(file, "two\n");
    CHECK(support::read_file(path) == "one\ntwo\n");
    CHECK(support::read_file(other).empty());
    CHECK(::fcntl(highest, F_GETFD) != -1);  // nor was it closed
    ::close(highest);
    ::close(stranger);
}

TEST_CASE("who holds the lock for ever is not waited for, and nothing is lost") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    rotating_file file({path, 0, 0, {}});
    REQUIRE(file.open());
    const int holder = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(holder, LOCK_EX) == 0);
    for (int i = 0; i < 1000; ++i) CHECK_FALSE(file.write("one\n"));  // a second each would be a quarter of an hour
    CHECK(errno == EWOULDBLOCK);
    ::close(holder);
    write(file, "one\n");
    CHECK(support::read_file(path) == "one\n");
}

TEST_CASE("a pipe without a reader is no wait, and gets what was kept for it") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    rotating_file file({path, 0, 0, {}});
    CHECK_FALSE(file.write("one\n"));
    CHECK(errno == ENXIO);
    const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    write(file, "one\n");
    char text[8];
    CHECK(::read(reader, text, sizeof text) == 4);
    ::close(reader);
}

TEST_CASE("it follows when the file is moved, removed or cut short") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    rotating_file file({path, 0, 0, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    fs::rename(path, path + ".moved");
    write(file, "two\n");
    CHECK(support::read_file(path + ".moved") == "one\n");
    CHECK(support::read_file(path) == "two\n");
    fs::remove(path);
    write(file, "three\n");
    CHECK(support::read_file(path) == "three\n");
    fs::resize_file(path, 0);
    write(file, "four\n");
    CHECK(support::read_file(path) == "four\n");
}

TEST_CASE("a file that cannot be opened says so") {
    rotating_file nowhere({"/proc/no/such/run.log", 0, 0, {}});
    CHECK_FALSE(nowhere.open());
    CHECK_FALSE(nowhere.write("x\n"));
    rotating_file full({"/dev/full", 0, 0, {}});
    REQUIRE(full.open());
    CHECK_FALSE(full.write("x\n"));
    CHECK(errno == ENOSPC);
}

TEST_CASE("a relative path stays where it was when the program changes its folder") {
    support::temporary_folder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    rotating_file file({"run.log", 0, 0, {}});
    REQUIRE(file.open());
    fs::current_path("/");
    write(file, "one\n");
    fs::current_path(before);
    CHECK(support::read_file(folder.file("run.log")) == "one\n");
}

TEST_CASE("a batch that does not fit is taken out again, whole") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    rotating_file file({path, 0, 0, {}});
    REQUIRE(file.open());
    write(file, "one\n");
    std::vector<file_place> places;
    {
        const support::file_size_limit limit(1000);
        CHECK_FALSE(file.write(std::string(5000, 'x') + "\n", [&](file_place const& p) { places.push_back(p); }));
        CHECK(errno == EFBIG);
    }
    CHECK(support::read_file(path) == "one\n");
    CHECK(file.write("two\n", [&](file_place const& p) { places.push_back(p); }));
    CHECK(support::read_file(path) == "one\ntwo\n");
    REQUIRE(places.size() == 2);
    CHECK(places[0].offset == 4);
    CHECK(places[0].length == 5001);
    CHECK(places[1].offset == 4);
}

TEST_CASE("who shares the file is told where others have written, and only then") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    rotating_file mine({path, 0, 0, {}}), theirs({path, 0, 0, {}});
    REQUIRE(mine.open());
    REQUIRE(theirs.open());
    std::vector<std::uint64_t> ends;
    mine.on_foreign_end([&](int, file_place const& end) { ends.push_back(end.offset); });
    write(mine, "one\n");
    write(mine, "two\n");
    CHECK(ends.empty());
    write(theirs, "three\n");
    write(mine, "four\n");
    CHECK(ends == std::vector<std::uint64_t>{14});
    CHECK(support::read_file(path) == "one\ntwo\nthree\nfour\n");
}

TEST_CASE("several may rotate one file: no line is lost or torn") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            rotating_file file({path, 2000, 1000, {}});
            for (int i = 0; i < 500; ++i) (void)file.write("line " + std::to_string(w * 500 + i) + " of 2000\n");
        });
    for (std::thread& w : writers) w.join();
    std::multiset<std::string> lines;
    for (auto const& entry : fs::directory_iterator(folder.path())) {
        const std::string text = support::read_file(entry.path());
        CHECK(text.size() <= 2000);
        for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
            lines.insert(text.substr(at, end - at));
    }
    CHECK(lines.size() == 2000);
    for (int i = 0; i < 2000; ++i) CHECK(lines.count("line " + std::to_string(i) + " of 2000") == 1);
}
