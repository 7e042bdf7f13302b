// SPDX-License-Identifier: MIT
#pragma once

// How many, how often, how slow: for stats.

#include "insight/profile.hpp"

#include <string>

namespace insight {

// On cache lines of its own, as each thread has one.
struct alignas(128) statistics {
    std::string by;  // the key whose values make the groups; "": spans by name
    log_profile whole;
    group_map groups;  // by the value of the chosen key

    void see(logkit::entry const& e, place at);
    void merge(statistics&& other);
    [[nodiscard]] group_map const& chosen() const noexcept { return by.empty() ? whole.spans : groups; }
};

}  // namespace insight
