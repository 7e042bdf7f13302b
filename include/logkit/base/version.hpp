// SPDX-License-Identifier: MIT
#pragma once

namespace logkit {

// The version of this library (https://semver.org). CMake reads it from these three lines.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

}  // namespace logkit
