// SPDX-License-Identifier: MIT
#include <logkit/reader/time.hpp>

#include <support/catch.hpp>

#include <cstdlib>

namespace {

using namespace logkit;
using namespace logkit::detail;

constexpr std::int64_t noon = 1'795'262'400'000'000'000;  // 2026-11-21T12:00:00Z

TEST_CASE("RFC 3339 and its relatives are read to the nanosecond") {
    CHECK(parse_rfc3339("2026-11-21T12:00:00Z") == noon);
    CHECK(parse_rfc3339("2026-11-21T12:00:00.123456789Z") == noon + 123'456'789);
    CHECK(parse_rfc3339("2026-11-21 12:00:00,5") == noon + 500'000'000);
    CHECK(parse_rfc3339("2026-11-21T14:00:00+02:00") == noon);
    CHECK(parse_rfc3339("2026-11-21T06:30:00-0530") == noon);
    CHECK(parse_rfc3339("2026-11-21T12:00") == noon);
    CHECK(parse_rfc3339("1970-01-01") == 0);
    CHECK(parse_rfc3339("1969-12-31T23:59:59Z") == -second_ns);
    CHECK(parse_rfc3339("2024-02-29") == *parse_rfc3339("2024-03-01") - 86'400 * second_ns);
}

TEST_CASE("what is not a time is refused") {
    for (const char* text : {"", "yesterday", "2026", "2026-13-01", "2026-00-01", "2026-11-21T", "2026-11-21T25:00",
                             "2026-11-21T12:00:00X", "2026-11-21T12:00:00+", "2026-11-21T12:00:00Z ", "9999-01-01",
                             "0001-01-01", "2026-11-21X12:00", "2026/11/21"})
        CHECK_FALSE(parse_rfc3339(text));
}

TEST_CASE("numbers are times in the unit that fits our age") {
    CHECK(parse_time(logkit::json_view("1795262400")) == noon);
    CHECK(parse_time(logkit::json_view("1795262400000")) == noon);
    CHECK(parse_time(logkit::json_view("1795262400000000")) == noon);
    CHECK(parse_time(logkit::json_view("1795262400000000001")) == noon + 1);
    CHECK(parse_time(logkit::json_view("\"1795262400000000001\"")) == noon + 1);
    CHECK(parse_time(logkit::json_view("1795262400.25")) == noon + 250'000'000);
    CHECK_FALSE(parse_time(logkit::json_view("1e300")));
    CHECK_FALSE(parse_time(logkit::json_view("true")));
    CHECK_FALSE(parse_time(logkit::json_view("{}")));
}

TEST_CASE("durations have units") {
    CHECK(parse_duration("90s") == 90 * second_ns);
    CHECK(parse_duration("2h30m") == 9000 * second_ns);
    CHECK(parse_duration("1.5s") == 1'500'000'000);
    CHECK(parse_duration("500ms") == 500'000'000);
    CHECK(parse_duration("7us") == 7000);
    CHECK(parse_duration("1w") == 7 * 86'400 * second_ns);
    for (const char* text : {"", "10", "m", "-5m", "5x", "10m5", "1e30d", "nans"}) CHECK_FALSE(parse_duration(text));
}

TEST_CASE("people name moments by distance, by time of day, by date") {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    CHECK(parse_moment("10m", noon) == noon - 600 * second_ns);
    CHECK(parse_moment("11:58", noon) == noon - 120 * second_ns);
    CHECK(parse_moment("11:58:30", noon) == noon - 90 * second_ns);
    CHECK(parse_moment("2026-11-21T12:00:00Z", 0) == noon);
    CHECK(parse_moment("now", noon) == noon);
    ::setenv("TZ", "Europe/Berlin", 1);
    ::tzset();
    CHECK(parse_moment("2026-11-21T13:00:00", 0) == noon);  // local
    CHECK(parse_moment("2026-11-21", 0) == noon - 13 * 3600 * second_ns);
    CHECK(parse_moment("2026-11-21T13:00:00+01:00", 0) == noon);
    CHECK_FALSE(parse_moment("25:00", noon));
    CHECK_FALSE(parse_moment("soon", noon));
    ::unsetenv("TZ");
    ::tzset();
}

}  // namespace
