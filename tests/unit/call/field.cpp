// SPDX-License-Identifier: MIT
#include <logkit/call/field.hpp>

#include <map>
#include <string>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;

TEST_CASE("a key given twice in a call is written once, and the last wins") {
    const logkit::testing::capture_logs logs;
    lk::log.info("twice", kv("a", 1), kv("b", 2), kv("a", 3));
    const std::string line = logs.last().json;
    CHECK(logs.last()["a"] == 3);
    CHECK(line.find("\"a\":") == line.rfind("\"a\":"));
}

TEST_CASE("reserved names get an underscore and do not touch the record's own") {
    const logkit::testing::capture_logs logs;
    lk::log.info("event", kv("level", "mine"), kv("event", 1), kv("status", 200), kv("dur_ms", 12.75), kv("level_", 2));
    const auto line = nlohmann::ordered_json::parse(logs.last().json);
    CHECK(line["level"] == "info");
    CHECK(line["event"] == "event");
    CHECK(line["status_"] == 200);
    CHECK(line["dur_ms_"] == 12.75);
    CHECK(line["event_"] == 1);
    CHECK(line["level_"] == 2);  // the later of the two that end up so
}

TEST_CASE("an empty key is a key") {
    const logkit::testing::capture_logs logs;
    lk::log.info("empty", kv("", 1));
    CHECK(nlohmann::json::parse(logs.last().json).at("") == 1);
}

TEST_CASE("secrets are never written, wherever they stand") {
    const logkit::testing::capture_logs logs;
    const std::string pin = "4711-top";
    lk::log.info("plain", kv("pin", logkit::secret(pin)));
    lk::log.info("nested", kv("o", logkit::object(kv("pin", logkit::secret(pin)))));
    lk::log.info("map", kv("m", std::map<std::string, logkit::secret<std::string>>{{"pin", logkit::secret(pin)}}));
    const logkit::context_scope scope{kv("pin", logkit::secret(pin))};
    lk::log.info("context");
    for (auto const& r : logs.records()) {
        CHECK(r.json.find("4711") == std::string::npos);
        CHECK(r.json.find("\"pin\":\"***\"") != std::string::npos);
    }
    CHECK(logs.records().size() == 4);
}

TEST_CASE("thirty-two fields in one call") {
    const logkit::testing::capture_logs logs;
    lk::log.info("many", kv("a0", 0), kv("a1", 1), kv("a2", 2), kv("a3", 3), kv("a4", 4), kv("a5", 5), kv("a6", 6),
                 kv("a7", 7), kv("a8", 8), kv("a9", 9), kv("b0", 0), kv("b1", 1), kv("b2", 2), kv("b3", 3), kv("b4", 4),
                 kv("b5", 5), kv("b6", 6), kv("b7", 7), kv("b8", 8), kv("b9", 9), kv("c0", 0), kv("c1", 1), kv("c2", 2),
                 kv("c3", 3), kv("c4", 4), kv("c5", 5), kv("c6", 6), kv("c7", 7), kv("c8", 8), kv("c9", 9), kv("d0", 0),
                 kv("password", 1));
    CHECK(logs.last()["d0"] == 0);
    CHECK(logs.last()["password"].is_redacted());
}
