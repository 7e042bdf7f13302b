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
    [[nodiscard]] std::vector<std::pair<std::string, stream_state>> streams() const override;
    [[nodiscard]] store_counters counters() const override;
    [[nodiscard]] std::string trouble() const override { return {}; }

  private:
    struct kept {
        std::string line;  // and line_padding
        std::int64_t arrival_ns;
        std::string service;
    };
    mutable std::mutex mutex_;
    ledger ledger_;
    std::vector<kept> records_;
    std::uint64_t commits_ = 0;
};

}  // namespace serve
