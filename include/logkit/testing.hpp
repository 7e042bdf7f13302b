// SPDX-License-Identifier: MIT
#pragma once

// Test helpers: what was logged, as records; a clock and ids that stand still (docs/testing.md).

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <logkit.hpp>
#include <logkit/sink/memory.hpp>

namespace logkit::testing {

// While it lives, every record of the process, whatever its level, goes here and nowhere else: not to the
// file, not to the console. Processors still run. One at a time.
class [[nodiscard]] capture_logs {
  public:
    capture_logs() : sink_(std::make_shared<memory_sink>()) { detail::divert_records(sink_); }
    capture_logs(capture_logs const&) = delete;
    capture_logs& operator=(capture_logs const&) = delete;
    ~capture_logs() { detail::divert_records(nullptr); }

    // What has been logged so far, by any thread, in the order in which the file would have it.
    [[nodiscard]] std::vector<kept_record> records() const {
        (void)flush();
        return sink_->records();
    }
    // Those of one event.
    [[nodiscard]] std::vector<kept_record> records(std::string_view event) const {
        std::vector<kept_record> matching;
        for (kept_record& r : records())
            if (r.event == event) matching.push_back(std::move(r));
        return matching;
    }
    // The last one; throws std::out_of_range when there is none.
    [[nodiscard]] kept_record last() const {
        const std::vector<kept_record> all = records();
        return all.at(all.size() - 1);
    }
    void clear() {
        (void)flush();
        sink_->clear();
    }

  private:
    std::shared_ptr<memory_sink> sink_;
};

// While it lives, time stands still, to the microsecond, but for advance(). For timestamps and durations; not
// for time-outs.
class [[nodiscard]] fixed_clock {
  public:
    // Nanoseconds since 1970, UTC; the default is 2026-01-01T00:00:00Z.
    explicit fixed_clock(std::int64_t unix_ns = 1'767'225'600'000'000'000) {
        (void)flush();
        detail::test_clock.now.store(static_cast<std::uint64_t>(unix_ns));
        detail::test_clock.on.store(true);
        detail::gate.salt.fetch_xor(detail::test_clock_salt);
    }
    fixed_clock(fixed_clock const&) = delete;
    fixed_clock& operator=(fixed_clock const&) = delete;
    ~fixed_clock() {
        (void)flush();
        detail::gate.salt.fetch_xor(detail::test_clock_salt);
        detail::test_clock.on.store(false);
    }

    template <detail::duration_like D>
    void advance(D by) {
        detail::test_clock.now.fetch_add(static_cast<std::uint64_t>(detail::to_nanoseconds(by)));
    }
};

// While it lives, trace and span ids count up from `first`. A trace id takes two numbers.
class [[nodiscard]] fixed_ids {
  public:
    explicit fixed_ids(std::uint64_t first = 1) {
        detail::test_ids.next.store(first);
        detail::test_ids.on.store(true);
    }
    fixed_ids(fixed_ids const&) = delete;
    fixed_ids& operator=(fixed_ids const&) = delete;
    ~fixed_ids() { detail::test_ids.on.store(false); }
};

}  // namespace logkit::testing
