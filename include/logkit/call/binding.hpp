// SPDX-License-Identifier: MIT
#pragma once

// What a bound or named logger carries: fields, a name, and that name's level floor. Immutable and shared.
// Stage: call.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <logkit/base/door.hpp>
#include <logkit/base/level.hpp>

namespace logkit::detail {

// One per logger name, never freed; LOG_LEVEL and set_level write it.
struct level_floor {
    std::atomic<level> floor{level::trace};
};

struct logger_binding {
    std::uint64_t id;  // never used again in this process
    level_floor const* floor;
    std::string name;
    std::string fields;  // a field block
    std::atomic<std::uint32_t> references{1};
};

// Starts the engine if need be; the floor of a name, with the rules of LOG_LEVEL applied.
[[nodiscard]] LOGKIT_DOOR level_floor const* floor_of(std::string_view name);

inline constinit std::atomic<std::uint64_t> next_binding_id{1};

}  // namespace logkit::detail
