// SPDX-License-Identifier: MIT
#include <logkit/context/traceparent.hpp>

#include <string>
#include <thread>

#include <logkit/context/scope.hpp>
#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::from_traceparent;
using logkit::kv;

TEST_CASE("a traceparent that was written reads back as the same trace and span") {
    const std::string trace = logkit::new_context();
    const logkit::capture caller{"caller"};
    const std::string header = logkit::traceparent();
    CHECK(header == "00-" + trace + "-" + caller.id() + "-01");
    const auto parent = from_traceparent(header);
    REQUIRE(parent.is_valid());
    CHECK(parent.flags == 1);
}

TEST_CASE("new_context continues the trace of a traceparent, under the caller's span") {
    const logkit::testing::capture_logs logs;
    const auto trace =
        logkit::new_context(from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kv("x", 1));
    CHECK(trace == "4bf92f3577b34da6a3ce929d0e0e4736");
    { const logkit::capture callee{"callee"}; }
    CHECK(logs.last().trace_id == trace);
    CHECK(logs.last().parent_span_id == "00f067aa0ba902b7");
    CHECK(logs.last()["x"] == 1);
}

namespace {
// The cases of the standard's own test suite (w3c/trace-context, test/test.py), by the names they have there.
struct header_case {
    const char* name;
    std::string traceparent;
    bool is_valid;
};
const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
const header_case header_cases[] = {
    {"traceparent_header_name valid", "00-" + id + "-" + span + "-01", true},
    {"empty", "", false},
    {"garbage", "garbage", false},
    {"version_0x00 more fields", "00-" + id + "-" + span + "-01.", false},
    {"version_0x00 more fields, dash", "00-" + id + "-" + span + "-01-what-the-future-will-be-like", false},
    {"version_0xcc", "cc-" + id + "-" + span + "-01", true},
    {"version_0xcc with more", "cc-" + id + "-" + span + "-01-what-the-future-will-be-like", true},
    {"version_0xcc with more, no dash", "cc-" + id + "-" + span + "-01.what-the-future-will-be-like", false},
    {"version_0xff", "ff-" + id + "-" + span + "-01", false},
    {"version_illegal_characters", ".0-" + id + "-" + span + "-01", false},
    {"version_illegal_characters 2", "0.-" + id + "-" + span + "-01", false},
    {"version_too_long", "000-" + id + "-" + span + "-01", false},
    {"version_too_long 2", "0000-" + id + "-" + span + "-01", false},
    {"version_too_short", "0-" + id + "-" + span + "-01", false},
    {"trace_id_all_zero", "00-00000000000000000000000000000000-" + span + "-01", false},
    {"trace_id_illegal_characters", "00-.bf92f3577b34da6a3ce929d0e0e4736-" + span + "-01", false},
    {"trace_id upper case", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01", false},
    {"trace_id_too_long", "00-0" + id + "-" + span + "-01", false},
    {"trace_id_too_short", "00-" + id.substr(1) + "-" + span + "-01", false},
    {"parent_id_all_zero", "00-" + id + "-0000000000000000-01", false},
    {"parent_id_illegal_characters", "00-" + id + "-.0f067aa0ba902b7-01", false},
    {"parent_id upper case", "00-" + id + "-00F067AA0BA902B7-01", false},
    {"parent_id_too_long", "00-" + id + "-0" + span + "-01", false},
    {"parent_id_too_short", "00-" + id + "-" + span.substr(1) + "-01", false},
    {"trace_flags_illegal_characters", "00-" + id + "-" + span + "-.0", false},
    {"trace_flags_illegal_characters 2", "00-" + id + "-" + span + "-0.", false},
    {"trace_flags upper case", "00-" + id + "-" + span + "-0A", false},
    {"trace_flags_too_long", "00-" + id + "-" + span + "-001", false},
    {"trace_flags_too_short", "00-" + id + "-" + span + "-1", false},
    {"ows_handling leading space", " 00-" + id + "-" + span + "-01", true},
    {"ows_handling leading tab", "\t00-" + id + "-" + span + "-01", true},
    {"ows_handling trailing both", "00-" + id + "-" + span + "-01 \t", true},
    {"missing dashes", "00." + id + "." + span + ".01", false},
};
}  // namespace

TEST_CASE("the headers of the W3C test suite are told valid from invalid") {
    for (header_case const& c : header_cases) {
        INFO(c.name);
        const auto parent = from_traceparent(c.traceparent);
        CHECK(parent.is_valid() == c.is_valid);
        CHECK((logkit::new_context(parent) == id) == c.is_valid);
    }
}

TEST_CASE("trace-flags are preserved, and the sampled one is honoured") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(from_traceparent("00-" + id + "-" + span + "-03"));
    CHECK(logkit::traceparent().substr(53) == "03");
    CHECK(logkit::log.info("sampled"));
    logkit::new_context(from_traceparent("00-" + id + "-" + span + "-02"));
    CHECK(logkit::traceparent().substr(53) == "02");
    CHECK_FALSE(logkit::log.info("not sampled"));
    CHECK(logkit::log.warning("a warning all the same"));
    logkit::new_context();
    CHECK(logkit::log.info("own trace"));
}

TEST_CASE("the caller's decision to keep a trace outweighs ours, and has an unknown rate") {
    const logkit::testing::capture_logs logs;
    logkit::detail::sampling.rate = 0;
    logkit::new_context(from_traceparent("00-" + id + "-" + span + "-01"));
    CHECK(logkit::log.info("kept"));
    logkit::detail::sampling.rate = 1;
    CHECK_FALSE(logs.last().has("sample_rate"));
}

TEST_CASE("tracestate is carried through the trace as it came") {
    logkit::new_context(from_traceparent("00-" + id + "-" + span + "-01", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"));
    logkit::bind_context(kv("x", 1));
    const logkit::capture inside{"inside"};
    CHECK(logkit::tracestate() == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
    std::string elsewhere;
    std::thread(logkit::carry([&] { elsewhere = logkit::tracestate(); })).join();
    CHECK(elsewhere == logkit::tracestate());
    logkit::new_context();
    CHECK(logkit::tracestate().empty());
    logkit::new_context(from_traceparent("invalid", "congo=1"));
    CHECK(logkit::tracestate().empty());
}

TEST_CASE("the tracestates of the W3C test suite are told valid from invalid") {
    const auto normal = [](std::string const& state) {
        return from_traceparent("00-" + id + "-" + span + "-01", state).state;
    };
    CHECK(normal("foo=1") == "foo=1");
    CHECK(normal("foo=1,bar=2") == "foo=1,bar=2");
    CHECK(normal("foo=1,") == "foo=1");  // empty members
    CHECK(normal(",foo=1,,bar=2") == "foo=1,bar=2");
    CHECK(normal("foo=1 \t , \t bar=2, \t baz=3") == "foo=1,bar=2,baz=3");  // ows_handling
    CHECK(normal(std::string(256, 'z') + "=1").size() == 258);              // key_length_limit
    CHECK(normal(std::string(241, 't') + "@" + std::string(14, 'v') + "=1").size() == 258);
    CHECK(normal("0tenant@vendor=1") == "0tenant@vendor=1");
    CHECK(normal("foo=" + std::string(256, 'v')).size() == 260);
    CHECK(normal("foo= !\"#$%&'()*+-./0123456789:;<>?@AZ[\\]^_`az{|}~").size() > 40);  // all_allowed_characters
    for (const std::string& invalid :
         {std::string("foo"), std::string("foo=1,foo=1"), std::string("foo =1"), std::string("FOO=1"),
          std::string("foo.bar=1"), std::string("0foo=1"), std::string("foo@=1,bar=2"), std::string("@foo=1,bar=2"),
          std::string("foo@@bar=1"), std::string("foo@bar@baz=1"), std::string("foo="), std::string("foo=bar=baz"),
          std::string("foo=\tbar\t\x01"), std::string(257, 'z') + "=1", std::string(242, 't') + "@v=1",
          "t@" + std::string(15, 'v') + "=1", "foo=" + std::string(257, 'v')}) {
        INFO(invalid);
        CHECK(normal(invalid).empty());
    }
    std::string many;
    for (int i = 0; i < 32; ++i) many += "bar" + std::to_string(i) + "=1,";
    CHECK_FALSE(normal(many).empty());  // member_count_limit
    CHECK(normal(many + "bar32=1").empty());
}
