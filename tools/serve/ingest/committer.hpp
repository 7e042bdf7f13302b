// SPDX-License-Identifier: MIT
#pragma once

// Batches from all connections → commits: while one is being synced, the next ones gather, and go together. One thread
// appends to the store; whoever hands in a batch is called back on it, and must not stay.

#include "store/log_store.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace serve {

class committer {
  public:
    committer(log_store& store, std::function<std::int64_t()> now_ns);
    committer(committer const&) = delete;
    committer& operator=(committer const&) = delete;
    ~committer();  // commits what was handed in

    enum class handed_in : std::uint8_t { taken, running, full, ending };
    // From any thread. `running`: a request with that key is being answered just now; `full`: too much waits for the
    // disk already.
    [[nodiscard]] handed_in commit(batch b, std::function<void(outcome const&)> done);

  private:
    struct pending {
        batch what;
        std::function<void(outcome const&)> done;
    };
    void run();

    log_store& store_;
    std::function<std::int64_t()> now_ns_;
    std::mutex mutex_;
    std::condition_variable woken_;
    std::vector<pending> queue_;
    std::size_t queued_bytes_ = 0;
    std::set<std::pair<std::string, std::string>> running_;  // scope and key
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace serve
