// SPDX-License-Identifier: MIT
// Spans: nested, slow, failed, and functions run inside one.
#include <logkit.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace lk = logkit;
using lk::kv;
using namespace std::chrono_literals;

namespace {

int parse(std::string const& text) {
    lk::capture span;  // called after the function: "parse"
    span.add(kv("length", text.size()));
    return static_cast<int>(text.size());
}

}  // namespace

int main() {
    lk::new_context(kv("job", "import"));
    lk::capture import{"import", kv("source", "orders.csv")};

    const int rows = lk::captured("load", kv("chunk", 1), [] { return parse("a,b,c"); });
    lk::log.info("loaded", kv("rows", rows));

    {
        // Logs END only if it takes longer than this, and then as a warning.
        lk::capture quick{"quick", lk::slow_after(10s)};
    }
    {
        lk::capture slow{"slow", lk::slow_after(1ms)};
        std::this_thread::sleep_for(5ms);
    }
    {
        lk::capture check{"check", lk::at(lk::level::debug)};
        check.fail("checksum does not match", kv("expected", "1f"), kv("found", "2e"));
    }
}
