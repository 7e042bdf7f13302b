// SPDX-License-Identifier: MIT
#include <logkit/reader/otlp.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

namespace {

std::vector<nlohmann::json> convert(std::string const& line) {
    REQUIRE(logkit::detail::is_otlp_line(line));
    std::vector<nlohmann::json> records;
    for (std::string const& record : logkit::detail::otlp_converter{}.convert(line))
        records.push_back(nlohmann::json::parse(record));
    return records;
}

TEST_CASE("log records of OTLP become records") {
    const auto records = convert(
        R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"scope":{},"logRecords":[
        {"timeUnixNano":"1795262400000000001","severityNumber":17,"body":{"stringValue":"no card"},"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",
         "attributes":[{"key":"n","value":{"intValue":"42"}},{"key":"level","value":{"boolValue":true}},{"key":"list","value":{"arrayValue":{"values":[{"doubleValue":1.5},{"stringValue":"x"}]}}},
         {"key":"exception.type","value":{"stringValue":"E"}},{"key":"exception.message","value":{"stringValue":"m"}},{"key":"exception.stacktrace","value":{"stringValue":"a\nb"}}]},
        {"observedTimeUnixNano":1795262400000000000,"severityText":"warn","body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}}]}}}]}]}]})");
    REQUIRE(records.size() == 2);
    CHECK(records[0]["timestamp"] == "2026-11-21T12:00:00.000000Z");
    CHECK(records[0]["level"] == "error");
    CHECK(records[0]["event"] == "no card");
    CHECK(records[0]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(records[0]["n"] == 42);
    CHECK(records[0]["level_"] == true);
    CHECK(records[0]["list"] == nlohmann::json::parse(R"([1.5,"x"])"));
    CHECK(records[0]["service.name"] == "shop");
    CHECK(records[0]["exc_info"]["stack"] == nlohmann::json::parse(R"(["a","b"])"));
    CHECK(records[1]["level"] == "warning");
    CHECK(records[1]["event"]["a"] == 1);
}

TEST_CASE("spans of OTLP become ENDs") {
    const auto records = convert(
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","parentSpanId":"","name":"pay","startTimeUnixNano":"1795262399000000000","endTimeUnixNano":"1795262400000000000",
        "status":{"code":2},"attributes":[{"key":"n","value":{"intValue":"1"}}],"events":[{"name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]}]}]}]}]})");
    REQUIRE(records.size() == 1);
    CHECK(records[0]["event"] == "END");
    CHECK(records[0]["span"] == "pay");
    CHECK(records[0]["dur_ms"] == 1000.0);
    CHECK(records[0]["status"] == "error");
    CHECK(records[0]["exc_info"]["type"] == "E");
    CHECK_FALSE(records[0].contains("parent_span_id"));
}

TEST_CASE("what only looks like OTLP gives no records") {
    CHECK(convert(R"({"resourceLogs":7})").empty());
    CHECK(convert(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[)").empty());
    CHECK(convert(R"({"resourceSpans":[1,{"scopeSpans":[{"spans":[]}]}]})").empty());
}

}  // namespace
