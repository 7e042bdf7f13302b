// SPDX-License-Identifier: MIT
#include <logkit/context/scope.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;

TEST_CASE("a context_scope binds until its end, whatever happened inside") {
    const logkit::testing::capture_logs logs;
    const std::string id = logkit::new_context(kv("a", 1));
    {
        const logkit::context_scope scope{kv("a", 2), kv("b", 3)};
        lk::log.info("in");
        CHECK(logs.last()["a"] == 2);
        CHECK(logs.last()["b"] == 3);
        logkit::new_context(kv("other", true));
    }
    lk::log.info("out");
    CHECK(logs.last().trace_id == id);
    CHECK(logs.last()["a"] == 1);
    CHECK_FALSE(logs.last().has("b"));
    CHECK_FALSE(logs.last().has("other"));
}

TEST_CASE("attach puts a snapshot in force on another thread and takes it away again") {
    const logkit::testing::capture_logs logs;
    const std::string id = logkit::new_context(kv("job", 1));
    const logkit::context here = logkit::current_context();
    std::thread([&] {
        lk::log.info("before");
        {
            const logkit::attach guard{here};
            lk::log.info("attached");
        }
        lk::log.info("after");
    }).join();
    const auto r = logs.records();
    CHECK(r[0].trace_id != id);
    CHECK(r[1].trace_id == id);
    CHECK(r[1]["job"] == 1);
    CHECK(r[2].trace_id == r[0].trace_id);
}

TEST_CASE("carry takes the context to std::thread and std::async, with arguments, results and exceptions") {
    const logkit::testing::capture_logs logs;
    const std::string id = logkit::new_context();
    const logkit::capture span{"parent"};
    std::thread(logkit::carry([](int x) { lk::log.info("thread", kv("x", x)); }), 5).join();
    CHECK(logs.last().trace_id == id);
    CHECK(logs.last().span_id == span.id());
    CHECK(logs.last()["x"] == 5);
    CHECK(std::async(std::launch::async, logkit::carry([] {
                         lk::log.info("async");
                         return 42;
                     }))
              .get() == 42);
    CHECK(logs.last().trace_id == id);
    auto failing = std::async(std::launch::async, logkit::carry([]() -> int { throw std::runtime_error("x"); }));
    CHECK_THROWS_AS(failing.get(), std::runtime_error);
}

TEST_CASE("carry takes move-only callables, and references pass through") {
    const logkit::testing::capture_logs logs;
    auto owned = std::make_unique<int>(3);
    auto carried = logkit::carry([p = std::move(owned)](int& out) -> int& {
        out += *p;
        return out;
    });
    int value = 4;
    CHECK(&carried(value) == &value);
    CHECK(value == 7);
    CHECK(carried(value) == 10);
}

TEST_CASE("a span on a carried thread has the carrier's span as its parent") {
    const logkit::testing::capture_logs logs;
    logkit::new_context();
    std::string outer, inner;
    {
        const logkit::capture parent{"parent"};
        outer = parent.id();
        std::thread(logkit::carry([&] {
            const logkit::capture child{"child"};
            inner = child.id();
        })).join();
    }
    const auto ends = logs.records("END");
    REQUIRE(ends.size() == 2);
    CHECK(ends[0].span_id == inner);
    CHECK(ends[0].parent_span_id == outer);
    CHECK(ends[1].span_id == outer);
    CHECK(ends[1].parent_span_id.empty());
}

TEST_CASE("nothing leaks between jobs that share a thread") {
    const logkit::testing::capture_logs logs;
    std::vector<std::string> ids;
    std::thread([&] {
        for (int i = 0; i < 100; ++i) {
            ids.push_back(logkit::new_context(kv("job", i)));
            const logkit::capture span{"work", kv("n", i)};
            lk::log.info("step");
        }
    }).join();
    const auto steps = logs.records("step");
    REQUIRE(steps.size() == 100);
    for (int i = 0; i < 100; ++i) {
        const auto& r = steps[static_cast<std::size_t>(i)];
        CHECK(r.trace_id == ids[static_cast<std::size_t>(i)]);
        CHECK(r["job"] == i);
        CHECK(r["n"] == i);
        CHECK(r.parent_span_id.empty());
    }
}

TEST_CASE("carried work goes on under its span though that has ended elsewhere") {
    const logkit::testing::capture_logs logs;
    logkit::new_context();
    std::string id;
    logkit::context snapshot;
    {
        const logkit::capture request{"request"};
        logkit::bind_context(kv("user", "ada"));
        id = request.id();
        snapshot = logkit::current_context();
    }
    std::thread([&] {
        const logkit::attach guard{snapshot};
        { const logkit::capture step{"step"}; }
        lk::log.info("after step");
    }).join();
    const auto r = logs.records();
    CHECK(r[1].parent_span_id == id);
    CHECK(r[2].span_id == id);
    CHECK(r[2]["user"] == "ada");
}
