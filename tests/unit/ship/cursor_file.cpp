// SPDX-License-Identifier: MIT
#include <logkit/ship/cursor_file.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;

namespace {

cursor example() {
    cursor c;
    c.stream = "0af7651916cd43dd8448eb211c80319c";
    c.position = 150;
    c.sent = 140;
    c.mark = "00000000000000aa";
    c.sample = {4, 46, 77};
    c.files = {{{1, 2}, 0, 100, "/var/log/a log.1"}, {{1, 3}, 100, 60, "/var/log/a log"}};
    c.place = 1;
    c.machine = "m";
    c.log = "/var/log/a log";
    c.error = "2026-11-21T12:00:00Z the server is away";
    return c;
}
void overwrite(std::string const& path, std::string const& text) {
    std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a cursor comes back as it was written") {
    cursor back;
    REQUIRE(parse_cursor(text_of_cursor(example()), back) == cursor_state::good);
    CHECK(text_of_cursor(back) == text_of_cursor(example()));
    CHECK(back.offset() == 50);
    CHECK(back.file().path == "/var/log/a log");
}

TEST_CASE("a cursor of which a byte is wrong or missing is damaged") {
    const std::string text = text_of_cursor(example());
    cursor ignored;
    for (std::size_t n = 0; n < text.size(); ++n)
        CHECK(parse_cursor(text.substr(0, n), ignored) == cursor_state::damaged);
    for (std::size_t n = cursor_magic.size(); n < text.size(); ++n) {
        std::string wrong = text;
        wrong[n] ^= 1;
        CHECK(parse_cursor(wrong, ignored) == cursor_state::damaged);
    }
    CHECK(parse_cursor(std::string(200, '\0'), ignored) == cursor_state::damaged);
}

TEST_CASE("a cursor of another version is left alone") {
    std::string text = text_of_cursor(example());
    text.replace(0, cursor_magic.size(), "logkit-cursor 2\n");
    cursor ignored;
    CHECK(parse_cursor(text, ignored) == cursor_state::of_another_version);
}

TEST_CASE("the cursor before stands in for a damaged one, and is not lost to it") {
    support::temporary_folder folder;
    const cursor_file file(folder.file("run.log"), "");
    cursor c = example(), back;
    CHECK(file.load(back) == cursor_state::absent);
    REQUIRE(file.save(c));
    c.position = c.sent = 155;
    REQUIRE(file.save(c));
    struct stat status {};
    REQUIRE(::stat(file.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    REQUIRE(file.load(back) == cursor_state::good);
    CHECK(back.position == 155);
    for (std::string const& damage : {std::string(), std::string(200, '\0'), text_of_cursor(c).substr(0, 40)}) {
        overwrite(file.path(), damage);
        CHECK(!file.is_whole());
        REQUIRE(file.load(back) == cursor_state::good);
        CHECK(back.position == 150);
    }
    REQUIRE(file.save(c));  // the damaged one does not become the one before
    overwrite(file.path(), "");
    REQUIRE(file.load(back) == cursor_state::good);
    CHECK(back.position == 150);
    overwrite(file.path() + ".old", "");
    CHECK(file.load(back) == cursor_state::damaged);
}

TEST_CASE("where there is no room, the cursor on disk stays") {
    support::temporary_folder folder;
    const cursor_file file(folder.file("run.log"), "second");
    REQUIRE(file.path() == folder.file("run.log.cursor.second"));
    REQUIRE(file.save(example()));
    cursor c = example();
    c.position = 160;
    {
        const support::file_size_limit full(40);
        CHECK(!file.save(c));
        CHECK(errno == EFBIG);
    }
    cursor back;
    REQUIRE(file.load(back) == cursor_state::good);
    CHECK(back.position == 150);
    CHECK(!std::filesystem::exists(file.path() + ".new"));
}

TEST_CASE("one process has the cursor, and its death gives it back") {
    support::temporary_folder folder;
    int ready[2], end[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(end) == 0);
    const pid_t other = ::fork();
    if (other == 0) {
        cursor_file file(folder.file("run.log"), "");
        pid_t holder = 0;
        const char is_mine = file.try_lock(holder) == cursor_file::lock_result::mine ? 'y' : 'n';
        (void)!::write(ready[1], &is_mine, 1);
        char ignored = 0;
        ::close(end[1]);
        (void)!::read(end[0], &ignored, 1);
        ::_exit(0);
    }
    char is_theirs = 0;
    REQUIRE(::read(ready[0], &is_theirs, 1) == 1);
    CHECK(is_theirs == 'y');
    cursor_file mine(folder.file("run.log"), "");
    pid_t holder = 0;
    CHECK(mine.try_lock(holder) == cursor_file::lock_result::taken);
    CHECK(holder == other);
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    CHECK(mine.try_lock(holder) == cursor_file::lock_result::mine);
    for (const int fd : {ready[0], ready[1], end[0], end[1]}) ::close(fd);
}
