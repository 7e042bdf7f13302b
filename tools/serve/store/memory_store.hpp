// SPDX-License-Identifier: MIT
#pragma once

// A store in memory: what a store promises, without what makes it hard. The conformance suite runs against it, too.

#include "store/ledger.hpp"
#include "store/log_store.hpp"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace serve {

class memory_store final : public log_store {
  public:
    [[nodiscard]] std::vector<outcome> append(std::span<batch const> group, std::int64_t arrival_ns) override;
    [[nodiscard]] page find(question const& asked) override;
    [[nodiscard]] std::unique_ptr<records> scan(question const& asked) override;
    [[nodiscard]] std::int64_t newest_part(question const& asked, std::uint64_t) const override {
        return asked.since_ns;
    }
    [[nodiscard]] bool count_minutes(std::int64_t since_minute, std::int64_t until_minute,
                                     std::function<void(minute_count const&)> const& visit) const override;
    bool tend(retention const& kept, std::int64_t now_ns) override;
    [[nodiscard]] std::vector<std::pair<std::string, stream_state>> streams() const override;
    [[nodiscard]] store_counters counters() const override;
    [[nodiscard]] std::string trouble() const override { return {}; }

  private:
    struct kept {
        std::string line;  // and line_padding
        std::int64_t arrival_ns;
        std::string service;
        record_place facts;
        std::string named;  // the service that counts
    };
    mutable std::mutex mutex_;
    ledger ledger_;
    std::vector<kept> records_;
    std::uint64_t commits_ = 0;
};

}  // namespace serve
