// SPDX-License-Identifier: MIT
#pragma once

// What logkit::throw_trace (adapter/throw_trace.hpp), if it is linked, knows of the exceptions of this
// process. Base.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>

namespace logkit::detail {

struct throw_recorder {
    // The return addresses of the throw of the exception at `object`; how many were filled in, 0 if unknown.
    std::size_t (*stack_of)(void const* object, std::uint64_t* addresses, std::size_t room) noexcept;
    // The exception that is on its way through the calling thread's frames; null if there is none.
    void* (*in_flight)() noexcept;
};
inline constinit std::atomic<throw_recorder const*> known_throws{nullptr};

// The thrown object behind a pointer; both standard libraries keep that and nothing else.
[[nodiscard]] inline void* object_of(std::exception_ptr const& error) noexcept {
    static_assert(sizeof(std::exception_ptr) == sizeof(void*));
    void* object;
    std::memcpy(&object, &error, sizeof object);
    return object;
}

}  // namespace logkit::detail
