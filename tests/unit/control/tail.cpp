// SPDX-License-Identifier: MIT
// Head and tail sampling, from the settings to the file.
#include <logkit/control/control.hpp>

#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using logkit::kv;
namespace lk = logkit;

namespace {
struct with_sampling {
    support::temporary_folder folder;
    logkit::settings s;
    explicit with_sampling(double sample, bool tail) {
        s.file = folder.file("run.log");
        s.sample = sample;
        s.tail = tail;
        logkit::configure(s);
    }
    ~with_sampling() {
        logkit::configure({});
        logkit::new_context();
    }
    [[nodiscard]] auto lines() const {
        REQUIRE(logkit::flush());
        return support::read_log(s.file.value());
    }
};
}  // namespace

TEST_CASE("a trace is kept or dropped whole, and what is kept says the rate") {
    const with_sampling on(0.5, false);
    int kept = 0;
    for (int i = 0; i < 200; ++i) {
        logkit::new_context();
        const bool first = lk::log.info("first"), second = lk::log.debug("second");
        CHECK(first == second);
        CHECK(lk::log.enabled(logkit::level::info) == first);
        kept += first ? 1 : 0;
    }
    CHECK(kept > 50);
    CHECK(kept < 150);
    const auto lines = on.lines();
    CHECK(lines.size() == static_cast<std::size_t>(2 * kept));
    for (auto const& line : lines) CHECK(line["sample_rate"] == 0.5);
}

TEST_CASE("a trace that its caller does not keep waits for its end like any other, and is written if it fails") {
    const with_sampling on(1, true);
    const char* unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    logkit::new_context(logkit::from_traceparent(unsampled));
    {
        const logkit::capture fine{"fine"};
        CHECK(lk::log.info("dull"));
    }
    logkit::new_context(logkit::from_traceparent(unsampled));
    {
        logkit::capture bad{"bad"};
        CHECK(lk::log.info("before the failure"));
        bad.fail("why");
    }
    const auto lines = on.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["event"] == "before the failure");
    CHECK(lines[1]["status"] == "error");
}

TEST_CASE("warnings and worse pass every sampling, without a rate") {
    const with_sampling on(0, false);
    logkit::new_context();
    CHECK_FALSE(lk::log.info("no"));
    CHECK(lk::log.warning("yes"));
    CHECK(lk::log.error("yes"));
    for (auto const& line : on.lines()) CHECK_FALSE(line.contains("sample_rate"));
}

TEST_CASE("LOG_TAIL forgets a trace that ended well and writes one that failed, whole and in order") {
    const with_sampling on(0, true);
    const auto work = [](bool fails) {
        const auto id = logkit::new_context(kv("fails", fails));
        logkit::capture span{"request"};
        lk::log.info("begin");
        {
            logkit::capture inner{"inner"};
            lk::log.debug("step", kv("n", 1));
            if (fails) inner.fail("broken");
        }
        lk::log.info("after");
        return id;
    };
    work(false);
    const std::string failed = work(true);
    work(false);
    const auto lines = on.lines();
    REQUIRE(lines.size() == 5);
    const char* events[] = {"begin", "step", "END", "after", "END"};
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(lines[i]["event"] == events[i]);
        CHECK(lines[i]["trace_id"] == failed);
    }
}

TEST_CASE("LOG_TAIL writes a trace that was slow") {
    const with_sampling on(0, true);
    logkit::new_context();
    {
        const logkit::capture span{"slow", logkit::slow_after(std::chrono::milliseconds(0))};
        lk::log.info("begin");
    }
    const auto lines = on.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["event"] == "begin");
    CHECK(lines[1]["level"] == "warning");
}
