// SPDX-License-Identifier: MIT
#pragma once

// Of the records that a store offers, the next page of an answer: the first `limit` of them behind the place asked for,
// in the order asked, or fewer where their lines are too large. Whatever order they are offered in.

#include "store/completed_line.hpp"
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
        if ((!was_cut_ && heap_.size() < limit_) || heap_.empty()) return true;
        return asked_.is_ascending ? time_ns <= heap_.front().at.time_ns : time_ns >= heap_.front().at.time_ns;
    }
    // A line, with line_padding readable bytes behind it.
    // `needs_time`: it may be without one.
    void offer(std::string_view line, std::uint64_t number, std::int64_t arrival_ns, std::string_view service,
               bool needs_time) {
        const std::string_view seen = completer_.complete(line, service, needs_time, arrival_ns);
        if (!asked_.wanted.may_match(seen)) return;
        if (parser_.parse(seen) == logkit::detail::line_state::unreadable) return;
        logkit::entry const& e = parser_.entry();
        const place_in_time at{record_time(e).value_or(arrival_ns), number};
        if (!is_asked_for(at.time_ns)) return;
        if (asked_.behind.has_value() && !is_before(*asked_.behind, at)) return;
        // First of all: that there are others is nothing that is told.
        if (asked_.service.has_value() && !is_of_service(e, *asked_.service)) return;
        if (!has_room_for(at)) {
            has_more_ = true;
            return;
        }
        if (asked_.wanted.matches(e)) keep({at, arrival_ns, std::string(line), std::string(service)});
    }
    // What another one has found among other records.
    void take(page_maker&& other) {
        if (other.was_cut_ && (!was_cut_ || is_before(other.heap_.front().at, end_))) {
            was_cut_ = true;
            end_ = other.heap_.front().at;
            while (!heap_.empty() && is_before(end_, heap_.front().at)) drop_last();
        }
        has_more_ = has_more_ || other.has_more_;
        for (found_record& found : other.heap_) {
            if (has_room_for(found.at))
                keep(std::move(found));
            else
                has_more_ = true;
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
        const bool is_full = was_cut_ || heap_.size() >= limit_;
        page made = finish();
        const auto uncertain =
            std::erase_if(made.records, [&](found_record const& r) { return is_before(frontier, r.at); });
        made.is_partial = true;
        if (uncertain != 0 || !is_full || !made.next.has_value()) made.next = frontier;
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
    [[nodiscard]] bool has_room_for(place_in_time const& at) const noexcept {
        if (was_cut_ && is_before(end_, at)) return false;
        return heap_.size() < limit_ || heap_.empty() || is_before(at, heap_.front().at);
    }
    void keep(found_record found) {
        bytes_ += found.line.size();
        heap_.push_back(std::move(found));
        std::push_heap(heap_.begin(), heap_.end(), by_order{asked_.is_ascending});
        if (heap_.size() > limit_) drop_last();
        while (bytes_ > asked_.most_bytes && heap_.size() > 1) {  // a smaller page, which begins as the large one would
            drop_last();
            was_cut_ = true;
            end_ = heap_.front().at;
        }
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
    bool was_cut_ = false;  // the page ends with `end_`: what is behind it may have been dropped
    place_in_time end_;
    std::vector<found_record> heap_;
    line_completer completer_;
    logkit::detail::line_parser parser_;
};

}  // namespace serve
