// SPDX-License-Identifier: MIT
#include <logkit/sink/sink.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using logkit::kv;
namespace lk = logkit;

namespace {
struct fragile_sink final : logkit::sink {
    std::atomic<int> writes{0};
    std::atomic<bool> is_ill{true};
    void write(logkit::record const&, std::string_view) override {
        ++writes;
        if (is_ill) throw std::runtime_error("ill");
    }
};
}  // namespace

TEST_CASE("a sink that throws is counted and harms neither the others nor the file") {
    support::temporary_folder folder;
    logkit::settings s;
    s.file = folder.file("run.log");
    logkit::configure(s);
    auto fragile = std::make_shared<fragile_sink>();
    auto healthy = std::make_shared<logkit::memory_sink>();
    logkit::add_sink(fragile);
    logkit::add_sink(healthy);
    const auto before = logkit::stats().sink_failures;
    for (int i = 0; i < 3; ++i) lk::log.warning("to all", kv("i", i));
    REQUIRE(logkit::flush());
    CHECK(fragile->writes == 3);
    CHECK(logkit::stats().sink_failures == before + 3);
    CHECK(healthy->records().size() == 3);
    lk::log.warning("later");
    REQUIRE(logkit::flush());
    int told = 0, mine = 0;
    for (auto const& r : support::read_log(s.file.value())) {
        told += r["event"] == "a sink threw" ? 1 : 0;
        mine += r["event"] == "to all" ? 1 : 0;
    }
    CHECK(told == 1);
    CHECK(mine == 3);
    fragile->is_ill = false;
    logkit::settings off;
    off.file = "";
    logkit::configure(off);
}

TEST_CASE("a callback gets each record, and what it logs itself is refused, not waited for") {
    static std::atomic<int> calls{0}, accepted{0};
    static std::atomic<bool> is_on{true};
    logkit::add_sink([](logkit::record const& r) {
        if (!is_on || r.event() != "outer") return;
        ++calls;
        if (lk::log.error("inner")) ++accepted;
    });
    for (const logkit::mode mode : {logkit::mode::async, logkit::mode::sync}) {
        logkit::settings s;
        s.mode = mode;
        logkit::configure(s);
        const auto before = logkit::stats().refused;
        const int calls_before = calls;
        lk::log.error("outer");
        lk::log.error("outer");
        REQUIRE(logkit::flush());
        CHECK(calls == calls_before + 2);
        CHECK(accepted == 0);
        CHECK(logkit::stats().refused == before + 2);
    }
    is_on = false;
    logkit::configure({});
}

TEST_CASE("a sink can be taken away: it has what was logged before, and gets nothing after") {
    support::temporary_folder folder;
    logkit::settings s;
    s.file = folder.file("run.log");
    logkit::configure(s);
    auto kept = std::make_shared<logkit::memory_sink>();
    const std::weak_ptr<logkit::memory_sink> alive = kept;
    std::atomic<int> calls{0};
    const auto by_callback = logkit::add_sink([&calls](logkit::record const&) { ++calls; });
    const auto by_pointer = logkit::add_sink(kept);
    for (int i = 0; i < 100; ++i) lk::log.info("before");
    CHECK(logkit::remove_sink(by_pointer));
    CHECK(logkit::remove_sink(by_callback));
    CHECK(kept->records().size() == 100);
    CHECK(calls == 100);
    lk::log.info("after");
    REQUIRE(logkit::flush());
    CHECK(kept->records().size() == 100);
    CHECK(calls == 100);
    CHECK_FALSE(logkit::remove_sink(by_pointer));
    CHECK_FALSE(logkit::remove_sink({}));
    kept.reset();
    CHECK(alive.expired());
    logkit::configure({});
}

TEST_CASE("a sink gets the records that its options let through") {
    auto warnings = std::make_shared<logkit::memory_sink>();
    auto adas = std::make_shared<logkit::memory_sink>();
    const auto first = logkit::add_sink(warnings, {.floor = logkit::level::warning});
    const auto second = logkit::add_sink(adas, {.floor = logkit::level::info, .filter = [](logkit::record const& r) {
                                                    const auto user = r.find("user");
                                                    return user && *user == "ada";
                                                }});
    lk::log.info("a", kv("user", "ada"));
    lk::log.error("b", kv("user", "bob"));
    lk::log.critical("c", kv("user", "ada"));
    CHECK(logkit::remove_sink(first));
    CHECK(logkit::remove_sink(second));
    REQUIRE(warnings->records().size() == 2);
    CHECK(warnings->records().front().event == "b");
    REQUIRE(adas->records().size() == 2);
    CHECK(adas->records().back().event == "c");
}

TEST_CASE("a processor can be taken away") {
    int calls = 0;
    const auto added = logkit::add_processor([&calls](logkit::record&) { return ++calls != 0; });
    lk::log.info("seen");
    REQUIRE(logkit::flush());
    const int seen = calls;
    CHECK(seen >= 1);
    CHECK(logkit::remove_processor(added));
    lk::log.info("unseen");
    REQUIRE(logkit::flush());
    CHECK(calls == seen);
    CHECK_FALSE(logkit::remove_processor(added));
}

TEST_CASE("a processor that throws is told once, whatever is added or taken away meanwhile") {
    support::temporary_folder folder;
    logkit::settings s;
    s.file = folder.file("run.log");
    logkit::configure(s);
    const auto ill = logkit::add_processor([](logkit::record&) -> bool { throw std::runtime_error("ill"); });
    const auto before = logkit::stats().sink_failures;
    for (int i = 0; i < 3; ++i) {
        lk::log.info("x");
        REQUIRE(logkit::flush());
        CHECK(logkit::remove_processor(logkit::add_processor([](logkit::record&) { return true; })));
    }
    CHECK(logkit::remove_processor(ill));
    CHECK(logkit::stats().sink_failures >= before + 3);
    int told = 0;
    for (auto const& r : support::read_log(s.file.value())) told += r["event"] == "a processor threw" ? 1 : 0;
    CHECK(told == 1);
    logkit::configure({});
}
