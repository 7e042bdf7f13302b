// SPDX-License-Identifier: MIT
#pragma once

// Of the records that a store offers, the next page of an answer: the first `limit` of them behind the place asked for,
// in the order asked, or fewer where their lines are too large. Whatever order they are offered in.

#include "store/log_store.hpp"
#include "store/record_time.hpp"

#include <logkit/reader/line_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serve {

class page_maker {
    // The last record of the page is the heap's front.
    struct by_order {
        bool is_ascending;
        [[nodiscard]] bool operator()(found_record const& a, found_record const& b) const noexcept {
            return is_ascending ? a.at < b.at : b.at < a.at;
        }
    };

  public:
    explicit page_maker(question const& asked) noexcept : asked_(asked), limit_(asked.limit) {}

    // Would a record of that time still get in?
    [[nodiscard]] bool wants(std::int64_t time_ns) const noexcept {
        if (!is_asked_for(time_ns)) return false;
        if (heap_.size() < limit_ || heap_.empty()) return true;
        return asked_.is_ascending ? time_ns <= heap_.front().at.time_ns : time_ns >= heap_.front().at.time_ns;
    }
    // A line, with line_padding readable bytes behind it.
    void offer(std::string_view line, std::uint64_t number, std::int64_t arrival_ns, std::string_view service) {
        if (!asked_.wanted.may_match(line)) return;
        if (parser_.parse(line) == logkit::detail::line_state::unreadable) return;
        logkit::entry const& e = parser_.entry();
        const place_in_time at{record_time(e).value_or(arrival_ns), number};
        if (!is_asked_for(at.time_ns)) return;
        if (asked_.behind.has_value() && !is_before(*asked_.behind, at)) return;
        if (heap_.size() >= limit_ && !heap_.empty() && !is_before(at, heap_.front().at)) {
            has_more_ = true;
            return;
        }
        if (asked_.service.has_value()) {
            const logkit::json_view own = e.find("service");
            if (own.exists() ? !(own == *asked_.service) : service != *asked_.service) return;
        }
        if (!asked_.wanted.matches(e)) return;
        heap_.push_back({at, arrival_ns, std::string(line), std::string(service)});
        std::push_heap(heap_.begin(), heap_.end(), by_order{asked_.is_ascending});
        bytes_ += line.size();
        if (heap_.size() > limit_) drop_last();
        while (bytes_ > asked_.most_bytes && heap_.size() > 1) {  // a smaller page, which begins as the large one would
            drop_last();
            limit_ = heap_.size();
        }
    }
    [[nodiscard]] page finish() {
        page made;
        std::sort_heap(heap_.begin(), heap_.end(), by_order{asked_.is_ascending});
        made.records = std::move(heap_);
        if (!made.records.empty() && has_more_) made.next = made.records.back().at;
        return made;
    }
    // All that stands before `frontier_ns` in the order asked was offered. The page gets on where that place is behind
    // the one at which the question began.
    [[nodiscard]] page finish_early(std::int64_t frontier_ns) {
        const place_in_time frontier = place_before(frontier_ns);
        page made = finish();
        std::erase_if(made.records, [&](found_record const& r) { return is_before(frontier, r.at); });
        made.is_partial = true;
        if (made.records.size() < limit_ || !made.next.has_value()) made.next = frontier;
        return made;
    }
    // Behind all records before that time, in the order asked.
    [[nodiscard]] place_in_time place_before(std::int64_t frontier_ns) const noexcept {
        constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
        return asked_.is_ascending ? place_in_time{frontier_ns - 1, last} : place_in_time{frontier_ns + 1, 0};
    }
    [[nodiscard]] bool is_before(place_in_time const& a, place_in_time const& b) const noexcept {
        return asked_.is_ascending ? a < b : b < a;
    }
    // What is not offered may belong behind the page.
    void pass_over() noexcept { has_more_ = true; }

  private:
    [[nodiscard]] bool is_asked_for(std::int64_t time_ns) const noexcept {
        if (time_ns < asked_.since_ns || time_ns > asked_.until_ns) return false;
        if (!asked_.behind.has_value()) return true;
        return asked_.is_ascending ? time_ns >= asked_.behind->time_ns : time_ns <= asked_.behind->time_ns;
    }
    void drop_last() {
        std::pop_heap(heap_.begin(), heap_.end(), by_order{asked_.is_ascending});
        bytes_ -= heap_.back().line.size();
        heap_.pop_back();
        has_more_ = true;
    }

    question const& asked_;
    std::size_t limit_, bytes_ = 0;
    bool has_more_ = false;
    std::vector<found_record> heap_;
    logkit::detail::line_parser parser_;
};

}  // namespace serve
