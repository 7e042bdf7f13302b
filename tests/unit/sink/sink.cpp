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
