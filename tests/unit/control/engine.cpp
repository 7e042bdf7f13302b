// SPDX-License-Identifier: MIT
#include <logkit/control/control.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using namespace std::chrono_literals;
using logkit::kv;
namespace lk = logkit;

namespace {
// Holds whoever passes it while it is closed.
class turnstile {
  public:
    void pass() {
        std::unique_lock lock(mutex_);
        if (!is_closed_) return;
        is_waiting_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !is_closed_; });
        is_waiting_ = false;
    }
    void close() {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
    }
    void await() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return is_waiting_; });
    }
    void open() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = false;
        }
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_closed_ = false, is_waiting_ = false;
};
// Before a sink, which has a thread of its own.
turnstile& gate_of_sink() {
    static turnstile* const held = [] {
        auto* const made = new turnstile;
        logkit::add_sink([made](logkit::record const&) { made->pass(); });
        return made;
    }();
    return *held;
}
// On the backend's thread.
turnstile& gate_of_backend() {
    static turnstile* const held = [] {
        auto* const made = new turnstile;
        logkit::add_processor([made](logkit::record&) {
            made->pass();
            return true;
        });
        return made;
    }();
    return *held;
}

struct with_log_file {
    support::temporary_folder folder;
    logkit::settings s;
    with_log_file() {
        s.file = folder.file("run.log");
        s.level = logkit::level::trace;
        s.rotate_mb = 0;
    }
    ~with_log_file() { logkit::configure({}); }
    [[nodiscard]] auto lines() const {
        REQUIRE(logkit::flush(60s));
        return support::read_log(s.file.value());
    }
};
}  // namespace

TEST_CASE("records of many threads all arrive, each thread's in order, the file in time order within a batch") {
    with_log_file on;
    logkit::configure(on.s);
    constexpr int threads = 4, each = 5'000;
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([t] {
            logkit::new_context(kv("t", t));
            for (int i = 0; i < each; ++i) lk::log.info("n", kv("i", i));
        });
    for (std::thread& w : workers) w.join();
    std::vector<int> next(threads, 0);
    for (auto const& line : on.lines()) {
        const auto t = line["t"].get<std::size_t>();
        REQUIRE(line["i"] == next[t]++);
    }
    for (const int n : next) CHECK(n == each);
}

TEST_CASE("a full ring drops and says how many, when it may drop") {
    with_log_file on;
    on.s.overflow = logkit::overflow::drop;
    on.s.ring_kb = 8;
    logkit::configure(on.s);
    turnstile& backend = gate_of_backend();
    std::thread([&] {
        backend.close();
        REQUIRE(lk::log.info("first"));
        backend.await();
        int accepted = 1, refused = 0;
        for (int i = 0; i < 2'000; ++i) (lk::log.info("flood", kv("i", i)) ? accepted : refused)++;
        CHECK(refused > 0);
        backend.open();
        REQUIRE(logkit::flush(60s));
        lk::log.info("after");
        ++accepted;
        std::uint64_t dropped = 0;
        int mine = 0;
        for (auto const& line : on.lines()) {
            if (line.contains("dropped"))
                dropped += line["dropped"].get<std::uint64_t>();
            else
                ++mine;
        }
        CHECK(mine == accepted);
        CHECK(dropped == static_cast<std::uint64_t>(refused));
    }).join();
}

TEST_CASE("a full ring makes the caller wait, when it must not drop, and nothing is lost") {
    with_log_file on;
    on.s.ring_kb = 8;
    logkit::configure(on.s);
    std::thread([&] {
        for (int i = 0; i < 20'000; ++i)
            REQUIRE(lk::log.info("flood", kv("i", i), kv("text", "some more bytes to fill the ring")));
    }).join();
    CHECK(on.lines().size() == 20'000);
}

TEST_CASE("a frame larger than its ring still arrives") {
    with_log_file on;
    on.s.ring_kb = 8;
    logkit::configure(on.s);
    std::thread([&] {
        const std::string large(1'000'000, 'l');
        REQUIRE(lk::log.info("before"));
        REQUIRE(lk::log.info("large", kv("text", large), kv("n", 1)));
        logkit::new_context(kv("ctx", large));
        REQUIRE(lk::log.info("large context"));
        REQUIRE(lk::log.info("after"));
        const auto lines = on.lines();
        REQUIRE(lines.size() == 4);
        CHECK(lines[1]["text"] == large);
        CHECK(lines[1]["n"] == 1);
        CHECK(lines[2]["ctx"] == large);
    }).join();
}

TEST_CASE("in sync mode a record is in the file when the call returns") {
    with_log_file on;
    on.s.mode = logkit::mode::sync;
    logkit::configure(on.s);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(lk::log.info("now", kv("i", i)));
        CHECK(support::read_log(on.s.file.value()).size() == static_cast<std::size_t>(i) + 1);
    }
    std::vector<std::thread> workers;
    for (int t = 0; t < 4; ++t)
        workers.emplace_back([] {
            for (int i = 0; i < 500; ++i) lk::log.info("threads");
        });
    for (std::thread& w : workers) w.join();
    CHECK(support::read_log(on.s.file.value()).size() == 2'010);
}

TEST_CASE("after shutdown, records are written by who logs them; configure starts the backend again") {
    with_log_file on;
    logkit::configure(on.s);
    lk::log.info("before");
    CHECK(logkit::shutdown(10s));
    CHECK(support::read_log(on.s.file.value()).size() == 1);
    lk::log.info("after");
    CHECK(support::read_log(on.s.file.value()).size() == 2);
    logkit::configure(on.s);
    lk::log.info("again");
    CHECK(on.lines().size() == 3);
}

TEST_CASE("flush gives up in time when a sink hangs") {
    with_log_file on;
    logkit::configure(on.s);
    turnstile& sink = gate_of_sink();
    sink.close();
    lk::log.info("held");
    sink.await();
    CHECK_FALSE(logkit::flush(20ms));
    sink.open();
    CHECK(logkit::flush(60s));
}

TEST_CASE("short threads use rings again instead of making new ones") {
    with_log_file on;
    logkit::configure(on.s);
    std::thread([] { lk::log.info("warm up"); }).join();
    const auto before = logkit::stats().rings;
    for (int i = 0; i < 2'000; ++i)
        std::thread([i] {
            logkit::new_context(kv("i", i));
            lk::log.info("short");
        }).join();
    CHECK(logkit::stats().rings == before);
    CHECK(on.lines().size() == 2'001);
}

TEST_CASE("levels can be changed while other threads log") {
    with_log_file on;
    logkit::configure(on.s);
    std::atomic<bool> is_over{false};
    std::thread changer([&] {
        for (int i = 0; !is_over; ++i) logkit::set_level(i % 2 == 0 ? logkit::level::error : logkit::level::trace);
    });
    std::size_t accepted = 0;
    for (int i = 0; i < 20'000; ++i) accepted += lk::log.info("x") ? 1 : 0;
    is_over = true;
    changer.join();
    CHECK(on.lines().size() == accepted);
}

TEST_CASE("the pipeline can be changed while other threads log") {
    with_log_file on;
    logkit::configure(on.s);
    std::atomic<bool> is_over{false};
    std::atomic<std::size_t> accepted{0};
    std::thread logger([&] {
        for (int i = 0; i < 30'000; ++i) accepted += lk::log.info("x", kv("secret", 1)) ? 1 : 0;
        is_over = true;
    });
    for (int i = 0; !is_over; ++i) {
        logkit::configure(on.s);
        logkit::global_context(kv("round", i));
    }
    logger.join();
    logkit::global_context(kv("round", nullptr));
    std::size_t written = 0;
    for (auto const& line : on.lines()) written += line["event"] == "x" ? 1 : 0;
    CHECK(written == accepted);
}
