// SPDX-License-Identifier: MIT
#include <logkit/render/json.hpp>

#include <string>
#include <thread>
#include <vector>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using logkit::kv;
namespace lk = logkit;

TEST_CASE("a line is byte for byte what the format says") {
    const logkit::testing::capture_logs logs;
    const logkit::testing::fixed_clock clock;
    const logkit::testing::fixed_ids ids;
    logkit::new_context(kv("cmd", "reindex"));
    {
        const logkit::capture span{"work", kv("index", "main")};
        lk::log.named("db").info("opened", kv("files", 42), kv("ratio", 0.5), kv("ok", true), kv("none", nullptr));
    }
    const auto r = logs.records();
    const std::string line = std::to_string(__LINE__ - 3), begin = std::to_string(__LINE__ - 4);
    CHECK(r[0].json ==
          R"({"timestamp":"2026-01-01T00:00:00.000000Z","level":"info","event":"opened",)"
          R"("trace_id":"00000000000000010000000000000002","span_id":"0000000000000003","cmd":"reindex","span":"work",)"
          R"("index":"main","files":42,"ratio":0.5,"ok":true,"none":null,"src":"json.cpp:)" +
              line + R"(","logger":"db"})");
    CHECK(r[1].json ==
          R"({"timestamp":"2026-01-01T00:00:00.000000Z","level":"info","event":"END",)"
          R"("trace_id":"00000000000000010000000000000002","span_id":"0000000000000003","cmd":"reindex","span":"work",)"
          R"("index":"main","dur_ms":0.0,"status":"success","src":"json.cpp:)" +
              begin + R"("})");
}

TEST_CASE("the short way and the long way write the same bytes") {
    support::temporary_folder folder;
    const logkit::testing::fixed_clock clock;
    const auto write = [&](std::string const& name, bool has_sink) {
        const logkit::testing::fixed_ids ids;
        logkit::settings s;
        s.file = folder.file(name);
        s.level = logkit::level::trace;
        logkit::configure(s);
        if (has_sink) logkit::add_sink([](logkit::record const&) {});
        const auto values = [] {
            lk::log.info("plain", kv("a", 1), kv("text", std::string("q\"uote\n")),
                         kv("big", std::string(9000, 'x') + "\xff"), kv("d", 1e-9), kv("f", 2.5f), kv("u", ~0ull),
                         kv("o", std::optional<int>()), kv("password", "x"));
            lk::log.bind(kv("b", 2)).named("n").warning("bound", kv("c", 3));
            lk::log.debug("empty");
        };
        logkit::new_context(kv("ctx", "c"));
        values();
        {
            const logkit::capture span{"s", kv("k", 1)};
            values();
        }
        std::thread(logkit::carry([&] {
            pthread_setname_np(pthread_self(), "helper");
            values();
        })).join();
        (void)logkit::flush();
        return support::read_file(s.file.value());
    };
    const std::string short_way = write("short.log", false), long_way = write("long.log", true);
    CHECK(short_way.size() > 10'000);
    CHECK(short_way == long_way);
    CHECK(short_way.find(R"("thread":"helper")") != std::string::npos);
    logkit::settings off;
    off.file = "";
    logkit::configure(off);
}
