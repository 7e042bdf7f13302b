// SPDX-License-Identifier: MIT
#pragma once

// When a renamed file has seen its last writer. Stage: ship. Who rotates another program's log may leave its writer on
// the old file for a while; half a minute without growth is taken for its farewell.

#include <algorithm>
#include <cstdint>
#include <vector>

#include <logkit/base/clock.hpp>
#include <logkit/ship/log_set.hpp>
#include <logkit/ship/position.hpp>

namespace logkit::detail {

class quiet_watch {
  public:
    // Asked again and again, with the size of now. A file that was quiet for so long before the first time is at once.
    [[nodiscard]] bool is_quiet(seen_file const& file, std::uint64_t size, std::uint64_t now_ns) {
        constexpr std::uint64_t farewell_ns = 30'000'000'000;
        const auto known =
            std::find_if(files_.begin(), files_.end(), [&](watched const& w) { return w.identity == file.identity; });
        if (known != files_.end() && known->size == size) return now_ns - known->since_ns >= farewell_ns;
        if (known != files_.end()) files_.erase(known);
        files_.push_back({file.identity, size, now_ns});
        found_file now;
        return look_at_file(file.path, now) && clock_ns(CLOCK_REALTIME) > now.changed_ns + farewell_ns;
    }

  private:
    struct watched {
        file_identity identity;
        std::uint64_t size, since_ns;
    };
    std::vector<watched> files_{};
};

}  // namespace logkit::detail
