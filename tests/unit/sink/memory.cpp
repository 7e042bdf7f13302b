// SPDX-License-Identifier: MIT
#include <logkit/sink/memory.hpp>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

TEST_CASE("kept records outlive the records they were made of") {
    std::vector<logkit::kept_record> kept;
    {
        const logkit::testing::capture_logs logs;
        logkit::log.info("a", logkit::kv("text", std::string(500, 't')), logkit::kv("n", 1));
        kept = logs.records();
        CHECK(logs.records("b").empty());
    }
    logkit::kept_record copy = kept.at(0);
    kept.clear();
    CHECK(copy["text"] == std::string(500, 't'));
    CHECK(copy["n"] == 1);
    CHECK(copy.json.front() == '{');
    CHECK(copy.json.back() == '}');
}
