// SPDX-License-Identifier: MIT
#include <logkit/control/recovery.hpp>

#include <sys/wait.h>

#include <functional>
#include <string>

#include <logkit.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;
using logkit::kv;
namespace lk = logkit;

#if !defined(__SANITIZE_THREAD__)
namespace {

// A folder with a log and the journal of a process that logged and was killed before anything was written.
struct dead_process {
    support::temporary_folder folder;
    std::string log = folder.file("run.log"), journals = folder.file("journals");
    recovery_target target{{log, 0, 5, {}}, {journals}};

    explicit dead_process(std::function<void()> const& act) {
        const pid_t child = fork();
        if (child == 0) {
            lk::settings s;
            s.file = log;
            s.journal = journals;
            s.console = lk::console::off;
            s.level = lk::level::trace;
            s.mode = lk::mode::async;
            lk::configure(s);
            lk::global_context(kv("service", "shop"));
            lk::log.info("the first record makes the journal");
            (void)lk::flush();
            std::filesystem::resize_file(log, 0);
            (void)engine::instance().parts().drainer.try_lock_until(
                UINT64_MAX);  // the backend writes nothing from here on
            act();
            ::kill(getpid(), SIGKILL);
        }
        waitpid(child, nullptr, 0);
    }
    [[nodiscard]] std::string journal_path() const {
        const auto found = find_journals({journals}, log);
        return found.empty() ? std::string{} : found.front();
    }
    recovery_report recover() { return recover_journals(target); }
};

}  // namespace
#endif

#if !defined(__SANITIZE_THREAD__)  // which does not survive threads in a forked child

TEST_CASE("what a killed process had accepted is written by the next, as it would have been, and said to be so") {
    dead_process dead([] {
        lk::new_context(kv("job", 7));
        const lk::capture outer{"outer", kv("o", 1)};
        lk::log.named("db").bind(kv("b", "x")).warning("{} of {}", 2, "three", kv("password", "hunter2"), kv("d", 0.5));
        const lk::capture inner{"inner"};
        lk::log.error("broken", lk::exc(std::runtime_error("why")));
        lk::log.info("large", kv("text", std::string(40'000, 'y')));
        ::kill(getpid(), SIGKILL);  // with both spans open
    });
    REQUIRE(support::read_log(dead.log).empty());
    const recovery_report report = dead.recover();
    CHECK(report.journals == 1);
    CHECK(report.records == 3);
    CHECK(report.spans == 2);
    CHECK(report.bad_journals == 0);
    const auto r = support::read_log(dead.log);
    REQUIRE(r.size() == 5);
    CHECK(r[0]["event"] == "2 of three");
    CHECK(r[0]["logger"] == "db");
    CHECK(r[0]["b"] == "x");
    CHECK(r[0]["password"] == "***");
    CHECK(r[0]["d"] == 0.5);
    CHECK(r[0]["service"] == "shop");
    CHECK(r[0]["job"] == 7);
    CHECK(r[0]["span"] == "outer");
    CHECK(r[1]["exc_info"]["what"] == "why");
    CHECK(r[2]["text"].get<std::string>().size() == 40'000);
    CHECK(r[3]["event"] == "END");
    CHECK(r[3]["span"] == "inner");
    CHECK(r[3]["status"] == "aborted");
    CHECK(r[3]["parent_span_id"] == r[0]["span_id"]);
    CHECK(r[4]["span"] == "outer");
    CHECK(r[4]["span_id"] == r[0]["span_id"]);
    for (auto const& line : r) {
        CHECK(line["recovered"] == true);
        CHECK(line["trace_id"] == r[0]["trace_id"]);
    }
    CHECK(dead.journal_path().empty());
    CHECK(dead.recover().journals == 0);
}

TEST_CASE("a batch that had reached the file is not written again; one that had in part is") {
    for (const int arrived : {0, 1, 2}) {
        dead_process dead([] {
            lk::new_context();
            for (int i = 0; i < 10; ++i) lk::log.info("n", kv("i", i));
            engine& e = engine::instance();
            e.parts().drainer.unlock();
            (void)lk::flush();  // the batch is in the file; now as if the rings had not been advanced
            (void)e.parts().drainer.try_lock_until(UINT64_MAX);
        });
        const std::string text = support::read_file(dead.log);
        std::filesystem::resize_file(dead.log, arrived == 0 ? 0 : arrived == 1 ? text.size() / 2 : text.size());
        descriptor file(::open(dead.journal_path().c_str(), O_RDWR | O_CLOEXEC));
        journal_header head;
        REQUIRE(::pread(file.get(), static_cast<void*>(&head), sizeof head, 0) == sizeof head);
        for (std::uint64_t i = 0; i < head.segment_count; ++i) {
            if (head.segments[i].kind != segment_kind::ring) continue;
            const std::uint64_t zero = 0;
            REQUIRE(::pwrite(file.get(), &zero, 8,
                             static_cast<off_t>(head.segments[i].offset + offsetof(ring_head, read))) == 8);
        }
        file = descriptor{};
        (void)dead.recover();
        auto r = support::read_log(dead.log);
        std::erase_if(r, [](auto const& line) { return line["event"] != "n"; });  // the first record, again
        REQUIRE(r.size() == 10);
        for (int i = 0; i < 10; ++i) {
            CHECK(r[static_cast<std::size_t>(i)]["i"] == i);
            CHECK(r[static_cast<std::size_t>(i)].contains("recovered") == (arrived != 2));
        }
    }
}

TEST_CASE("a batch that was noted and not begun is written, though another process's lines stand in its place") {
    dead_process dead([] {
        lk::new_context();
        for (int i = 0; i < 10; ++i) lk::log.info("n", kv("i", i));
        engine& e = engine::instance();
        e.parts().drainer.unlock();
        (void)lk::flush();
        (void)e.parts().drainer.try_lock_until(UINT64_MAX);
    });
    std::string theirs = support::read_file(dead.log);  // as long, and later by a second
    for (std::size_t at = 0; at < theirs.size(); at = theirs.find('\n', at) + 1)
        theirs[at + 33] = theirs[at + 33] == '0' ? '1' : '0';
    std::ofstream(dead.log, std::ios::binary) << theirs;
    descriptor file(::open(dead.journal_path().c_str(), O_RDWR | O_CLOEXEC));
    journal_header head;
    REQUIRE(::pread(file.get(), static_cast<void*>(&head), sizeof head, 0) == sizeof head);
    for (std::uint64_t i = 0; i < head.segment_count; ++i) {
        const std::uint64_t zero = 0;
        if (head.segments[i].kind == segment_kind::ring)
            REQUIRE(::pwrite(file.get(), &zero, 8,
                             static_cast<off_t>(head.segments[i].offset + offsetof(ring_head, read))) == 8);
    }
    file = descriptor{};
    (void)dead.recover();
    CHECK(support::read_file(dead.log).substr(0, theirs.size()) == theirs);
    auto r = support::read_log(dead.log);
    std::erase_if(r, [](auto const& line) { return line["event"] != "n" || !line.contains("recovered"); });
    CHECK(r.size() == 10);
}

TEST_CASE("a damaged journal is set aside, never in the way, and what can be read of it is in the log") {
    dead_process dead([] {
        lk::new_context();
        for (int i = 0; i < 100; ++i) lk::log.info("n", kv("i", i));
    });
    const std::string whole = support::read_file(dead.journal_path()), path = dead.journal_path();
    std::size_t bad = 0;
    for (std::size_t at = 0; at < whole.size(); at += at < 12'000 || at >= journal_header_size ? 61 : 3989) {
        std::string damaged = whole;
        for (std::size_t i = at; i < at + 8 && i < damaged.size(); ++i) damaged[i] = static_cast<char>(0xa5);
        std::filesystem::remove(dead.log);
        std::ofstream(path, std::ios::binary) << damaged;
        const recovery_report report = dead.recover();
        bad += report.bad_journals;
        REQUIRE_NOTHROW(support::read_log(dead.log).size());
        CHECK(dead.journal_path().empty());
        CHECK(std::filesystem::exists(path + ".bad") == (report.bad_journals != 0));
        std::filesystem::remove(path + ".bad");
    }
    CHECK(bad > 10);
    std::ofstream(path, std::ios::binary) << "nonsense";
    CHECK(dead.recover().bad_journals == 1);
}

#endif

TEST_CASE("who finds a log that ends in the middle of a line takes that line out, or begins a new one") {
    support::temporary_folder folder;
    const std::string path = folder.file("run.log");
    for (const auto& [end, left] :
         {std::pair{R"({"timestamp":"2026)", ""}, std::pair{"a note of somebody", "a note of somebody\n"}}) {
        std::ofstream(path, std::ios::binary) << "{}\n" << end;
        rotating_file file({path, 0, 0, {}});
        file.on_foreign_end([&](int fd, file_place const& place) { mend_end(fd, place, {}, path); });
        REQUIRE(file.write("{\"a\":1}\n"));
        CHECK(support::read_file(path) == "{}\n" + std::string(left) + "{\"a\":1}\n");
    }
}
