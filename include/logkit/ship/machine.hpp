// SPDX-License-Identifier: MIT
#pragma once

// Which machine this is. Stage: ship.

#include <unistd.h>

#include <string>
#include <string_view>

#include <logkit/pipe/journal_place.hpp>
#include <logkit/ship/position.hpp>

namespace logkit::detail {

// A hash of its name for itself: that name is not for others.
[[nodiscard]] inline std::string machine_name() {
    for (const char* path : {"/etc/machine-id", "/var/lib/dbus/machine-id"})
        if (const std::string id = read_small_file(path); id.size() > 8) return hex_of(hash_text("logkit " + id));
    char host[256] = {};
    (void)::gethostname(host, sizeof host - 1);
    return hex_of(hash_text(std::string("logkit ") + host));
}

}  // namespace logkit::detail
