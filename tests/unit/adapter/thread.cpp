// SPDX-License-Identifier: MIT
#include <logkit/adapter/thread.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include <logkit/context/capture.hpp>
#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;

namespace {

struct inline_executor {
    int tasks = 0;
    int post(std::function<void()> task) {
        std::thread(std::move(task)).join();
        return ++tasks;
    }
};

// A span on the other side has the one here for its parent.
void expect_child(lk::testing::capture_logs const& logs, lk::capture const& parent) {
    const auto end = logs.records("END").at(0);
    CHECK(end.trace_id == parent.trace_id());
    CHECK(end.parent_span_id == parent.id());
}

}  // namespace

TEST_CASE("each way to start work elsewhere takes context and span along") {
    const lk::testing::capture_logs logs;
    lk::new_context(kv("job", 1));
    const lk::capture parent{"parent"};
    const auto work = [] { const lk::capture child{"child"}; };
    SECTION("std::thread") {
        lk::start_thread(work).join();
    }
    SECTION("std::jthread") {
        lk::start_jthread(work).join();
    }
    SECTION("std::async") {
        lk::async(work).get();
    }
    SECTION("deferred std::async") {
        lk::async(std::launch::deferred, work).get();
    }
    SECTION("an executor") {
        inline_executor pool;
        CHECK(lk::post(pool, work) == 1);
    }
    expect_child(logs, parent);
    CHECK(logs.last()["job"] == 1);
}

TEST_CASE("arguments, move-only callables, results, exceptions and stop tokens pass through") {
    auto owned = std::make_unique<int>(20);
    CHECK(lk::async([p = std::move(owned)](int n) { return *p + n; }, 1).get() == 21);
    CHECK_THROWS_AS(lk::async([]() -> int { throw std::out_of_range("x"); }).get(), std::out_of_range);
    int seen = 0;
    lk::start_thread([](int& out, int n) { out = n; }, std::ref(seen), 7).join();
    CHECK(seen == 7);
    bool was_asked = false;
    {
        const std::jthread t = lk::start_jthread([&](std::stop_token stop) {
            while (!stop.stop_requested()) std::this_thread::yield();
            was_asked = true;
        });
    }
    CHECK(was_asked);
}
