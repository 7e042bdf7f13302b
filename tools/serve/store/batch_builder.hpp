// SPDX-License-Identifier: MIT
#pragma once

// Lines → a batch, with what a store wants to know of each.

#include "store/log_store.hpp"

#include <logkit/reader/entry.hpp>
#include <logkit/reader/own_line.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace serve {

// What a record says of itself.
struct record_facts {
    logkit::level severity = logkit::level::info;
    bool has_failed = false, is_weighted = false;
    std::string service;  // that it names
};
[[nodiscard]] inline record_facts facts_of(logkit::entry const& e) {
    return {e.level(), e.is_failure(), e.get(logkit::slot::sample_rate).exists(), e.find("service").text()};
}

// Adds the values of a line and of what the reader makes of it.
inline void collect_values(logkit::entry const& e, std::string_view line, line_values& into) {
    collect_values(line, into);
    if (logkit::detail::is_own_line(line)) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(logkit::slot::none); ++i)
        if (const logkit::json_view value = e.get(static_cast<logkit::slot>(i)); value.is_text())
            collect_text(value.text(), into.values);
    if (!e.trace_id().empty()) collect_trace(e.trace_id(), into.traces);
}

class batch_builder {
  public:
    explicit batch_builder(batch& to) noexcept : to_(to) {}

    // `line`: one JSON object without its end, with line_padding readable bytes behind it; `e`: its entry.
    void add(std::string_view line, logkit::entry const& e, std::uint64_t position,
             std::optional<std::int64_t> time_ns) {
        record_facts facts = facts_of(e);
        to_.records.push_back({static_cast<std::uint32_t>(to_.text.size()), static_cast<std::uint32_t>(line.size() + 1),
                               position, time_ns, service_of(std::move(facts.service)), facts.severity,
                               facts.has_failed, facts.is_weighted});
        collect_values(e, line, to_.values);
        to_.text.append(line).append(1, '\n');
    }

  private:
    [[nodiscard]] std::uint32_t service_of(std::string name) {
        if (name == to_.services[last_]) return last_;
        if (name.empty()) return last_ = 0;
        const auto [known, is_new] =
            services_.try_emplace(std::move(name), static_cast<std::uint32_t>(to_.services.size()));
        if (is_new) to_.services.push_back(known->first);
        return last_ = known->second;
    }

    batch& to_;
    std::uint32_t last_ = 0;
    std::unordered_map<std::string, std::uint32_t> services_;
};

}  // namespace serve
