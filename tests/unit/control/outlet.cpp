// SPDX-License-Identifier: MIT
#include <logkit/control/outlet.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
// Takes what it is given, unless it is held.
class slow_sink final : public logkit::sink {
  public:
    void write(logkit::record const&, std::string_view line) override {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !is_held_; });
        --waiting_;
        lines_.emplace_back(line);
    }
    void missed(std::uint64_t records) override {
        const std::lock_guard lock(mutex_);
        lines_.push_back("missed " + std::to_string(records));
    }
    void hold(bool is_held) {
        const std::lock_guard lock(mutex_);
        is_held_ = is_held;
        changed_.notify_all();
    }
    void wait_until_somebody_waits() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ != 0; });
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_held_ = false;
    int waiting_ = 0;
    std::vector<std::string> lines_;
};

shared_batch batch_of(std::string const& line) {
    auto batch = std::make_unique<record_batch>();
    logkit::record r;
    r.reset({});
    batch->add(r, line);
    return shared_batch(std::move(batch));
}
constexpr std::uint64_t patience = 20'000'000, second = 1'000'000'000;
}  // namespace

TEST_CASE("batches reach the sink in order, by its own thread or by who delivers") {
    outlet::counters counts;
    for (const bool has_thread : {true, false}) {
        auto target = std::make_shared<slow_sink>();
        auto o = std::make_shared<outlet>(target, second, false, counts);
        std::vector<std::string> expected;
        for (int i = 0; i < 1000; ++i) {
            expected.push_back(std::to_string(i));
            o->take(batch_of(expected.back()), has_thread);
        }
        CHECK(o->wait_until_done(deadline_after(10 * second)));
        CHECK(target->lines() == expected);
        o->stop_thread();
    }
    CHECK(counts.missed == 0);
}

TEST_CASE("a sink that takes nothing misses records beyond its queue; each wait is bounded in sum; and it is told") {
    outlet::counters counts;
    auto target = std::make_shared<slow_sink>();
    auto o = std::make_shared<outlet>(target, patience, false, counts);
    target->hold(true);
    const std::string large(100'000, 'x');
    o->take(batch_of("first"), true);
    target->wait_until_somebody_waits();
    for (int i = 0; i < 1000; ++i) o->take(batch_of(large), true);  // with a wait for each, twenty seconds
    CHECK(counts.missed > 900);
    CHECK_FALSE(o->wait_until_done(deadline_after(10 * second)));
    const std::uint64_t missed = counts.missed;
    target->hold(false);
    while (!o->wait_until_done(deadline_after(second))) std::this_thread::yield();
    o->take(batch_of("last"), true);
    CHECK(o->wait_until_done(deadline_after(10 * second)));
    const std::vector<std::string> lines = target->lines();
    REQUIRE(lines.size() == 1001 - missed + 2);
    CHECK(lines[lines.size() - 2] == "missed " + std::to_string(missed));
    CHECK(lines.back() == "last");
    REQUIRE(o->has_news());
    CHECK(o->take_news().missed == missed);
    o->stop_thread();
}

TEST_CASE("a sink that throws is told of once, and goes on") {
    struct ill final : logkit::sink {
        void write(logkit::record const&, std::string_view) override { throw std::runtime_error("ill"); }
    };
    outlet::counters counts;
    auto o = std::make_shared<outlet>(std::make_shared<ill>(), second, false, counts);
    for (int i = 0; i < 3; ++i) o->take(batch_of("x"), false);
    CHECK(o->wait_until_done(deadline_after(second)));
    CHECK(counts.failures == 3);
    CHECK(o->take_news().failure == "ill");
    CHECK(o->take_news().failure.empty());
}

TEST_CASE("who finds another thread in the sink leaves his batch, and does not wait") {
    outlet::counters counts;
    auto target = std::make_shared<slow_sink>();
    auto o = std::make_shared<outlet>(target, second, false, counts);
    target->hold(true);
    o->take(batch_of("theirs"), false);
    std::thread other([&] { o->deliver_here(); });
    target->wait_until_somebody_waits();
    o->take(batch_of("mine"), false);
    o->deliver_here();  // would wait for ever
    CHECK(target->lines().empty());
    target->hold(false);
    other.join();
    CHECK(target->lines() == std::vector<std::string>{"theirs", "mine"});
}
