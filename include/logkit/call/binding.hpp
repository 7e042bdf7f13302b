// SPDX-License-Identifier: MIT
#pragma once

// What a bound or named logger carries: fields, a name, and that name's level floor. Immutable and shared.
// Stage: call.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/door.hpp>
#include <logkit/base/level.hpp>

namespace logkit::detail {

// One per logger name that is in use; LOG_LEVEL and set_level write it.
struct level_floor {
    std::atomic<level> floor{level::trace};
    mutable std::atomic<std::uint32_t> references{0};
};

// Keeps a floor for as long as a logger has its name.
class floor_reference {
  public:
    floor_reference() noexcept = default;
    explicit floor_reference(level_floor const& floor) noexcept : floor_(&floor) { share(); }
    floor_reference(floor_reference const& other) noexcept : floor_(other.floor_) { share(); }
    floor_reference(floor_reference&& other) noexcept : floor_(std::exchange(other.floor_, nullptr)) {}
    floor_reference& operator=(floor_reference other) noexcept {
        std::swap(floor_, other.floor_);
        return *this;
    }
    ~floor_reference() {
        if (floor_ != nullptr) floor_->references.fetch_sub(1, std::memory_order_release);
    }
    [[nodiscard]] level get() const noexcept { return floor_->floor.load(std::memory_order_relaxed); }

  private:
    void share() const noexcept {
        if (floor_ != nullptr) floor_->references.fetch_add(1, std::memory_order_relaxed);
    }
    level_floor const* floor_ = nullptr;
};

struct logger_binding {
    std::uint64_t id = 0;  // never used again in this process
    floor_reference floor{};
    std::string name{};
    std::string fields{};  // a field block
    std::atomic<std::uint32_t> references{1};
};

// Starts the engine if need be; the floor of a name, with the rules of LOG_LEVEL applied.
[[nodiscard]] LOGKIT_DOOR floor_reference floor_of(std::string_view name);

inline constinit std::atomic<std::uint64_t> next_binding_id{1};

}  // namespace logkit::detail
