// SPDX-License-Identifier: MIT
#pragma once

// Several logs in one order, by the times of their records.
//
//   log a ─► scan ─► pages ─┐
//   log b ─► scan ─► pages ─┼─► the earliest of the heads ─► consume
//   log c ─► scan ─► pages ─┘
//
// What it promises: the records of one log keep their order, whatever their times say (one that is earlier than the
// record before it counts as that one's time, and so does one without a time); at the same time, those of the log that
// was named first come first. Backwards it is the same order from its end, but that "before" is what comes before it
// then: a record whose time is not in order may stand beside others. Memory is bounded by two pages a log, each of what
// a block gives.

#include "insight/gather.hpp"

#include <logkit/base/rotation.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace insight {

// The files of each log, rotated ones included.
using log_set = std::vector<std::vector<logkit::log_file>>;

// Of files of open_logs(), behind the last one of each log.
[[nodiscard]] inline std::vector<std::size_t> ends_of_logs(std::vector<logkit::log_file> const& files) {
    const auto base = [&](std::size_t i) { return logkit::detail::parse_rotated_name(files[i].path()).base; };
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < files.size(); ++i)
        if (i + 1 == files.size() || base(i) != base(i + 1)) ends.push_back(i + 1);
    return ends;
}
// By the log that they belong to.
[[nodiscard]] inline log_set by_log(std::vector<logkit::log_file> files) {
    log_set logs;
    std::size_t i = 0;
    for (const std::size_t end : ends_of_logs(files))
        for (logs.emplace_back(); i < end; ++i) logs.back().push_back(std::move(files[i]));
    return logs;
}

// Each log that is merged has a thread and some blocks: more of them than this are read one after the other, as if they
// were one log.
inline constexpr std::size_t most_merged_logs = 64;
[[nodiscard]] inline bool are_many(std::vector<logkit::log_file> const& files) {
    return ends_of_logs(files).size() > most_merged_logs;
}
[[nodiscard]] inline log_set logs_to_merge(std::vector<logkit::log_file> files) {
    if (!are_many(files)) return by_log(std::move(files));
    log_set one(1);
    one[0] = std::move(files);
    return one;
}

namespace detail {

template <class Item>
struct timed_item {
    std::int64_t unix_ns;  // none: has_time is false
    bool has_time;
    Item item;
};

// Pages of one log on their way from the thread that reads it to the one that merges.
template <class Item>
class lane {
  public:
    using page = std::vector<timed_item<Item>>;

    // False: nobody wants more.
    bool put(page filled) {
        std::unique_lock lock(access_);
        has_changed_.wait(lock, [&] { return is_left_ || pages_.empty(); });
        if (is_left_) return false;
        pages_.push_back(std::move(filled));
        has_changed_.notify_all();
        return true;
    }
    void end(std::exception_ptr failure) {
        const std::lock_guard lock(access_);
        failure_ = std::move(failure);
        is_over_ = true;
        has_changed_.notify_all();
    }
    void leave() {
        const std::lock_guard lock(access_);
        is_left_ = true;
        has_changed_.notify_all();
    }
    // The next one in the log's order, or null at its end. pause() before it waits. Rethrows what ended the reading.
    template <class Pause>
    [[nodiscard]] timed_item<Item>* head(direction way, Pause&& pause) {
        if (at_ == current_.size()) {
            std::unique_lock lock(access_);
            if (!is_over_ && pages_.empty()) {
                lock.unlock();
                pause();
                lock.lock();
            }
            has_changed_.wait(lock, [&] { return is_over_ || !pages_.empty(); });
            if (pages_.empty()) {
                if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
                return nullptr;
            }
            current_ = std::move(pages_.front());
            pages_.pop_front();
            at_ = 0;
            has_changed_.notify_all();
        }
        timed_item<Item>& next = current_[at_];
        if (next.has_time && (way == direction::forward ? next.unix_ns > reached_ : next.unix_ns < reached_))
            reached_ = next.unix_ns;
        next.has_time = true;
        next.unix_ns = reached_;
        return &next;
    }
    void pass() noexcept { ++at_; }
    void begin(direction way) noexcept {
        reached_ = way == direction::forward ? std::numeric_limits<std::int64_t>::min()
                                             : std::numeric_limits<std::int64_t>::max();
    }

  private:
    std::mutex access_;
    std::condition_variable has_changed_;
    std::deque<page> pages_;
    bool is_over_ = false, is_left_ = false;
    std::exception_ptr failure_;
    // Of the merging thread.
    page current_;
    std::size_t at_ = 0;
    std::int64_t reached_ = 0;
};

}  // namespace detail

inline void merge_into(scan_report& all, scan_report&& one) {
    all.counts += one.counts;
    all.read.bytes += one.read.bytes;
    all.read.too_long += one.read.too_long;
    std::move(one.read.damage.begin(), one.read.damage.end(), std::back_inserter(all.read.damage));
}

// see(log, thread, entry) → Item for each wanted record, on one of several threads of that log; then
// consume(log, Item&&) on one thread at a time, by time (backwards: the latest first), until it returns false; pause()
// where nothing more is at hand, so that what waits to be shown may be. Throws as logkit::scan_logs does.
template <class Item, class See, class Consume, class Pause>
scan_report gather_by_time(log_set const& logs, logkit::query const& wanted, logkit::scan_options const& options,
                           See&& see, Consume&& consume, Pause&& pause) {
    using lane = detail::lane<Item>;
    using page = typename lane::page;
    const auto scan = [&](std::size_t log, logkit::scan_options const& how, auto&& take) {
        return logkit::scan_logs<page>(
            logs[log], wanted, how,
            [&](unsigned thread, page& p, logkit::entry const& e, place) {
                const auto time = logs.size() == 1 ? std::nullopt : e.unix_ns();
                p.push_back({time.value_or(0), time.has_value(), see(log, thread, e)});
            },
            take);
    };
    if (logs.size() == 1)
        return scan(0, options, [&](page&& p) {
            const bool goes_on =
                std::all_of(p.begin(), p.end(), [&](auto& next) { return consume(0, std::move(next.item)); });
            if (!p.empty()) pause();
            return goes_on;
        });
    std::vector<lane> lanes(logs.size());
    std::vector<scan_report> reports(logs.size());
    std::vector<std::thread> threads;
    std::mutex progress;
    std::vector<std::uint64_t> done(logs.size());
    std::uint64_t bytes = 0;
    const auto read_log = [&](std::size_t log) {
        logkit::scan_options how{options.way, 1, {}};
        if (options.on_progress)
            how.on_progress = [&, log](std::uint64_t now) {
                const std::lock_guard lock(progress);
                bytes += now - std::exchange(done[log], now);
                options.on_progress(bytes);
            };
        try {
            reports[log] = scan(log, how, [&](page&& p) { return p.empty() || lanes[log].put(std::move(p)); });
            lanes[log].end(nullptr);
        } catch (...) {
            lanes[log].end(std::current_exception());
        }
    };
    const auto stop = [&] {
        for (lane& one : lanes) one.leave();
        for (std::thread& thread : threads) thread.join();
    };
    try {
        for (std::size_t log = 0; log < logs.size(); ++log) {
            lanes[log].begin(options.way);
            threads.emplace_back(read_log, log);
        }
        for (bool goes_on = true; goes_on;) {
            std::size_t first = logs.size();
            detail::timed_item<Item>* earliest = nullptr;
            for (std::size_t log = 0; log < logs.size(); ++log) {
                detail::timed_item<Item>* const head = lanes[log].head(options.way, pause);
                if (head == nullptr) continue;
                const bool is_before =
                    earliest == nullptr || (options.way == direction::forward ? head->unix_ns < earliest->unix_ns
                                                                              : head->unix_ns >= earliest->unix_ns);
                if (is_before) first = log, earliest = head;
            }
            if (earliest == nullptr) break;
            lanes[first].pass();
            goes_on = consume(first, std::move(earliest->item));
        }
    } catch (...) {
        stop();
        throw;
    }
    stop();
    scan_report all;
    for (scan_report& one : reports) merge_into(all, std::move(one));
    return all;
}

}  // namespace insight
