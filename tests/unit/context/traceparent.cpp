// SPDX-License-Identifier: MIT
#include <logkit/context/traceparent.hpp>

#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::from_traceparent;
using logkit::kv;

TEST_CASE("a traceparent that was written reads back as the same trace and span") {
    const std::string trace = logkit::new_context();
    const logkit::capture span{"caller"};
    const std::string header = logkit::traceparent();
    CHECK(header == "00-" + trace + "-" + span.id() + "-01");
    const auto parent = from_traceparent(header);
    REQUIRE(parent.is_valid());
    CHECK(parent.flags == 1);
}

TEST_CASE("new_context continues the trace of a traceparent, under the caller's span") {
    const logkit::testing::capture_logs logs;
    const auto id = logkit::new_context(from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kv("x", 1));
    CHECK(id == "4bf92f3577b34da6a3ce929d0e0e4736");
    { const logkit::capture span{"callee"}; }
    CHECK(logs.last().trace_id == id);
    CHECK(logs.last().parent_span_id == "00f067aa0ba902b7");
    CHECK(logs.last()["x"] == 1);
}

TEST_CASE("an invalid traceparent starts a new trace") {
    for (const char* header : {"", "garbage", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                               "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                               "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-xx",
                               "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.extra"}) {
        INFO(header);
        CHECK_FALSE(from_traceparent(header).is_valid());
        CHECK(logkit::new_context(from_traceparent(header)).size() == 32);
    }
}

TEST_CASE("a future version is understood as far as version 00 goes") {
    CHECK(from_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings").is_valid());
    CHECK(from_traceparent(" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03\t").flags == 3);
}
