// SPDX-License-Identifier: MIT
#pragma once

// The services of a log: how much each says, how often it fails, how long its requests take.
//
// What it promises: memory is bounded; beyond `most_services` all others share one, which is called (others).

#include "insight/gather.hpp"
#include "insight/histogram.hpp"
#include "insight/json.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace insight {

inline constexpr std::size_t most_services = 1'000;

// How long the request took that this record is about, in milliseconds; empty: it is about none. Requests are the ENDs
// of spans with `request`, of kind server or consumer, or without a parent; also records with `metadata.latency` and
// its kin.
[[nodiscard]] std::optional<double> request_ms(logkit::entry const& e);

struct service_profile {
    exact_sum count, failures;
    histogram requests;
    std::int64_t last_ns = std::numeric_limits<std::int64_t>::min();
    void merge(service_profile const& other);
};

// On cache lines of its own, as each thread has one.
class alignas(128) service_survey {
  public:
    void see(logkit::entry const& e, place);
    void merge(service_survey&& other);
    // {"services":[…]}: rates are of so many seconds.
    [[nodiscard]] json answer(double seconds) const;

  private:
    [[nodiscard]] service_profile& profile_of(std::pair<std::string, std::string> const& name);
    std::map<std::pair<std::string, std::string>, service_profile> services_;  // by service and environment
};

}  // namespace insight
