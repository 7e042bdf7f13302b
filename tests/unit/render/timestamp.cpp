// SPDX-License-Identifier: MIT
#include <logkit/render/timestamp.hpp>

#include <logkit/render/json_values.hpp>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("timestamps are right at the edges of the calendar") {
    const auto at = [](std::int64_t seconds, std::int64_t ns = 0) {
        return timestamp_text(seconds * 1'000'000'000 + ns);
    };
    CHECK(at(0) == "1970-01-01T00:00:00.000000Z");
    CHECK(at(951'782'399) == "2000-02-28T23:59:59.000000Z");
    CHECK(at(951'782'400) == "2000-02-29T00:00:00.000000Z");
    CHECK(at(4'107'542'400) == "2100-03-01T00:00:00.000000Z");
    CHECK(at(1'795'251'365, 123'456'789) == "2026-11-21T08:56:05.123456Z");
    CHECK(at(-1) == "1969-12-31T23:59:59.000000Z");
    CHECK(timestamp_text(-1) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("a writer that keeps its second changes it when it must") {
    timestamp_writer writer;
    const auto write = [&](std::int64_t ns) { return writer.text(ns); };
    CHECK(write(1'999'999'999) == "1970-01-01T00:00:01.999999Z");
    CHECK(write(2'000'000'000) == "1970-01-01T00:00:02.000000Z");
    CHECK(write(1'000'001'000) == "1970-01-01T00:00:01.000001Z");
}
