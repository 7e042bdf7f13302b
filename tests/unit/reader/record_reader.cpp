// SPDX-License-Identifier: MIT
#include <logkit/reader.hpp>

#include <support/catch.hpp>
#include <support/logs.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

using support::json_lines;

struct seen_record {
    std::string line;
    std::string event;
    logkit::level severity;
    std::optional<std::int64_t> time;
    bool is_text;
};
struct everything {
    std::vector<seen_record> records;
    logkit::line_counts counts;
};

everything read(std::string const& log, bool is_backward = false, logkit::query const& wanted = {}) {
    everything all;
    std::string padded = log;
    padded.append(logkit::detail::line_padding, '"');
    logkit::record_reader reader(is_backward);
    reader.read({padded.data(), log.size()}, wanted, [&](logkit::entry const& e, std::size_t) {
        all.records.push_back({std::string(e.line()), e.event(), e.level(), e.unix_ns(), e.is_text()});
    });
    all.counts = reader.counts();
    return all;
}
std::vector<std::string> events(std::string const& log) {
    std::vector<std::string> all;
    for (auto const& r : read(json_lines(log)).records) all.push_back(r.event);
    return all;
}
using texts = std::vector<std::string>;
constexpr std::int64_t at_ten = 1'770'109'811'000'000'000;  // 2026-02-03T09:10:11Z

TEST_CASE("records are found in whatever they are printed in") {
    CHECK(events("{'msg':'a'}\n{'msg':'b'}") == texts{"a", "b"});
    CHECK(events("{'msg':'a'}{'msg':'b'} {'msg':'c'}\n") == texts{"a", "b", "c"});
    CHECK(events("[{'msg':'a'},{'msg':'b'}]\n") == texts{"a", "b"});
    CHECK(events("[\n{'msg':'a'},\n{'msg':'b'}\n]\n") == texts{"a", "b"});
    CHECK(events("{\n  'msg': 'a',\n  'o': {\n    'n': 1\n  }\n}\n{'msg':'b'}\n") == texts{"a", "b"});
    CHECK(events("[\n  {\n    'msg': 'a'\n  },\n  {\n    'msg': 'b'\n  }\n]\n") == texts{"a", "b"});
    CHECK(events("{'Records':[{'eventName':'a'},{'eventName':'b'}]}\n") == texts{"a", "b"});
    CHECK(events("\xef\xbb\xbf{'msg':'a'}\n") == texts{"a"});
    CHECK(events("{'msg':'a','n':NaN,'m':[1,Infinity],'k':-Infinity}\n") == texts{"a"});
    CHECK(read(json_lines("{'msg':'a'}{'msg':'b'}\n"), true).records[0].event == "b");
}

TEST_CASE("a prefix becomes a field, and its time the record's") {
    const auto one = [](std::string const& line) { return read(json_lines(line)).records.at(0); };
    CHECK(one("web-1  | {'level':'error','msg':'a'}\n").line ==
          json_lines("{'level':'error','msg':'a','prefix':'web-1  |'}"));
    CHECK(one("2026-02-03T09:10:11Z {'msg':'a'}\n").time == at_ten);
    CHECK(one("2026-02-03 09:10:11,000 shop: {'msg':'a'}\n").time == at_ten);
    CHECK(*one("Feb 03 09:10:11 host shop[1]: {'msg':'a'}\n").time % 86'400'000'000'000 == at_ten % 86'400'000'000'000);
    CHECK(one("\x1b[36mweb |\x1b[0m {'msg':'a'}\x1b[0m\n").event == "a");
    CHECK(one("x {}\n").is_text);
    CHECK(one("POST with {'a':1}\n").is_text);
    CHECK(one("see {'msg':'a'} there\n").is_text);
}

TEST_CASE("what a container runtime wrapped is unwrapped, with what it knew") {
    const auto docker = read(R"({"log":"{\"level\":\"error\",\"msg\":\"in)"
                             "\",\"stream\":\"stdout\",\"time\":\"2026-02-03T09:10:11Z\"}\n"
                             R"({"log":"side\",\"n\":1}\n","stream":"stdout","time":"2026-02-03T09:10:11Z"})"
                             "\n"
                             R"({"log":"plain\n","stream":"stderr","time":"2026-02-03T09:10:11Z"})"
                             "\n");
    REQUIRE(docker.records.size() == 2);
    CHECK(docker.records[0].event == "inside");
    CHECK(docker.records[0].severity == logkit::level::error);
    CHECK(docker.records[0].time == at_ten);
    CHECK(docker.records[0].line.find(R"("stream":"stdout")") != std::string::npos);
    CHECK(docker.records[1].event == "plain");
    CHECK(docker.records[1].is_text);
    const auto cri = read(
        "2026-02-03T09:10:11.000000000Z stdout P {\"msg\":\"in\n2026-02-03T09:10:11.000000000Z stdout F side\"}\n"
        "2026-02-03T09:10:11.000000000Z stderr F panic: x\n2026-02-03T09:10:11.000000000Z stderr F \n"
        "2026-02-03T09:10:11.000000000Z stderr F goroutine 1 [running]:\n2026-02-03T09:10:11.000000000Z stderr F "
        "main.f()\n"
        "2026-02-03T09:10:11.000000000Z stderr F \t/a.go:1\n");
    REQUIRE(cri.records.size() == 2);
    CHECK(cri.records[0].event == "inside");
    CHECK(cri.records[0].time == at_ten);
    CHECK(cri.records[1].event == "panic: x");
    CHECK(cri.records[1].severity == logkit::level::error);
}

TEST_CASE("a message that is a record takes the place of what carried it") {
    const auto all = read(
        R"({"time":"2026-02-03T09:10:12Z","host":"h","message":"{\"level\":\"warn\",\"msg\":\"in\",\"time\":\"2026-02-03T09:10:11Z\"}"})"
        "\n"
        R"({"level":"error","msg":"{\"a\":1}"})"
        "\n");
    REQUIRE(all.records.size() == 2);
    CHECK(all.records[0].event == "in");
    CHECK(all.records[0].severity == logkit::level::warning);
    CHECK(all.records[0].time == at_ten);
    CHECK(all.records[0].line.find(R"("host":"h","outer":{"time":"2026-02-03T09:10:12Z"})") != std::string::npos);
    CHECK(all.records[1].event == R"({"a":1})");
}

TEST_CASE("text belongs to the record before it, and says what it can") {
    const auto all = read(json_lines(
        "{'msg':'up','time':'2026-02-03T09:10:11Z','trace_id':'abc'}\nplain\nWARN low\n2026-02-03T09:10:12Z ERROR: db\n"
        "[error] it\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 1\n"
        "1.2.3.4 - - [03/Feb/2026:09:10:11 +0000] \"GET / HTTP/1.1\" 503 9\nan ERROR in the middle of words\nno error "
        "here\n"));
    REQUIRE(all.records.size() == 9);
    CHECK(all.records[1].event == "plain");
    CHECK(all.records[1].time == at_ten);
    CHECK(all.records[1].line.find(R"("trace_id":"abc")") != std::string::npos);
    CHECK(all.records[2].severity == logkit::level::warning);
    CHECK(all.records[3].severity == logkit::level::error);
    CHECK(all.records[3].time == at_ten + 1'000'000'000);
    CHECK(all.records[4].severity == logkit::level::error);
    CHECK(all.records[5].severity == logkit::level::error);
    CHECK(all.records[6].severity == logkit::level::error);
    CHECK(all.records[6].time == at_ten);
    CHECK(all.records[8].severity == logkit::level::info);
    CHECK(all.counts.texts == 8);
    CHECK(all.counts.records == 1);
    CHECK(all.counts.unreadable == 0);
}

TEST_CASE("a stream's line goes on where it ended, whatever another stream says in between") {
    const auto all = read(
        "2024-11-19T07:06:46.000000000Z stdout P {\"level\":\"error\",\"msg\":\"part\n"
        "2024-11-19T07:06:46.000000001Z stderr F {\"level\":\"error\",\"msg\":\"interleaved\"}\n"
        "2024-11-19T07:06:46.000000002Z stdout F ial\"}\n");
    REQUIRE(all.records.size() == 2);
    CHECK(all.records[0].event == "interleaved");
    CHECK(all.records[1].event == "partial");
}

TEST_CASE("what compose and kubectl put before each line does not break up a text") {
    const auto compose = read(
        "worker-1  | Traceback (most recent call last):\nworker-1  |   File \"a.py\", line 1, in f\nworker-1  |     "
        "go()\n"
        "worker-1  | ValueError: bad thing\nworker-1  | {\"msg\":\"on\"}\n");
    REQUIRE(compose.records.size() == 2);
    CHECK(compose.records[0].line.find("ValueError: bad thing\",\"prefix\":\"worker-1  |\"") != std::string::npos);
    CHECK(compose.records[1].line == R"({"msg":"on","prefix":"worker-1  |"})");
    const auto kubectl = read(
        "[pod/web-7d9f8b6c5-abcde/web] 2026-02-03T09:10:11Z panic: runtime error: index out of range [5] with length "
        "3\n"
        "[pod/web-7d9f8b6c5-abcde/web] 2026-02-03T09:10:11Z goroutine 1 [running]:\n");
    REQUIRE(kubectl.records.size() == 1);
    CHECK(kubectl.records[0].time == at_ten);
    CHECK(kubectl.records[0].event == "panic: runtime error: index out of range [5] with length 3");
}

TEST_CASE("a text ends where a line with a date begins") {
    const auto all = read(
        "2024/11/19 07:06:45 http: panic serving 127.0.0.1:5000: boom\ngoroutine 7 "
        "[running]:\nmain.h()\n\t/src/h.go:3\n"
        "2024/11/19 07:06:47 [error] 29#29: *1 connect() failed\n2024-11-19 07:06:48,000 ERROR db lost\n"
        "[2024-11-19T07:06:49,123][ERROR][o.e.x.SomeThing          ] [n1] plain failure\n");
    REQUIRE(all.records.size() == 4);
    for (auto const& r : all.records) {
        CHECK(r.severity == logkit::level::error);
        CHECK(r.time);
    }
    CHECK(all.records[0].event == "http: panic serving 127.0.0.1:5000: boom");
    CHECK(all.records[3].event == "[ERROR][o.e.x.SomeThing          ] [n1] plain failure");
}

TEST_CASE("a line of text says its level in many ways") {
    struct said {
        const char* line;
        logkit::level severity;
    };
    for (said const& s :
         {said{"time=\"2024-11-19T07:06:40Z\" level=error msg=\"x\"", logkit::level::error},
          said{"time=2024-11-19T07:06:40Z level=WARN msg=x", logkit::level::warning},
          said{"ERROR:root:basic failed", logkit::level::error},
          said{"<11>Nov 19 07:06:41 host app[12]: x", logkit::level::error},
          said{"<14>Nov 19 07:06:41 host app[12]: x", logkit::level::info},
          said{"E1119 07:06:41.223456       1 main.go:3] lost", logkit::level::error},
          said{"[2024-11-19 07:06:49] production.ERROR: Undefined variable", logkit::level::error},
          said{"Segmentation fault (core dumped)", logkit::level::error},
          said{"java.lang.OutOfMemoryError: Java heap space", logkit::level::error},
          said{"[UnhandledPromiseRejection: This error originated either by", logkit::level::error},
          said{"INFO: Error: none at all", logkit::level::info},
          said{"no errors in the last hour", logkit::level::info}, said{"the INFORMATION desk", logkit::level::info}}) {
        INFO(s.line);
        CHECK(read(std::string(s.line) + '\n').records.at(0).severity == s.severity);
    }
    CHECK(read("time=\"2026-02-03T09:10:11Z\" level=error msg=x\n").records.at(0).time == at_ten);
}

TEST_CASE("what is not understood is counted, and what may hold it is named") {
    const auto all = read(
        json_lines("{'time':'half past nine','msg':'a'}\n{'when':'2026-02-03T09:10:11Z','o':{'what':'a long text'}}\n"
                   "{'when':'2026-02-03T09:10:11Z','o':{'what':'a long text'}}\n{broken\n"));
    CHECK(all.counts.odd_times == 1);
    CHECK(all.counts.unreadable == 1);
    CHECK(all.counts.unnamed.lack_time());
    CHECK(all.counts.unnamed.lack_message());
    CHECK(all.counts.unnamed.time_candidates() == texts{"when"});
    CHECK(all.counts.unnamed.message_candidates() == texts{"o.what", "when"});
}

TEST_CASE("a filter sees what a text says, not how it is escaped") {
    const std::string log = R"({"msg":"\u00dcnal asked for \/orders\/7","q":"say \"hello\""})"
                            "\n";
    for (const char* term : {"Ünal", "/orders/7", R"('say "hello"')", "asked", R"(q='say "hello"')"}) {
        logkit::query wanted;
        wanted.require(term);
        INFO(term);
        CHECK(read(log, false, wanted).records.size() == 1);
    }
    for (const char* term : {"u00dc", "/orders/8", R"('hello\\')"}) {
        logkit::query wanted;
        wanted.require(term);
        INFO(term);
        CHECK(read(log, false, wanted).records.size() <= 1);
    }
}

TEST_CASE("forwards and backwards, in whatever blocks, the same records are read") {
    const std::string pieces[] = {
        json_lines("{'msg':'a','time':'2026-02-03T09:10:11Z','trace_id':'abc'}\n"),
        json_lines("{\n  'msg': 'pretty',\n  'o': {\n    'n': 1\n  }\n}\n"),
        json_lines("web | {'msg':'prefixed'}\n"),
        "plain text\n",
        "text\n   of two lines\n",
        "panic: boom\n\ngoroutine 1 [running]:\nmain.f()\n\t/a.go:1\nexit status 2\n",
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n",
        json_lines("{'msg':'b'}{'msg':'c'}\n"),
        "{torn\n",
        R"({"message":"{\"msg\":\"inner\"}"})"
        "\n",
        "\n",
        R"({"timestamp":"2026-11-21T12:00:00.000001Z","level":"error","event":"own","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"})"
        "\n"};
    std::mt19937 dice(5);
    for (int round = 0; round < 6; ++round) {
        std::string log = pieces[0];
        while (log.size() < 3 * logkit::detail::block_size) log += pieces[dice() % std::size(pieces)];
        const support::written_log written(log);
        const auto lines_of = [&](logkit::direction way, unsigned threads) {
            std::vector<std::string> all;
            logkit::scan_logs<texts>(
                written.files(), {}, {way, threads},
                [](unsigned, texts& some, logkit::entry const& e, logkit::place) { some.emplace_back(e.line()); },
                [&](texts some) {
                    all.insert(all.end(), some.begin(), some.end());
                    return true;
                });
            return all;
        };
        const everything whole = read(log);
        texts expected;
        for (auto const& r : whole.records) expected.push_back(r.line);
        CHECK((lines_of(logkit::direction::forward, 1) == expected));  // megabytes, which nobody wants to see
        CHECK((lines_of(logkit::direction::forward, 4) == expected));
        std::reverse(expected.begin(), expected.end());
        CHECK((lines_of(logkit::direction::backward, 2) == expected));
    }
}

}  // namespace
