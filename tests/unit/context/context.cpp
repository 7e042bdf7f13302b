// SPDX-License-Identifier: MIT
#include <logkit/context/context.hpp>

#include <string>
#include <thread>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;

TEST_CASE("new_context starts a trace, binds its fields and returns the id") {
    const logkit::testing::capture_logs logs;
    const std::string id = logkit::new_context(kv("job", 7), kv("user", "ada"));
    CHECK(id.size() == 32);
    lk::log.info("inside");
    CHECK(logs.last().trace_id == id);
    CHECK(logs.last()["job"] == 7);
    CHECK(logs.last()["user"] == "ada");
    CHECK(logs.last().span_id.empty());
}

TEST_CASE("nothing of one unit of work is left in the next") {
    const logkit::testing::capture_logs logs;
    const std::string first = logkit::new_context(kv("a", 1));
    logkit::bind_context(kv("b", 2));
    const std::string second = logkit::new_context(kv("c", 3));
    lk::log.info("second");
    CHECK(first != second);
    CHECK(logs.last().trace_id == second);
    CHECK_FALSE(logs.last().has("a"));
    CHECK_FALSE(logs.last().has("b"));
    CHECK(logs.last()["c"] == 3);
}

TEST_CASE("new_context continues a trace whose id it is given") {
    const logkit::testing::capture_logs logs;
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    CHECK(logkit::new_context(kv("trace_id", id), kv("x", 1)) == id);
    lk::log.info("continued");
    CHECK(logs.last().trace_id == id);
    CHECK(logs.last()["x"] == 1);
    CHECK_FALSE(logs.last().has("trace_id_"));
    CHECK(logkit::new_context(kv("trace_id", "4BF92F35-77B3-4DA6-A3CE-929D0E0E4736")) == id);
}

TEST_CASE("a trace id that is none is kept as a field, and a new trace begins") {
    const logkit::testing::capture_logs logs;
    for (const char* wrong : {"req-17", "", "00000000000000000000000000000000", "4bf92f3577b34da6a3ce929d0e0e473"}) {
        const std::string id = logkit::new_context(kv("trace_id", wrong));
        CHECK(id.size() == 32);
        lk::log.info("x");
        CHECK(logs.last().trace_id == id);
        CHECK(logs.last()["trace_id_"] == wrong);
    }
}

TEST_CASE("fields are added, replaced and removed") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("a", 1));
    logkit::bind_context(kv("b", 2), kv("a", "new"));
    lk::log.info("bound");
    CHECK(logs.last()["a"] == "new");
    CHECK(logs.last()["b"] == 2);
    const std::string line = logs.last().json;
    CHECK(line.find("\"a\":") == line.rfind("\"a\":"));
    logkit::unbind_context("a", std::string("missing"));
    lk::log.info("unbound");
    CHECK_FALSE(logs.last().has("a"));
    CHECK(logs.last()["b"] == 2);
}

TEST_CASE("the innermost wins: call over span over context over global, once on the line") {
    const logkit::testing::capture_logs logs;
    logkit::global_context(kv("where", "global"), kv("version", "1.2"));
    logkit::new_context();
    lk::log.info("global");
    CHECK(logs.last()["where"] == "global");
    logkit::bind_context(kv("where", "context"));
    lk::log.info("context");
    CHECK(logs.last()["where"] == "context");
    {
        const logkit::capture span{"span", kv("where", "span")};
        lk::log.info("span");
        CHECK(logs.last()["where"] == "span");
        lk::log.info("call", kv("where", "call"));
        CHECK(logs.last()["where"] == "call");
        const std::string line = logs.last().json;
        CHECK(line.find("\"where\":") == line.rfind("\"where\":"));
    }
    CHECK(logs.last()["version"] == "1.2");
    logkit::global_context(kv("where", nullptr), kv("version", nullptr));
}

TEST_CASE("a thread that never called new_context has a trace of its own") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("a", 1));
    std::thread([] {
        lk::log.info("other");
        lk::log.info("again");
    }).join();
    const auto r = logs.records();
    CHECK(r[0].trace_id.size() == 32);
    CHECK(r[0].trace_id == r[1].trace_id);
    CHECK_FALSE(r[0].has("a"));
}

TEST_CASE("a snapshot tells its trace") {
    const std::string id = logkit::new_context();
    const logkit::context snapshot = logkit::current_context();
    logkit::new_context();
    CHECK(snapshot.trace_id() == id);
    CHECK(logkit::context{}.trace_id().empty());
}
