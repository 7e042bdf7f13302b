// SPDX-License-Identifier: MIT
#include <logkit/adapter/task.hpp>

#include <map>
#include <string>
#include <unordered_map>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
using nlohmann::json;

namespace {

template <class Message>
void travels(Message message) {
    const logkit::testing::capture_logs logs;
    std::string trace, parent;
    {
        logkit::new_context(kv("request", 1));
        const logkit::capture span{"enqueue"};
        trace = span.trace_id(), parent = span.id();
        logkit::carry_to(message);
    }
    logkit::new_context();
    const logkit::resumed_task resumed = logkit::resume_from(message, kv("task", "mail"));
    CHECK(resumed.is_continued);
    CHECK(resumed.attempt == 1);
    {
        const logkit::capture span{"task"};
        CHECK(span.trace_id() == trace);
    }
    logkit::retry_to(message);
    logkit::new_context();
    CHECK(logkit::resume_from(message).attempt == 2);
    logkit::log.info("again");
    const json end = json::parse(logs.records("END").at(1).json);
    CHECK(end["span"] == "task");
    CHECK(end["parent_span_id"] == parent);
    CHECK(end["task"] == "mail");
    CHECK(end["attempt"] == 1);
    CHECK_FALSE(end.contains("request"));
    const json again = json::parse(logs.records("again").at(0).json);
    CHECK(again["trace_id"] == trace);
    CHECK(again["attempt"] == 2);
    CHECK(logs.records("retry").size() == 1);
}

struct own_message {
    std::map<std::string, std::string> headers;
    void operator()(std::string_view name, std::string const& value) { headers[std::string(name)] = value; }
    std::string operator()(std::string_view name) const {
        const auto found = headers.find(std::string(name));
        return found == headers.end() ? "" : found->second;
    }
};

}  // namespace

TEST_CASE("a context travels in a message of any kind") {
    travels(std::map<std::string, std::string>{});
    travels(std::unordered_map<std::string, std::string>{});
    travels(std::multimap<std::string, std::string>{});
    travels(json::object());
    travels(own_message{});
}

TEST_CASE("a message without a context, or with nonsense, is a trace of its own") {
    const logkit::testing::capture_logs logs;
    for (const char* nonsense : {"", "nonsense", "00-00000000000000000000000000000000-0000000000000000-01"}) {
        const std::map<std::string, std::string> message{{"traceparent", nonsense}, {"attempt", "-x"}};
        const logkit::resumed_task resumed = logkit::resume_from(message);
        CHECK_FALSE(resumed.is_continued);
        CHECK(resumed.attempt == 1);
        logkit::log.info("works");
    }
    CHECK(logs.records().at(0).trace_id != logs.records().at(1).trace_id);
    CHECK(logkit::resume_from(json{{"attempt", 3}}).attempt == 3);
    CHECK(logkit::resume_from(json{{"attempt", true}}).attempt == 1);
    std::map<std::string, std::string> message{{"attempt", "4294967295"}};
    logkit::retry_to(message);
    CHECK(message["attempt"] == "2");
}
