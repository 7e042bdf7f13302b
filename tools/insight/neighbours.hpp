// SPDX-License-Identifier: MIT
#pragma once

// Of records in an order, those that are wanted and some before and behind each, as grep -A and -B have them.

#include <cstddef>
#include <deque>
#include <utility>

namespace insight {

template <class Item>
class neighbour_filter {
  public:
    neighbour_filter(std::size_t before, std::size_t behind) : before_(before), behind_(behind) {}

    // emit(Item&&, is_match, is_apart) for what is shown; `is_apart`: something before it was not.
    template <class Emit>
    void take(Item&& item, bool is_match, Emit&& emit) {
        if (is_match) {
            for (Item& held : held_) show(std::move(held), false, emit);
            held_.clear();
            show(std::move(item), true, emit);
            left_ = behind_;
            return;
        }
        if (left_ != 0) {
            --left_;
            return show(std::move(item), false, emit);
        }
        held_.push_back(std::move(item));
        if (held_.size() <= before_) return;
        held_.pop_front();
        has_gap_ = true;
    }

  private:
    template <class Emit>
    void show(Item&& item, bool is_match, Emit& emit) {
        emit(std::move(item), is_match, std::exchange(has_gap_, false) && has_shown_);
        has_shown_ = true;
    }

    std::size_t before_, behind_, left_ = 0;
    std::deque<Item> held_;  // not shown yet; the next one that matches wants them
    bool has_gap_ = false, has_shown_ = false;
};

}  // namespace insight
