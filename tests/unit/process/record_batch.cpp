// SPDX-License-Identifier: MIT
#include <logkit/process/record_batch.hpp>

#include <string>

#include <support/catch.hpp>

using logkit::record;
using logkit::detail::record_batch;

TEST_CASE("a batch keeps records with all that they say, when what they pointed to is gone") {
    record_batch batch;
    CHECK(batch.is_empty());
    for (int i = 0; i < 100; ++i) {
        const std::string event = "event " + std::to_string(i) + std::string(1000, '.'), line = "line " + event + '\n';
        record r;
        logkit::record_head head;
        head.severity = logkit::level::error;
        head.event = event;
        head.trace_low = 7;
        head.span_id = 9;
        r.reset(head);
        r.set(std::string("key") + std::to_string(i), std::string("value ") + event);
        r.set("n", i);
        batch.add(r, line);
    }
    REQUIRE(batch.entries().size() == 100);
    CHECK(batch.size() >= 200'000);
    int i = 0;
    for (record_batch::entry const& e : batch.entries()) {
        const std::string event = "event " + std::to_string(i) + std::string(1000, '.');
        CHECK(e.content.event() == event);
        CHECK(e.content.level() == logkit::level::error);
        CHECK(e.content.trace_id().ends_with("7"));
        CHECK(e.content.span_id() == "0000000000000009");
        CHECK(e.content.find("key" + std::to_string(i))->text() == "value " + event);
        CHECK(e.content.find("n")->integer() == i);
        CHECK(e.line == "line " + event + '\n');
        ++i;
    }
}
