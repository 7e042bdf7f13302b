// SPDX-License-Identifier: MIT
#pragma once

// The level floors: one for all, and one for each logger name, by the rules of LOG_LEVEL. Stage: control.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <logkit/call/binding.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/control/environment.hpp>

namespace logkit::detail {

class level_registry {
  public:
    // Replaces all rules; `fallback` is the floor where they name none. Unknown words were refused before.
    void apply(std::string_view rules, level fallback) {
        const parsed_levels parsed = parse_levels(rules);
        const std::lock_guard lock(mutex_);
        root_ = parsed.floor.value_or(fallback);
        rules_.clear();
        for (auto const& [name, severity] : parsed.named) rules_[name] = severity;
        refresh();
    }
    void set_root(level floor) {
        const std::lock_guard lock(mutex_);
        root_ = floor;
        refresh();
    }
    void set(std::string_view name, level floor) {
        const std::lock_guard lock(mutex_);
        rules_[std::string(name)] = floor;
        refresh();
    }

    // While open, no rule keeps anything out.
    void open_all(bool is_open) {
        const std::lock_guard lock(mutex_);
        is_open_ = is_open;
        refresh();
    }

    // The floor's own place, which stays as long as the process.
    [[nodiscard]] level_floor const* floor_of(std::string_view name) {
        const std::lock_guard lock(mutex_);
        std::unique_ptr<level_floor>& place = floors_[std::string(name)];
        if (place == nullptr) {
            place = std::make_unique<level_floor>();
            place->floor.store(by_rules(name), std::memory_order_relaxed);
        }
        return place.get();
    }

    [[nodiscard]] level root() const {
        const std::lock_guard lock(mutex_);
        return root_;
    }

    void lock() { mutex_.lock(); }
    void unlock() { mutex_.unlock(); }

  private:
    // The rule of the name itself, else of the nearest name above it: "net.http" before "net" before all.
    [[nodiscard]] level by_rules(std::string_view name) const {
        if (is_open_) return level::trace;
        while (!name.empty()) {
            if (const auto rule = rules_.find(name); rule != rules_.end()) return rule->second;
            const std::size_t dot = name.find_last_of('.');
            name = dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
        }
        return root_;
    }
    void refresh() {
        gate.floor.store(by_rules({}), std::memory_order_relaxed);
        for (auto const& [name, place] : floors_) place->floor.store(by_rules(name), std::memory_order_relaxed);
    }

    mutable std::mutex mutex_;
    level root_ = level::debug;
    bool is_open_ = false;
    std::map<std::string, level, std::less<>> rules_;
    std::map<std::string, std::unique_ptr<level_floor>, std::less<>> floors_;
};

}  // namespace logkit::detail
