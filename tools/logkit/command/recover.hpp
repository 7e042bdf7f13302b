// SPDX-License-Identifier: MIT
#pragma once

#include <logkit.hpp>
#include <logkit/control/recovery.hpp>

#include <string>

namespace tool {

// Recovers the journals that belong to a log, or those in a folder.
logkit::detail::recovery_report recover(std::string path);

}  // namespace tool
