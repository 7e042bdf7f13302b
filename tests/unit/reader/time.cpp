// SPDX-License-Identifier: MIT
#include <logkit/reader/time.hpp>

#include <support/catch.hpp>

#include <cstdlib>

namespace {

using namespace logkit;
using namespace logkit::detail;

constexpr std::int64_t noon = 1'795'262'400'000'000'000;  // 2026-11-21T12:00:00Z

TEST_CASE("RFC 3339 and its relatives are read to the nanosecond") {
    CHECK(parse_time("2026-11-21T12:00:00Z") == noon);
    CHECK(parse_time("2026-11-21T12:00:00.123456789Z") == noon + 123'456'789);
    CHECK(parse_time("2026-11-21 12:00:00,5") == noon + 500'000'000);
    CHECK(parse_time("2026-11-21T14:00:00+02:00") == noon);
    CHECK(parse_time("2026-11-21T06:30:00-0530") == noon);
    CHECK(parse_time("2026-11-21T12:00") == noon);
    CHECK(parse_time("1970-01-01") == 0);
    CHECK(parse_time("1969-12-31T23:59:59Z") == -second_ns);
    CHECK(parse_time("2024-02-29") == *parse_time("2024-03-01") - 86'400 * second_ns);
}

TEST_CASE("what is not a time is refused") {
    for (const char* text : {"",
                             "yesterday",
                             "2026",
                             "2026-13-01",
                             "2026-00-01",
                             "2026-11-21T",
                             "2026-11-21T25:00",
                             "2026-11-21T12:00:00X",
                             "2026-11-21T12:00:00+",
                             "9999-01-01",
                             "0001-01-01",
                             "2026-11-21X12:00",
                             "2026/11/21",
                             "2026-02-30T12:00:00Z",
                             "2025-02-29",
                             "20261121",
                             "half past nine",
                             "12:00:00",
                             "2026-11-21T12:00:00 XX",
                             "Foo, 21 Nov 2026 12:00:00 GMT",
                             "21/11/2026 12:00:00",
                             "Nov 21 12:00:00",
                             "13:00 PM",
                             "Nov 21, 2026 13:00:00 PM",
                             "2026-11-21T12:00:00+99:00",
                             "192.168.100.200",
                             "2026-11-21-12-00-00"})
        CHECK_FALSE(parse_time(std::string_view(text)));
}

TEST_CASE("times are read in the forms in which programs write them") {
    for (const char* text : {"2026-11-21 12:00:00 +0000",
                             "2026-11-21 12:00:00 UTC",
                             "2026-11-21T12:00:00 Z",
                             "2026-11-21T12:00:00Z ",
                             "2026-11-21 14:00:00 +02",
                             "2026-11-21 12:00:00 +0000 UTC",
                             "2026-11-21 13:00:00 +0100 CET",
                             "2026-11-21 13:00:00.000 CET",
                             "2026-11-21 07:00:00 EST",
                             "2026-11-21 12:00:00 +0000 UTC m=+0.000012",
                             "2026/11/21 12:00:00",
                             "2026/11/21T12:00:00Z",
                             "20261121T120000Z",
                             "20261121T120000",
                             "20261121120000",
                             "20261121T130000+0100",
                             "Sat, 21 Nov 2026 12:00:00 GMT",
                             "Sat, 21 Nov 2026 13:00:00 +0100",
                             "21 Nov 2026 12:00:00",
                             "Saturday, 21-Nov-26 12:00:00 GMT",
                             "21/Nov/2026:12:00:00 +0000",
                             "[21/Nov/2026:12:00:00 +0000]",
                             "Nov 21, 2026 12:00:00 PM",
                             "Nov 21, 2026, 12:00:00 PM",
                             "Sat Nov 21 12:00:00 2026",
                             "Sat Nov 21 12:00:00 UTC 2026",
                             "2026-11-21T13:00:00+01:00[Europe/Berlin]",
                             "2026-11-21 12:00:00 PM",
                             "[2026-11-21 12:00:00]"}) {
        INFO(text);
        CHECK(parse_time(text) == noon);
    }
    CHECK(parse_time("20261121T120000.25Z") == noon + 250'000'000);
    CHECK(parse_time("2026-11-21 12:00:00.123456789 +0000 UTC m=+3.2") == noon + 123'456'789);
    CHECK(parse_time("Feb 3, 2026 9:10:11 AM") == parse_time("2026-02-03T09:10:11Z"));
}

TEST_CASE("a time may be an object") {
    const auto of = [](const char* json) { return parse_time(logkit::json_view(json)); };
    CHECK(of(R"({"$date":"2026-11-21T12:00:00.000+00:00"})") == noon);
    CHECK(of(R"({"$date":{"$numberLong":"1795262400000"}})") == noon);
    CHECK(of(R"({"seconds":1795262400,"nanos":7})") == noon + 7);
    CHECK(of(R"({"epochSecond":1795262400,"nanoOfSecond":7})") == noon + 7);
    CHECK(of(R"({"date":"2026-11-21 12:00:00.000000","timezone_type":3,"timezone":"UTC"})") == noon);
    CHECK(of(R"({"date":"2026-11-21 13:00:00.000000","timezone_type":1,"timezone":"+01:00"})") == noon);
    CHECK_FALSE(of(R"({"date":"2026-11-21 13:00:00.000000","timezone_type":3,"timezone":"Europe/Berlin"})"));
    CHECK_FALSE(of(R"({"seconds":99999999999999})"));
    CHECK_FALSE(of(R"({"start":1795262400})"));
}

TEST_CASE("numbers are times in the unit that fits our age") {
    CHECK(parse_time(logkit::json_view("1795262400")) == noon);
    CHECK(parse_time(logkit::json_view("1795262400000")) == noon);
    CHECK(parse_time(logkit::json_view("1795262400000000")) == noon);
    CHECK(parse_time(logkit::json_view("1795262400000000001")) == noon + 1);
    CHECK(parse_time(logkit::json_view("\"1795262400000000001\"")) == noon + 1);
    CHECK(parse_time(logkit::json_view("1795262400.25")) == noon + 250'000'000);
    CHECK_FALSE(parse_time(logkit::json_view("1e300")));
    CHECK_FALSE(parse_time(logkit::json_view("12.5")));  // seconds since a start, perhaps
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
    constexpr std::int64_t hour = 3600 * second_ns, day = 24 * hour;  // it is a Saturday
    CHECK(parse_moment("-10m", noon) == noon - 600 * second_ns);
    CHECK(parse_moment("10m ago", noon) == noon - 600 * second_ns);
    CHECK(parse_moment("10 minutes ago", noon) == noon - 600 * second_ns);
    CHECK(parse_moment("An hour ago", noon) == noon - hour);
    CHECK(parse_moment("2 weeks ago", noon) == noon - 14 * day);
    CHECK(parse_moment("today", noon) == noon - 12 * hour);
    CHECK(parse_moment("Yesterday", noon) == noon - 36 * hour);
    CHECK(parse_moment("yesterday 15:04", noon) == noon - 36 * hour + 15 * hour + 240 * second_ns);
    CHECK(parse_moment("saturday", noon) == noon - 12 * hour);
    CHECK(parse_moment("monday 9:30", noon) == noon - 12 * hour - 5 * day + 9 * hour + 1800 * second_ns);
    CHECK(parse_moment("3pm", noon) == noon + 3 * hour);
    CHECK(parse_moment("12am", noon) == noon - 12 * hour);
    CHECK(parse_moment("9:30 am", noon) == noon - 9000 * second_ns);
    for (const char* text : {"", "15", "13pm", "0am", "9:60", "yesterday noon", "yesterday 15", "minutes ago",
                             "5 parsecs ago", "10m ago ago", "-", "15:", "15:04x", ":30"})
        CHECK_FALSE(parse_moment(text, noon));
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
