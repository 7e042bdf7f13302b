// SPDX-License-Identifier: MIT
#pragma once

// What the engine is made of: replaced as a whole in a forked child. Stage: control.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <logkit/control/pipeline.hpp>
#include <logkit/control/settings.hpp>
#include <logkit/pipe/backend.hpp>
#include <logkit/pipe/channel_pool.hpp>
#include <logkit/pipe/journal.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

// Settings that callers look at on their slow paths, while others may be configuring.
struct live_settings {
    std::atomic<std::uint64_t> ring_kb{256};
    std::atomic<mode> run_mode{mode::async};
    std::atomic<overflow> when_full{overflow::block};
};

// What a dying process needs to say so: a ring that no thread logs to, and a site (control/fatal.hpp).
struct last_words {
    ring_writer ring;
    std::uint32_t site;
    backend* drainer;
};

struct machinery {
    channel_pool rings{};
    pipeline delivery{};
    backend drainer;
    std::unique_ptr<journal> own_journal{};
    std::atomic<journal*> journal_in_use{nullptr};             // the same, for those who do not hold the settings
    std::vector<std::unique_ptr<journal>> retired_journals{};  // somebody may be asking one for a ring
    std::optional<last_words> words{};
    std::atomic<bool> has_tried_journal{false};

    explicit machinery(site_table const& sites) : drainer(rings, sites, delivery) {}
    machinery(site_table const& sites, clock_calibration const& clock)
        : delivery(clock), drainer(rings, sites, delivery) {}
};

// What is held while the process forks.
struct held_for_fork {
    bool has_settings = false, has_drain = false, has_levels = false, has_sites = false, has_rings = false;
    std::vector<std::shared_ptr<outlet>> outlets{};  // in whose sinks nobody is
};

}  // namespace logkit::detail
