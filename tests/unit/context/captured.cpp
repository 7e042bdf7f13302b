// SPDX-License-Identifier: MIT
#include <logkit/context/captured.hpp>

#include <stdexcept>
#include <string>

#include <logkit/context/coroutine.hpp>
#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/coroutines.hpp>

using logkit::kv;
using nlohmann::json;
namespace lk = logkit;

namespace {

using task = support::basic_task<int, lk::propagating>;

task leaf(support::gate& gate, bool fails) {
    lk::log.info("leaf");
    co_await gate.wait();
    lk::log.info("leaf goes on");
    if (fails) throw std::invalid_argument("leaf failed");
    co_return 7;
}

}  // namespace

TEST_CASE("captured runs an awaitable inside of a span that begins when it is awaited") {
    const logkit::testing::capture_logs logs;
    lk::new_context();
    support::gate gate;
    const auto work = [](support::gate& g) -> task {
        auto later = lk::captured("leaf", kv("k", std::string("temporary")), lk::slow_after(std::chrono::hours(0)),
                                  leaf(g, false));
        lk::log.info("not yet");
        const int n = co_await std::move(later);
        lk::log.info("done");
        co_return n;
    };
    task t = work(gate);
    t.start();
    gate.open_on_another_thread();
    REQUIRE(t.is_done());
    CHECK(t.result() == 7);
    const auto end = logs.records("END").at(0);
    CHECK(end["k"] == "temporary");
    CHECK(end.severity == lk::level::warning);
    CHECK(logs.records("not yet").at(0).span_id.empty());
    CHECK(logs.records("leaf goes on").at(0).trace_id == end.trace_id);
    CHECK(logs.records("done").at(0).span_id.empty());
}

TEST_CASE("captured calls what returns an awaitable inside of the span, too") {
    const logkit::testing::capture_logs logs;
    lk::new_context();
    support::gate gate;
    const auto work = [](support::gate& g) -> task {
        co_return co_await lk::captured("leaf", [&g] {
            lk::log.info("called");
            return leaf(g, false);
        });
    };
    task t = work(gate);
    t.start();
    gate.open_here();
    CHECK(t.result() == 7);
    const std::string id = logs.records("END").at(0).span_id;
    for (const char* event : {"called", "leaf", "leaf goes on"}) {
        INFO(event);
        CHECK(logs.records(event).at(0).span_id == id);
    }
}

TEST_CASE("END of a captured awaitable tells what it threw") {
    const logkit::testing::capture_logs logs;
    lk::new_context();
    support::gate gate;
    const auto work = [](support::gate& g) -> task { co_return co_await lk::captured("leaf", leaf(g, true)); };
    task t = work(gate);
    t.start();
    gate.open_on_another_thread();
    CHECK_THROWS_AS(t.result(), std::invalid_argument);
    const auto end = json::parse(logs.records("END").at(0).json);
    CHECK(end.at("status") == "error");
    CHECK(end.at("exc_info").at("type") == "std::invalid_argument");
    CHECK(end.at("exc_info").at("what") == "leaf failed");
}

TEST_CASE("captured returns what a plain callable returns, references too, and rethrows") {
    const logkit::testing::capture_logs logs;
    int value = 3;
    CHECK(&lk::captured("reference", [&]() -> int& { return value; }) == &value);
    CHECK_THROWS_AS(lk::captured("throws", []() -> int { throw 5; }), int);
    CHECK(json::parse(logs.last().json).at("exc_info").at("what") == "5");
}
