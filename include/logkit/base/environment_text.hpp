// SPDX-License-Identifier: MIT
#pragma once

// The environment, where it is to be obeyed: a program that runs with more rights than who started it (setuid, file
// capabilities: AT_SECURE) must not be told by him where to write. Base.

#include <sys/auxv.h>

#include <cstdlib>

namespace logkit::detail {

[[nodiscard]] inline bool has_more_rights_than_its_caller() noexcept {
    return ::getauxval(AT_SECURE) != 0;
}

// As getenv; null where the environment is not obeyed.
[[nodiscard]] inline const char* environment_text(const char* name) noexcept {
    return has_more_rights_than_its_caller() ? nullptr : std::getenv(name);
}

}  // namespace logkit::detail
