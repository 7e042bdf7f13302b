// SPDX-License-Identifier: MIT
#pragma once

// The level floors: one for all, and one for each logger name, by the rules of LOG_LEVEL. Stage: control.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <logkit/base/bounded_mutex.hpp>
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

    // The floor's own place, which stays as long as somebody has a reference to it: names may come and go, one for each
    // connection, say.
    [[nodiscard]] floor_reference floor_of(std::string_view name) {
        const std::lock_guard lock(mutex_);
        auto at = floors_.find(name);
        if (at == floors_.end()) {
            if (floors_.size() >= forget_at_) forget_unused();
            at = floors_.emplace(std::string(name), std::make_unique<level_floor>()).first;
            at->second->floor.store(by_rules(name), std::memory_order_relaxed);
        }
        return floor_reference(*at->second);
    }

    [[nodiscard]] level root() const {
        const std::lock_guard lock(mutex_);
        return root_;
    }

    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns) noexcept { return mutex_.try_lock_until(deadline_ns); }
    void unlock() noexcept { mutex_.unlock(); }

    // Names whose floors are kept.
    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return floors_.size();
    }

  private:
    static constexpr std::size_t least_forgotten = 1024;

    // Nobody can take a reference to one of these meanwhile: that goes through the lock.
    void forget_unused() {
        std::erase_if(floors_,
                      [](auto const& named) { return named.second->references.load(std::memory_order_acquire) == 0; });
        forget_at_ = floors_.size() * 2 < least_forgotten ? least_forgotten : floors_.size() * 2;
    }

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

    mutable bounded_mutex mutex_{};
    std::size_t forget_at_ = least_forgotten;
    level root_ = level::debug;
    bool is_open_ = false;
    std::map<std::string, level, std::less<>> rules_{};
    std::map<std::string, std::unique_ptr<level_floor>, std::less<>> floors_{};
};

}  // namespace logkit::detail
