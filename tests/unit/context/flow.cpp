// SPDX-License-Identifier: MIT
#include <logkit/context/flow.hpp>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("context ids are never given twice, on any thread") {
    std::mutex mutex;
    std::set<std::uint64_t> all;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            std::vector<std::uint64_t> mine;
            for (int i = 0; i < 5'000; ++i) mine.push_back(new_context_id());
            const std::lock_guard lock(mutex);
            all.insert(mine.begin(), mine.end());
        });
    for (std::thread& t : threads) t.join();
    CHECK(all.size() == 20'000);
    CHECK(*all.begin() > nowhere.id);
}
