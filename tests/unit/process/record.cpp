// SPDX-License-Identifier: MIT
#include <logkit/process/record.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;
using logkit::record;

namespace {
// The one processor of this program: what it does is set by each test.
std::function<bool(record&)> step;
void install_step() {
    static const bool is_installed = [] {
        logkit::add_processor([](record& r) { return step ? step(r) : true; });
        return true;
    }();
    REQUIRE(is_installed);
}
struct with_step {
    explicit with_step(std::function<bool(record&)> fn) {
        install_step();
        (void)logkit::flush();
        step = std::move(fn);
    }
    ~with_step() {
        (void)logkit::flush();
        step = nullptr;
    }
};
}  // namespace

TEST_CASE("a processor sees the record and may change, add and erase fields") {
    const logkit::testing::capture_logs logs;
    const with_step installed([](record& r) {
        if (r.event() != "order") return true;
        if (r.find("card") != nullptr) r.set("card", "****" + std::string(r.find("card")->text().substr(12)));
        r.set("amount", r.find("amount")->number().value() * 100);
        r.set("level", "mine");
        r.erase("noise");
        return true;
    });
    lk::log.info("order", kv("card", "4111111111111111"), kv("amount", 12.5), kv("noise", 1), kv("tail", true));
    const auto r = logs.last();
    CHECK(r["card"] == "****1111");
    CHECK(r["amount"] == 1250);
    CHECK(r["level_"] == "mine");
    CHECK_FALSE(r.has("noise"));
    CHECK(r["tail"] == true);
    CHECK(r.severity == logkit::level::info);
}

TEST_CASE("a processor that says false drops the record, and it is counted") {
    const logkit::testing::capture_logs logs;
    const auto before = logkit::stats().filtered;
    const with_step installed([](record& r) { return r.event() != "health check"; });
    lk::log.info("health check");
    lk::log.info("real work");
    CHECK(logs.records().size() == 1);
    CHECK(logs.last().event == "real work");
    CHECK(logkit::stats().filtered == before + 1);
}

TEST_CASE("a record is a range of its fields, in the order of the line") {
    const logkit::testing::capture_logs logs;
    std::vector<std::string> keys;
    std::string trace, span, name;
    std::chrono::system_clock::time_point time;
    const with_step installed([&](record& r) {
        if (r.event() != "ranged") return true;
        for (auto const& [key, value] : r) keys.emplace_back(key);
        trace = r.trace_id();
        span = r.span_id();
        name = r.logger();
        time = r.time();
        return true;
    });
    const auto id = logkit::new_context(kv("ctx", 1));
    const logkit::capture s{"sp", kv("f", 2)};
    const auto before = std::chrono::system_clock::now();
    lk::log.named("n").bind(kv("b", 3)).info("ranged", kv("c", 4));
    (void)logkit::flush();
    CHECK(keys == std::vector<std::string>{"ctx", "span", "f", "b", "c"});
    CHECK(trace == id);
    CHECK(span == s.id());
    CHECK(name == "n");
    CHECK(time > before - std::chrono::seconds(1));
    CHECK(time < before + std::chrono::seconds(5));
}

TEST_CASE("a processor that throws is skipped for that record and counted") {
    const logkit::testing::capture_logs logs;
    const auto before = logkit::stats().sink_failures;
    const with_step installed([](record& r) -> bool {
        if (r.event() == "bad luck") throw std::runtime_error("processor");
        return true;
    });
    lk::log.info("bad luck");
    lk::log.info("good");
    CHECK(logs.records().size() == 2);
    CHECK(logkit::stats().sink_failures == before + 1);
}

TEST_CASE("set takes whatever kv takes") {
    const logkit::testing::capture_logs logs;
    const with_step installed([](record& r) {
        r.set("n", 1u);
        r.set("d", 1.5);
        r.set("b", true);
        r.set("v", std::vector<int>{1, 2});
        r.set("nothing", nullptr);
        r.set("gone", logkit::secret("x"));
        return true;
    });
    lk::log.info("set");
    const auto r = logs.last();
    CHECK(r["n"] == 1u);
    CHECK(r["d"] == 1.5);
    CHECK(r["b"] == true);
    CHECK(r["v"].json() == "[1,2]");
    CHECK(r["nothing"].is_null());
    CHECK(r["gone"] == "***");
}

TEST_CASE("a processor may set an END's own status by a key that does not last") {
    const logkit::testing::capture_logs logs;
    const with_step installed([](record& r) {
        const std::string key = "status";
        if (r.find("status") != nullptr) r.set(key, "aborted");
        return true;
    });
    { const logkit::capture span{"work"}; }
    CHECK(logs.last()["status"] == "aborted");
    CHECK(logs.last().json.find("\"status\":\"aborted\"") != std::string::npos);
}
