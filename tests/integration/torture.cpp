// SPDX-License-Identifier: MIT
// Logs everything that is hard to write: for the schema test, and to compare header-only with split.
#include <logkit.hpp>
#include <logkit/testing.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lk = logkit;
using lk::kv;

namespace {

void values() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    lk::log.info("texts", kv("bytes", bytes), kv("empty", ""), kv("", "no key"), kv("key \"quoted\"\n", 1));
    lk::log.info("numbers", kv("nan", std::nan("")), kv("inf", std::numeric_limits<double>::infinity()),
                 kv("min", INT64_MIN), kv("max", UINT64_MAX), kv("tiny", 5e-324), kv("float", 0.1f),
                 kv("third", 1.0 / 3));
    lk::log.info("reserved", kv("timestamp", 1), kv("level", 1), kv("event", 1), kv("trace_id", 1), kv("span_id", 1),
                 kv("parent_span_id", 1), kv("dur_ms", 1), kv("status", 1), kv("exc_info", 1), kv("src", 1),
                 kv("logger", 1), kv("thread", 1), kv("sample_rate", 1), kv("dropped", 1), kv("recovered", 1),
                 kv("span", 1));
    lk::log.info("twice", kv("a", 1), kv("a", 2));
    lk::log.debug("{} {:>4} {:.1f} {}", 1, "x", 2.55, true, kv("positional", true));
    lk::log.info("nested", kv("v", std::vector<std::map<std::string, std::optional<int>>>{{{"a", 1}, {"b", {}}}}),
                 kv("bad", lk::raw_json("{nope")),
                 kv("deep", lk::raw_json(std::string(100, '[') + std::string(100, ']'))));
    lk::log.warning("large", kv("text", std::string(600'000, 'x')));
    lk::log.named("net.http").bind(kv("bound", 1), kv("shared", "bound")).error("bound", kv("own", 2));
}

}  // namespace

int main() {
    const lk::testing::fixed_clock clock;
    const lk::testing::fixed_ids ids;
    lk::global_context(kv("service", "torture"), kv("shared", "global"));
    lk::new_context(kv("shared", "context"), kv("password", "x"));
    values();
    {
        lk::capture span{"outer", kv("shared", "span")};
        values();
        {
            lk::capture inner{"inner", lk::at(lk::level::debug)};
            inner.add(kv("shared", "end"));
            inner.fail("because", kv("status", 3));
        }
        std::thread(lk::carry([] {
            pthread_setname_np(pthread_self(), "helper");
            values();
        })).join();
    }
    lk::new_context(lk::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    const lk::capture continued{"continued"};
}
