// SPDX-License-Identifier: MIT
#pragma once

// Which machine this is, and which keys are secret here. Stage: ship.

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include <logkit/base/environment_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/control/environment.hpp>
#include <logkit/pipe/journal_place.hpp>
#include <logkit/process/redaction.hpp>
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

// As LOG_REDACT says.
[[nodiscard]] inline bool is_secret_member(std::string_view path, std::string_view name) {
    static redaction_policies policies;
    static redaction_policy const* const policy = [] {
        const char* const said = environment_text("LOG_REDACT");
        const std::string_view text = said == nullptr ? "" : said;
        return policies.intern(text == "off", text == "off" ? std::vector<std::string>{} : split_list(text));
    }();
    return policy->hides(path, name);
}

}  // namespace logkit::detail
