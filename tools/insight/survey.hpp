// SPDX-License-Identifier: MIT
#pragma once

// Everything a summary needs of a log, in one pass.

#include "insight/failures.hpp"
#include "insight/profile.hpp"

namespace insight {

struct survey {
    log_profile profile;
    failure_groups failures;
    scan_report scanned;
};

[[nodiscard]] inline survey survey_of(source const& from) {
    survey all;
    std::vector<log_profile> profiles(thread_count());
    using found = std::vector<failure>;
    all.scanned = gather<found>(
        from, direction::forward,
        [&](unsigned thread, found& failed, logkit::entry const& e, place at) {
            profiles[thread].see_head(e);
            profiles[thread].see_span(e, at);
            if (e.is_failure())
                failed.push_back(describe_failure(e, at));
            else
                profiles[thread].see_event(e, at);
        },
        [&](found failed) {
            for (failure& f : failed) all.failures.add(std::move(f));
            return true;
        });
    for (log_profile& profile : profiles) all.profile.merge(std::move(profile));
    return all;
}

}  // namespace insight
