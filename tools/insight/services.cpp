// SPDX-License-Identifier: MIT
#include "insight/services.hpp"

#include "insight/profile.hpp"
#include "insight/text.hpp"

#include <algorithm>

namespace insight {

std::optional<double> request_ms(logkit::entry const& e) {
    if (const auto took = e.get(logkit::slot::dur_ms).number()) {
        if (!e.is_span_end()) return std::nullopt;
        const logkit::json_view kind = e.find("kind");
        const bool is_request =
            e.parent_span_id().empty() || kind == "server" || kind == "consumer" || e.find("request").exists();
        return is_request ? took : std::nullopt;
    }
    const logkit::json_view more = e.find("metadata");
    if (!more.is_object()) return std::nullopt;
    for (const std::string_view key : {"latency", "latency_ms", "duration_ms"})
        if (const auto took = logkit::find_inside(more, key).number()) return took;
    return std::nullopt;
}

void service_profile::merge(service_profile const& other) {
    count.merge(other.count);
    failures.merge(other.failures);
    requests.merge(other.requests);
    last_ns = std::max(last_ns, other.last_ns);
}

service_profile& service_survey::profile_of(std::pair<std::string, std::string> const& name) {
    if (const auto known = services_.find(name); known != services_.end()) return known->second;
    if (services_.size() < most_services) return services_[name];
    return services_[{std::string(other_groups), ""}];
}

void service_survey::see(logkit::entry const& e, place) {
    service_profile& of = profile_of({e.find("service").text(), e.find("environment").text()});
    const double weight = e.weight();
    of.count.add(weight);
    if (e.is_failure()) of.failures.add(weight);
    if (const auto took = request_ms(e)) of.requests.add(*took, weight);
    if (const auto time = e.unix_ns()) of.last_ns = std::max(of.last_ns, *time);
}

void service_survey::merge(service_survey&& other) {
    for (auto const& [name, profile] : other.services_) profile_of(name).merge(profile);
}

json service_survey::answer(double seconds) const {
    json list = json::array();
    for (auto const& [name, profile] : services_) {
        const double count = profile.count.value();
        json one{{"service", name.first}, {"environment", name.second}};
        one["last_seen"] =
            profile.last_ns == std::numeric_limits<std::int64_t>::min() ? json() : json(timestamp_of(profile.last_ns));
        one["rate"] = rate_of(count, seconds);
        one["error_rate"] = count > 0 ? profile.failures.value() / count : 0;
        one["p95_ms"] = profile.requests.count() > 0 ? json(quantile_of(profile.requests, 0.95)) : json();
        list.push_back(std::move(one));
    }
    return {{"services", list}};
}

}  // namespace insight
