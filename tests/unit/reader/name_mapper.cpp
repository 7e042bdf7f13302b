// SPDX-License-Identifier: MIT
// One record of each program that is known, in the form in which that program writes it.
#include <logkit/reader.hpp>

#include <support/catch.hpp>

#include <string>

namespace {

using logkit::level;
using logkit::slot;

constexpr std::int64_t time_of_all = 1'795'262'400'000'000'000;  // 2026-11-21T12:00:00Z

struct program {
    const char* name;
    const char* line;
    level severity;
    const char* event;
    bool is_failure;
    const char* trace = "";
    const char* logger = "";
    const char* thrown = "";  // type: what
};

const program programs[] =
    {
        {"Serilog CLEF",
         R"j({"@t":"2026-11-21T12:00:00.0000000Z","@l":"Error","@mt":"cannot save {File} in {Elapsed:0.0} {{ms}}","File":"a.json","Elapsed":3.5,"@x":"System.IO.IOException: full\n   at A.B() in C.cs:line 1","@tr":"4bf92f3577b34da6a3ce929d0e0e4736","SourceContext":"Shop"})j",
         level::error, "cannot save a.json in 3.5 {ms}", true, "4bf92f3577b34da6a3ce929d0e0e4736", "Shop",
         "System.IO.IOException: full"},
        {"Serilog CLEF, no level", R"({"@t":"2026-11-21T12:00:00Z","@m":"hi"})", level::info, "hi", false},
        {"Serilog's JsonFormatter",
         R"({"Timestamp":"2026-11-21T12:00:00.0000000+00:00","Level":"Warning","MessageTemplate":"{Count} left","Properties":{"Count":3,"SourceContext":"S"}})",
         level::warning, "3 left", false, "", "S"},
        {".NET's JsonConsole",
         R"({"Timestamp":"2026-11-21T12:00:00Z","EventId":7,"LogLevel":"Critical","Category":"Shop.Store","Message":"down","Exception":"System.Exception: x","State":{"Message":"down"}})",
         level::critical, "down", true, "", "Shop.Store", ": System.Exception: x"},
        {"hclog",
         R"({"@level":"error","@message":"no leader","@module":"agent.raft","@timestamp":"2026-11-21T12:00:00.000000Z","error":"timeout"})",
         level::error, "no leader", true, "", "agent.raft", ": timeout"},
        {"MongoDB",
         R"({"t":{"$date":"2026-11-21T12:00:00.000+00:00"},"s":"E","c":"STORAGE","id":2,"ctx":"init","msg":"cannot open","attr":{"error":"no such folder"}})",
         level::error, "cannot open", true, "", "STORAGE", ": no such folder"},
        {"journald",
         R"({"__REALTIME_TIMESTAMP":"1795262400000000","PRIORITY":"3","MESSAGE":"unit failed","SYSLOG_IDENTIFIER":"systemd","_PID":"1"})",
         level::error, "unit failed", true, "", "systemd"},
        {"journald, bytes", R"({"__REALTIME_TIMESTAMP":"1795262400000000","PRIORITY":"3","MESSAGE":[102,97,105,108]})",
         level::error, "fail", true},
        {"a level that is an object",
         R"({"level":{"name":"ERROR","value":40},"msg":"x","time":"2026-11-21T12:00:00Z"})", level::error, "x", true},
        {"an error that is a code",
         R"({"level":"error","msg":"query failed","error":{"code":"ECONNRESET","errno":-104},"time":1795262400})",
         level::error, "query failed", true, "", "", "ECONNRESET: "},
        {"PostgreSQL jsonlog",
         R"({"timestamp":"2026-11-21 12:00:00.000 UTC","pid":7,"error_severity":"ERROR","state_code":"42P01","message":"relation \"x\" does not exist","backend_type":"client backend"})",
         level::error, "relation \"x\" does not exist", true},
        {"PostgreSQL jsonlog, LOG",
         R"({"timestamp":"2026-11-21 12:00:00.000 UTC","error_severity":"LOG","message":"ready"})", level::info,
         "ready", false},
        {"GELF", R"({"version":"1.1","host":"h","short_message":"no route","timestamp":1795262400.0,"level":3})",
         level::error, "no route", true},
        {"Monolog",
         R"j({"message":"pay failed","context":{"exception":{"class":"RuntimeException","message":"declined","code":0,"file":"/app/Pay.php:21","trace":["/app/Shop.php:9"]}},"level":400,"level_name":"ERROR","channel":"app","datetime":"2026-11-21T12:00:00.000000+00:00","extra":{}})j",
         level::error, "pay failed", true, "", "app", "RuntimeException: declined"},
        {"log4j2 JsonLayout",
         R"j({"instant":{"epochSecond":1795262400,"nanoOfSecond":0},"thread":"main","level":"ERROR","loggerName":"shop.Cart","message":"failed","thrown":{"commonElementCount":0,"name":"java.io.IOException","message":"disk","extendedStackTrace":[{"class":"shop.Cart","method":"pay","file":"Cart.java","line":41}]},"contextMap":{"traceId":"abc"}})j",
         level::error, "failed", true, "abc", "shop.Cart", "java.io.IOException: disk"},
        {"logstash-logback",
         R"j({"@timestamp":"2026-11-21T12:00:00.000Z","@version":"1","message":"failed","logger_name":"shop.Cart","thread_name":"main","level":"ERROR","level_value":40000,"stack_trace":"java.io.IOException: disk\n\tat shop.Cart.pay(Cart.java:41)\n"})j",
         level::error, "failed", true, "", "shop.Cart", "java.io.IOException: disk"},
        {"Quarkus",
         R"j({"timestamp":"2026-11-21T12:00:00Z","loggerName":"shop.Cart","level":"ERROR","message":"failed","threadName":"main","mdc":{"traceId":"abc","spanId":"d"},"exception":{"refId":1,"exceptionType":"java.io.IOException","message":"disk","frames":[{"class":"shop.Cart","method":"pay","line":41}],"causedBy":{"exception":{"refId":2,"exceptionType":"E","message":"m"}}}})j",
         level::error, "failed", true, "abc", "shop.Cart", "java.io.IOException: disk"},
        {"python-json-logger",
         R"j({"asctime":"2026-11-21 12:00:00,000","levelname":"ERROR","name":"shop.jobs","message":"job failed","exc_info":"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'"})j",
         level::error, "job failed", true, "", "shop.jobs", "KeyError: 'x'"},
        {"structlog with dict tracebacks",
         R"j({"event":"failed","level":"error","timestamp":"2026-11-21T12:00:00Z","exception":[{"exc_type":"KeyError","exc_value":"'x'","frames":[{"filename":"a.py","lineno":9,"name":"<module>","line":"f()"},{"filename":"a.py","lineno":1,"name":"f","line":""}]}]})j",
         level::error, "failed", true, "", "", "KeyError: 'x'"},
        {"log15", R"({"lvl":"eror","msg":"lost","t":"2026-11-21T12:00:00Z","err":"no disk"})", level::error, "lost",
         true, "", "", ": no disk"},
        {"zap, development",
         R"j({"L":"ERROR","T":"2026-11-21T12:00:00.000Z","N":"shop","C":"a/b.go:7","M":"failed","error":"x","S":"main.pay\n\t/src/pay.go:41"})j",
         level::error, "failed", true, "", "shop", ": x"},
        {"zap, production",
         R"j({"level":"error","ts":1795262400.0,"logger":"shop","caller":"a/b.go:7","msg":"failed","error":"x","errorVerbose":"x\nmain.pay\n\t/src/pay.go:41"})j",
         level::error, "failed", true, "", "shop", ": x"},
        {"logrus", R"({"error":"x","level":"fatal","msg":"failed","time":"2026-11-21T12:00:00Z"})", level::critical,
         "failed", true, "", "", ": x"},
        {"Rust's tracing",
         R"({"timestamp":"2026-11-21T12:00:00.000000Z","level":"ERROR","fields":{"message":"no order","order":7,"error":"late"},"target":"shop::cart","span":{"name":"pay"}})",
         level::error, "no order", true, "", "shop::cart", ": late"},
        {"slog with a source",
         R"({"time":"2026-11-21T12:00:00Z","level":"ERROR","source":{"function":"main.pay","file":"/src/pay.go","line":41},"msg":"failed","err":"x"})",
         level::error, "failed", true, "", "", ": x"},
        {"Google, jsonPayload",
         R"({"insertId":"i","jsonPayload":{"message":"no route"},"severity":"ERROR","timestamp":"2026-11-21T12:00:00Z","trace":"projects/p/traces/4bf92f3577b34da6a3ce929d0e0e4736"})",
         level::error, "no route", true, "4bf92f3577b34da6a3ce929d0e0e4736"},
        {"Google, textPayload",
         R"({"textPayload":"down","severity":"CRITICAL","timestamp":"2026-11-21T12:00:00Z","logging.googleapis.com/trace":"projects/p/traces/abc"})",
         level::critical, "down", true, "abc"},
        {"Google, a request",
         R"({"httpRequest":{"requestMethod":"GET","requestUrl":"/x","status":502},"timestamp":"2026-11-21T12:00:00Z"})",
         level::error, "GET /x 502", true},
        {"Google, numbers", R"({"severity":400,"message":"slow","time":"2026-11-21T12:00:00Z"})", level::warning,
         "slow", false},
        {"CloudTrail",
         R"({"eventVersion":"1.08","eventTime":"2026-11-21T12:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"AccessDenied","errorMessage":"Access Denied"})",
         level::error, "GetObject", true, "", "", "AccessDenied: Access Denied"},
        {"CloudTrail, well", R"({"eventTime":"2026-11-21T12:00:00Z","eventName":"GetObject"})", level::info,
         "GetObject", false},
        {"Kubernetes' audit log",
         R"({"kind":"Event","level":"Metadata","verb":"get","requestURI":"/api/v1/pods","responseStatus":{"code":503},"requestReceivedTimestamp":"2026-11-21T12:00:00.000000Z","stageTimestamp":"2026-11-21T12:00:00.000000Z"})",
         level::error, "get /api/v1/pods 503", true},
        {"Kubernetes' components", R"({"ts":1795262400000.0,"caller":"app/server.go:1","msg":"lost","err":"no lease"})",
         level::error, "lost", true, "", "", ": no lease"},
        {"Traefik",
         R"({"DownstreamStatus":502,"RequestMethod":"GET","RequestPath":"/x","StartUTC":"2026-11-21T12:00:00Z","level":"info","msg":"","time":"2026-11-21T12:00:00Z"})",
         level::info, "GET /x 502", true},
        {"Caddy",
         R"({"level":"error","ts":1795262400.0,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","uri":"/x"},"status":502,"duration":0.1})",
         level::error, "handled request", true, "", "http.log.access"},
        {"nginx",
         R"({"time_iso8601":"2026-11-21T12:00:00+00:00","remote_addr":"192.0.2.1","request":"GET /x HTTP/1.1","status":"500","body_bytes_sent":"0"})",
         level::error, "GET /x HTTP/1.1", true},
        {"nginx, well",
         R"({"time_local":"21/Nov/2026:12:00:00 +0000","request_method":"GET","request_uri":"/x","status":204})",
         level::info, "GET /x 204", false},
        {"Envoy",
         R"({"start_time":"2026-11-21T12:00:00.000Z","method":"GET","path":"/x","response_code":503,"response_flags":"UF"})",
         level::error, "GET /x 503", true},
        {"pino-http",
         R"({"level":30,"time":1795262400000,"req":{"method":"GET","url":"/x"},"res":{"statusCode":500},"responseTime":4,"msg":"request completed"})",
         level::info, "request completed", true},
        {"fluent-bit", R"({"date":1795262400.0,"log":"WARN slow","stream":"stdout"})", level::info, "WARN slow", false},
        {"Vector", R"({"timestamp":"2026-11-21T12:00:00Z","message":"hi","host":"h","source_type":"stdin"})",
         level::info, "hi", false},
        {"VictoriaLogs", R"({"_time":"2026-11-21T12:00:00Z","_msg":"hi","_stream":"{}","level":"error"})", level::error,
         "hi", true},
        {"OpenTelemetry, flat",
         R"j({"timestamp":"2026-11-21T12:00:00Z","severity_text":"ERROR","severity_number":17,"body":"failed","trace_id":"abc","exception.type":"E","exception.message":"w","exception.stacktrace":"E: w\n    at f (a.js:1:1)"})j", level::error,
         "failed", true, "abc", "", "E: w"},
        {"Datadog",
         R"j({"timestamp":"2026-11-21T12:00:00Z","level":"error","message":"failed","dd":{"trace_id":"123","span_id":"4"},"error":{"kind":"E","message":"w","stack":"E: w\n    at f (a.js:1:1)"}})j",
         level::error, "failed", true, "123", "", "E: w"},
        {"MySQL's error log",
         R"({"prio":1,"err_code":13,"subsystem":"Server","msg":"cannot open","time":"2026-11-21T12:00:00.000000Z","label":"Error"})",
         level::error, "cannot open", true},
        {"Bunyan with a source",
         R"j({"name":"shop","hostname":"h","pid":1,"level":50,"err":{"message":"x","name":"Error","stack":"Error: x\n    at f (/a.js:1:1)"},"msg":"failed","time":"2026-11-21T12:00:00.000Z","src":{"file":"/src/a.js","line":7},"v":0})j",
         level::error, "failed", true, "", "shop", "Error: x"},
        {"keys in capitals", R"({"TIME":"2026-11-21T12:00:00Z","LEVEL":"ERROR","Message":"loud"})", level::error,
         "loud", true},
};

TEST_CASE("records of every known program are understood whole") {
    for (program const& p : programs) {
        INFO(p.name);
        logkit::detail::line_parser parser;
        REQUIRE(parser.parse_copy(p.line) == logkit::detail::line_state::whole);
        logkit::entry const& e = parser.entry();
        CHECK(e.unix_ns() == time_of_all);
        CHECK(e.level() == p.severity);
        CHECK(e.event() == p.event);
        CHECK(e.is_failure() == p.is_failure);
        CHECK(e.trace_id() == p.trace);
        CHECK(e.get(slot::logger).text() == p.logger);
        const auto thrown = logkit::exception_of(e);
        CHECK((thrown.type.empty() && thrown.what.empty() ? "" : thrown.type + ": " + thrown.what) == p.thrown);
    }
}

TEST_CASE("what programs say of an exception has its frames") {
    const auto frames_of = [](std::string_view name) {
        for (program const& p : programs) {
            if (p.name != name) continue;
            logkit::detail::line_parser parser;
            (void)parser.parse_copy(p.line);
            return logkit::exception_of(parser.entry()).stack;
        }
        return std::vector<std::string>{"no such program"};
    };
    using frames = std::vector<std::string>;
    CHECK(frames_of("Serilog CLEF") == frames{"A.B() (C.cs:1)"});
    CHECK(frames_of("Monolog") == frames{"/app/Shop.php:9"});
    CHECK(frames_of("log4j2 JsonLayout") == frames{"shop.Cart.pay (Cart.java:41)"});
    CHECK(frames_of("logstash-logback") == frames{"shop.Cart.pay (Cart.java:41)"});
    CHECK(frames_of("Quarkus") == frames{"shop.Cart.pay (:41)"});
    CHECK(frames_of("python-json-logger") == frames{"f (a.py:1)"});
    CHECK(frames_of("structlog with dict tracebacks") == frames{"f (a.py:1)", "<module> (a.py:9)"});
    CHECK(frames_of("zap, development") == frames{"main.pay (pay.go:41)"});
    CHECK(frames_of("zap, production") == frames{"main.pay (pay.go:41)"});
    CHECK(frames_of("OpenTelemetry, flat") == frames{"f (a.js:1:1)"});
    CHECK(frames_of("Datadog") == frames{"f (a.js:1:1)"});
    CHECK(frames_of("Bunyan with a source") == frames{"f (a.js:1:1)"});
}

TEST_CASE("values of the wrong kind stay fields") {
    const auto parsed = [](const char* line) {
        static logkit::detail::line_parser parser;
        REQUIRE(parser.parse_copy(line) == logkit::detail::line_state::whole);
        return &parser.entry();
    };
    CHECK(parsed(R"({"event":{"dataset":"x"},"message":"m"})")->event() == "m");
    CHECK(parsed(R"({"status":500,"msg":"upstream said"})")->is_failure() == false);  // nothing speaks of HTTP
    CHECK(parsed(R"({"err":null,"error":"","msg":"m"})")->level() == level::info);
    CHECK(parsed(R"({"t":"x","s":"E","msg":"short keys"})")->event() == "short keys");
    CHECK(parsed(R"({"M":5,"L":3})")->event() == "");
    CHECK(parsed(R"({"trace":"main.go:1\nmain.go:2","msg":"m"})")->trace_id() == "");
    CHECK(parsed(R"({"level":"loud","msg":"m"})")->find("level").text() == "loud");
}

}  // namespace
