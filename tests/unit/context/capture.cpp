// SPDX-License-Identifier: MIT
#include <logkit/context/capture.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using namespace std::chrono_literals;
using logkit::capture;
using logkit::kv;
using logkit::level;
namespace lk = logkit;
using nlohmann::json;

TEST_CASE("a span logs one END with duration and status") {
    const logkit::testing::capture_logs logs;
    logkit::testing::fixed_clock clock;
    logkit::new_context();
    {
        capture span{"work", kv("index", "main")};
        clock.advance(12345us);
        span.add(kv("rows", 3));
    }
    const auto end = logs.last();
    CHECK(end.event == "END");
    CHECK(end["span"] == "work");
    CHECK(end["index"] == "main");
    CHECK(end["rows"] == 3);
    CHECK(end["dur_ms"] == 12.345);
    CHECK(end["status"] == "success");
    CHECK(end.severity == level::info);
    CHECK(end.source.substr(0, 12) == "capture.cpp:");
}

TEST_CASE("a span's fields and ids are in every record inside, span.add's in END alone") {
    const logkit::testing::capture_logs logs;
    const std::string trace = logkit::new_context();
    capture span{"work", kv("k", 1)};
    span.add(kv("late", true));
    lk::log.info("inside");
    CHECK(logs.last().trace_id == trace);
    CHECK(span.trace_id() == trace);
    CHECK(logs.last().span_id == span.id());
    CHECK(logs.last()["k"] == 1);
    CHECK(logs.last()["span"] == "work");
    CHECK_FALSE(logs.last().has("late"));
}

TEST_CASE("nested spans restore their parent exactly") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("ctx", 0));
    {
        capture outer{"outer", kv("a", 1), kv("shared", "outer")};
        {
            capture inner{"inner", kv("b", 2), kv("shared", "inner")};
            lk::log.info("in inner");
            CHECK(logs.last().parent_span_id == outer.id());
            CHECK(logs.last()["a"] == 1);
            CHECK(logs.last()["shared"] == "inner");
        }
        lk::log.info("in outer");
        CHECK(logs.last().span_id == outer.id());
        CHECK(logs.last()["span"] == "outer");
        CHECK(logs.last()["a"] == 1);
        CHECK(logs.last()["shared"] == "outer");
        CHECK_FALSE(logs.last().has("b"));
    }
    lk::log.info("outside");
    CHECK(logs.last().span_id.empty());
    CHECK_FALSE(logs.last().has("a"));
    CHECK(logs.last()["ctx"] == 0);
}

TEST_CASE("a span left by an exception ends with status error, one beside it does not") {
    const logkit::testing::capture_logs logs;
    try {
        capture span{"failing"};
        throw std::runtime_error("x");
    } catch (std::exception const&) {
        capture handling{"handling"};  // made while an exception is handled, not thrown
    }
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0]["status"] == "error");
    CHECK(ends[0].severity == level::error);
    CHECK(ends[1]["status"] == "success");
}

TEST_CASE("a span in a destructor that runs during unwinding succeeds") {
    const logkit::testing::capture_logs logs;
    struct cleanup {
        ~cleanup() { const capture span{"cleanup"}; }
    };
    try {
        const cleanup c;
        throw 1;
    } catch (int) {
    }
    CHECK(logs.last()["status"] == "success");
}

TEST_CASE("fail tells why: a text, an exception, fields") {
    const logkit::testing::capture_logs logs;
    {
        capture span{"a"};
        span.fail("quota used up", kv("limit", 10));
    }
    CHECK(logs.last()["status"] == "error");
    CHECK(logs.last()["reason"] == "quota used up");
    CHECK(logs.last()["limit"] == 10);
    {
        capture span{"b"};
        span.fail(std::runtime_error("boom"));
    }
    CHECK(json::parse(logs.last().json)["exc_info"]["what"] == "boom");
    {
        capture span{"c"};
        span.fail();
    }
    CHECK(logs.last()["status"] == "error");
    {
        capture span{"d"};
        span.fail(logkit::exc(std::make_exception_ptr(std::logic_error("ptr"))));
    }
    CHECK(json::parse(logs.last().json)["exc_info"]["type"] == "std::logic_error");
}

TEST_CASE("captured returns what its function returns, and knows the exception whole") {
    const logkit::testing::capture_logs logs;
    CHECK(logkit::captured("sum", kv("a", 1), [] { return 41 + 1; }) == 42);
    CHECK(logs.last()["span"] == "sum");
    int x = 0;
    CHECK(&logkit::captured("reference", [&]() -> int& { return x; }) == &x);
    logkit::captured("void", [] {});
    CHECK(logkit::captured("move", [] { return std::make_unique<int>(7); }).operator*() == 7);
    CHECK_THROWS_AS(logkit::captured("throws", []() -> int { throw std::domain_error("no"); }), std::domain_error);
    const json end = json::parse(logs.last().json);
    CHECK(end["status"] == "error");
    CHECK(end["exc_info"]["type"] == "std::domain_error");
    CHECK(end["exc_info"]["what"] == "no");
}

TEST_CASE("slow_after logs END only when the span is slower, as a warning, or fails") {
    const logkit::testing::capture_logs logs;
    logkit::testing::fixed_clock clock;
    {
        const capture quick{"quick", logkit::slow_after(100ms)};
        clock.advance(99ms);
    }
    CHECK(logs.records().empty());
    {
        const capture slow{"slow", kv("a", 1), logkit::slow_after(100ms), kv("b", 2)};
        clock.advance(101ms);
    }
    CHECK(logs.last().severity == level::warning);
    CHECK(logs.last()["status"] == "success");
    CHECK(logs.last()["dur_ms"] == 101);
    CHECK(logs.last()["a"] == 1);
    CHECK(logs.last()["b"] == 2);
    {
        capture failing{"failing", logkit::slow_after(100ms)};
        failing.fail();
    }
    CHECK(logs.last().severity == level::error);
}

TEST_CASE("at gives the level of a successful END") {
    const logkit::testing::capture_logs logs;
    { const capture span{"quiet", logkit::at(level::debug)}; }
    CHECK(logs.last().severity == level::debug);
    {
        capture span{"quiet", logkit::at(level::debug)};
        span.fail();
    }
    CHECK(logs.last().severity == level::error);
}

namespace {
void reindex_all() {
    const capture span;
}
void reindex_some() {
    const capture span{kv("n", 3)};
}
void reindex_slowly() {
    const capture span{logkit::slow_after(0ms), kv("n", 4)};
}
}  // namespace

TEST_CASE("without a name a span is called after the enclosing function") {
    const logkit::testing::capture_logs logs;
    reindex_all();
    CHECK(logs.last()["span"] == "reindex_all");
    reindex_some();
    CHECK(logs.last()["span"] == "reindex_some");
    CHECK(logs.last()["n"] == 3);
    reindex_slowly();
    CHECK(logs.last()["span"] == "reindex_slowly");
}

TEST_CASE("what is bound inside a span is in its END and gone after it") {
    const logkit::testing::capture_logs logs;
    logkit::new_context();
    {
        const capture span{"request"};
        logkit::bind_context(kv("user", "ada"));
    }
    CHECK(logs.last()["user"] == "ada");
    lk::log.info("after");
    CHECK_FALSE(logs.last().has("user"));
}

TEST_CASE("a new context inside an open span does not reach its END, nor stay after it") {
    const logkit::testing::capture_logs logs;
    const std::string trace = logkit::new_context();
    {
        const capture span{"worker"};
        logkit::new_context(kv("job", 1));
    }
    CHECK(logs.last().trace_id == trace);
    CHECK_FALSE(logs.last().has("job"));
    lk::log.info("after");
    CHECK(logs.last().trace_id == trace);
}

TEST_CASE("spans that end out of order keep their own END, and leave no dead span behind") {
    const logkit::testing::capture_logs logs;
    logkit::new_context();
    std::optional<capture> outer, inner;
    outer.emplace(logkit::detail::span_name("outer"));
    const std::string outer_id = outer->id();
    inner.emplace(logkit::detail::span_name("inner"));
    const std::string inner_id = inner->id();
    outer.reset();
    CHECK(logs.last().span_id == outer_id);
    CHECK(logs.last()["span"] == "outer");
    lk::log.info("still in inner");
    CHECK(logs.last().span_id == inner_id);
    inner.reset();
    CHECK(logs.last().span_id == inner_id);
    lk::log.info("outside");
    CHECK(logs.last().span_id.empty());
}

TEST_CASE("a span that ends on another thread changes nothing there, and says what helps") {
    const logkit::testing::capture_logs logs;
    const auto end_elsewhere = [&] {
        auto span = std::make_unique<capture>(logkit::detail::span_name("travelling"));
        std::thread([&, moved = std::move(span)]() mutable {
            logkit::new_context(kv("there", 1));
            moved.reset();
            lk::log.info("after");
        }).join();
    };
    logkit::new_context();
    end_elsewhere();
    end_elsewhere();
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0]["span"] == "travelling");
    CHECK_FALSE(ends[0].has("there"));
    for (const auto& after : logs.records("after")) {
        CHECK(after["there"] == 1);
        CHECK(after.span_id.empty());
    }
    const auto warnings = logs.records("a span ended on another flow of execution than it began on");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].severity == level::warning);
    CHECK(warnings[0].span_id == ends[0].span_id);
    CHECK(json::parse(warnings[0].json).at("remedy").get<std::string>().find("with_context") != std::string::npos);
}

TEST_CASE("a thread leaves a span that has ended elsewhere at its next change of context") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("own", true));
    auto span = std::make_unique<capture>(logkit::detail::span_name("travelling"));
    std::thread([moved = std::move(span)]() mutable { moved.reset(); }).join();
    { const capture next{"next"}; }
    CHECK(logs.last()["span"] == "next");
    CHECK(logs.last().parent_span_id.empty());
    CHECK(logs.last()["own"] == true);
}

TEST_CASE("a second value for a name that was added replaces the first") {
    const logkit::testing::capture_logs logs;
    {
        capture span{"work", kv("n", 1)};
        span.add(kv("n", 2));
        span.add(kv("n", 3));
    }
    CHECK(logs.last()["n"] == 3);
    const std::string line = logs.last().json;
    CHECK(line.find("\"n\":") == line.rfind("\"n\":"));
}
