// SPDX-License-Identifier: MIT
// What the bodies of others become: lines as they were sent, and entries of POST /logs. simdjson is the
// judge (it refuses lone surrogates and numbers beyond a double, which JSON allows).
#include "ingest/decode/ndjson.hpp"
#include "ingest/decode/tracer.hpp"
#include "ingest/inflate.hpp"

#include "store/batches.hpp"

#include <logkit/reader/line_parser.hpp>

#include <simdjson.h>

#include <random>
#include <string>
#include <vector>

#include <support/catch.hpp>

using namespace serve;
using support::noon_ns;

namespace {

[[nodiscard]] bool is_object(std::string const& line) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    return parser.parse(line).get(object) == simdjson::SUCCESS;
}
[[nodiscard]] decoded_lines lines_in(std::string body, std::optional<stream_range> range = {},
                                     std::string const& service = "", ndjson_limits const& limits = {}) {
    const std::size_t size = body.size();
    body.append(logkit::detail::line_padding, ' ');
    return decode_ndjson({body.data(), size}, std::move(range), service, noon_ns, limits);
}
[[nodiscard]] std::vector<std::string> texts_of(batch const& b) {
    std::vector<std::string> texts;
    for (record_place const& r : b.records) texts.push_back(b.text.substr(r.offset, r.size - 1));
    return texts;
}
[[nodiscard]] stream_range at(std::uint64_t position) {
    stream_range range;
    range.position = position;
    return range;
}

}  // namespace

TEST_CASE("lines that are objects are kept byte for byte, with the time that they say") {
    const std::string odd = R"( {"b":1.0 , "a":9007199254740993,"b":[1e400,-0,{"x":"\u00e4\ud800"}]}	)";
    const decoded_lines got = lines_in("\xef\xbb\xbf" + odd + "\r\n\r\n \n{\"ts\":1767268800,\"msg\":\"m\"}");
    CHECK(texts_of(got.made) == std::vector<std::string>{odd, R"({"ts":1767268800,"msg":"m"})"});
    CHECK(!got.made.records[0].time_ns.has_value());
    CHECK(got.made.records[1].time_ns == noon_ns);
    CHECK(got.refused.empty());
}

TEST_CASE("a line that is no object is a record of its text; what can be mended is") {
    const decoded_lines got = lines_in(std::string("panic: no \"way\"\n\0\0{\"a\":1}\n[1]\n{\"u\":\"\xff\"}\n", 41));
    const std::vector<std::string> texts = texts_of(got.made);
    REQUIRE(texts.size() == 4);
    CHECK(
        texts[0] ==
        R"({"timestamp":"2026-01-01T12:00:00.000000Z","level":"critical","event":"panic: no \"way\"","unparsed":true})");
    CHECK(texts[1] == R"({"a":1})");
    CHECK(texts[2] == R"({"timestamp":"2026-01-01T12:00:00.000000Z","level":"info","event":"[1]","unparsed":true})");
    CHECK(texts[3] == "{\"u\":\"\xef\xbf\xbd\"}");
}

TEST_CASE("of a stream, records and refusals have the positions of their bytes") {
    ndjson_limits limits;
    limits.longest_line = 40;
    const std::string deep = std::string(65, '[') + std::string(65, ']');
    const decoded_lines got =
        lines_in("{\"n\":1}\n\n{\"x\":\"" + std::string(40, 'x') + "\"}\n{\"n\":2}\n", at(1'000), "", limits);
    REQUIRE(got.made.records.size() == 2);
    CHECK(got.made.records[0].position == 1'000);
    CHECK(got.made.records[1].position == 1'058);
    REQUIRE(got.refused.size() == 1);
    CHECK(got.refused[0].position == 1'009);
    CHECK(got.made.stream->line_positions == std::vector<std::uint64_t>{1'000, 1'008, 1'009, 1'058});
    const decoded_lines nested = lines_in("{\"a\":" + deep + "}\n");
    CHECK(nested.made.records.empty());
    CHECK(nested.refused_count == 1);
}

TEST_CASE("a key's service is a wall, also where a line says it twice") {
    const decoded_lines got = lines_in(R"({"service":"a","n":1}
{"n":2}
{"service":"b"}
{"service":"a","service":"b"}
{"service":"b","service":"a"}
)",
                                       {}, "a");
    CHECK(got.made.records.size() == 2);
    CHECK(got.refused_count == 3);
    CHECK(got.refused[0].position == 2);
}

TEST_CASE("any bytes become whole lines of valid JSON, in order, and none is lost") {
    std::mt19937 random(5);
    const std::vector<std::string> pieces{"{\"a\":1}",
                                          "\n",
                                          "\r\n",
                                          "\0",
                                          "\xff",
                                          "\"",
                                          "\\",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          ":",
                                          "1e9",
                                          "-",
                                          "null",
                                          "\xc3\xa4",
                                          "\xed\xa0\x80",
                                          "\xef\xbb\xbf",
                                          " ",
                                          "\t",
                                          "\x1b[31m",
                                          "\"k\":\"v\"",
                                          "x",
                                          "\\u0000",
                                          "\x7f"};
    for (int round = 0; round < 20'000; ++round) {
        std::string body;
        for (auto n = random() % 20; n != 0; --n) {
            std::string const& piece = pieces[random() % pieces.size()];
            body += piece.empty() ? std::string(1, '\0') : piece;
        }
        const decoded_lines got = lines_in(body, at(7));
        CAPTURE(body);
        std::uint64_t last = 0;
        std::size_t size = 0;
        for (record_place const& r : got.made.records) {
            const std::string line = got.made.text.substr(r.offset, r.size);
            if (!is_object(line) || line.find('\n') != line.size() - 1) FAIL_CHECK(line);
            if (r.position < std::max<std::uint64_t>(last, 7) || r.position >= 7 + body.size()) FAIL_CHECK(r.position);
            last = r.position + 1;
            size += r.size;
        }
        CHECK(size == got.made.text.size());
        std::size_t wanted = 0;
        for (std::size_t from = body.starts_with("\xef\xbb\xbf") ? 3 : 0; from < body.size();) {
            const std::size_t end = std::min(body.find('\n', from), body.size());
            if (body.substr(from, end - from).find_first_not_of(std::string_view(" \t\r\0", 4)) != body.npos) ++wanted;
            from = end + 1;
        }
        CHECK(got.made.records.size() + got.refused_count == wanted);
    }
}

TEST_CASE("an entry of /logs: known members in a record's order, others as they were sent") {
    const decoded_entries got = decode_entries(
        R"({"metadata":{"n":1.00,"deep":{"a":[null]}},"message":"a\tb","x":12345678901234567890,"level":"WARN",
            "timestamp":1767268800,"tags":["t"],"event":"mine","environment":null,"trace_id":"t1"})",
        "shop", noon_ns);
    CHECK(got.error.empty());
    CHECK(texts_of(got.made) ==
          std::vector<std::string>{
              R"({"timestamp":"2026-01-01T12:00:00.000000Z","level":"warning","event":"a\tb","trace_id":"t1",)"
              R"("service":"shop","tags":["t"],"metadata":{"n":1.00,"deep":{"a":[null]}},)"
              R"("x":12345678901234567890,"event_":"mine"})"});
}

TEST_CASE("entries: all or nothing, each fault is named by its index") {
    const decoded_entries got = decode_entries(
        R"({"logs":[{"message":"good"},{"message":""},{"level":"info"},7,{"message":"m","level":"loud"},)"
        R"({"message":"m","timestamp":"yesterday"},{"message":"m","metadata":[]},{"message":"m","service":"other"}]})",
        "shop", noon_ns);
    std::vector<std::string> faults;
    for (refused_line const& r : got.invalid) faults.push_back(std::to_string(r.position) + " " + r.reason);
    CHECK(faults ==
          std::vector<std::string>{"1 message: is a text that is not empty", "2 message: is missing", "3 is no object",
                                   "4 level: is one of trace, debug, info, warning, error, critical and their kin",
                                   "5 timestamp: is RFC 3339, or a number since 1970", "6 metadata: is an object",
                                   "7 service: is not that of the key"});
    CHECK(got.is_of_other_service);
    for (const char* body : {"", "[]", "7", "{\"logs\":[]}", "{\"logs\":{}}", "{\"message\":\"m\"} x", "\xff", "{"})
        CHECK(!decode_entries(body, "", noon_ns).error.empty());
}

TEST_CASE("any entry that is taken is a record of valid JSON") {
    std::mt19937 random(9);
    const std::vector<std::string> values{
        "1",    "\"x\"",    "null",           "{}", "[]",   "[{\"a\":1}]",        "1e30",
        "true", "\"warn\"", "\"2026-01-01\"", "-5", "\"\"", "{\"message\":\"m\"}"};
    const std::vector<std::string> keys{"message",  "level", "timestamp",   "service", "trace_id", "span_id", "tags",
                                        "metadata", "event", "environment", "",        "\\u0000",  "a.b",     "x\\ny"};
    std::size_t taken = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string body = "{\"message\":\"m\"";
        for (auto n = random() % 6; n != 0; --n)
            body += ",\"" + keys[random() % keys.size()] + "\" :\n" + values[random() % values.size()];
        const decoded_entries got = decode_entries(body + "}", "", noon_ns);
        CAPTURE(body);
        CHECK(got.made.records.size() + got.invalid.size() == 1);
        for (std::string const& line : texts_of(got.made)) {
            ++taken;
            if (!is_object(line) || line.find('\n') != line.npos) FAIL_CHECK(line);
        }
    }
    CHECK(taken > 1'000);
}

TEST_CASE("a body that is no gzip or zstd, or one that was cut, is damaged") {
    for (const char* encoding : {"gzip", "zstd"}) {
        std::string body = "this is not packed at all";
        CHECK(inflate_body(encoding, body) == inflate_result::damaged);
        body.clear();
        CHECK(inflate_body(encoding, body) == inflate_result::damaged);
    }
    std::string body = "{}\n";
    CHECK(inflate_body("identity", body) == inflate_result::good);
    CHECK(inflate_body("br", body) == inflate_result::unknown_encoding);
    CHECK(body == "{}\n");
}
