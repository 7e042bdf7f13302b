// SPDX-License-Identifier: MIT
#include <logkit/context/node.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;

TEST_CASE("a snapshot keeps its node alive while many threads copy and drop it") {
    const logkit::testing::capture_logs logs;
    const std::string id = logkit::new_context(kv("payload", std::string(1000, 'x')));
    std::vector<std::thread> threads;
    {
        const logkit::context snapshot = logkit::current_context();
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([snapshot, &id] {
                for (int i = 0; i < 5'000; ++i) {
                    const logkit::context copy = snapshot;
                    const logkit::attach guard{copy};
                    logkit::bind_context(kv("i", i));
                    if (logkit::current_context().trace_id() != id) std::abort();
                }
            });
    }
    logkit::new_context();
    for (std::thread& t : threads) t.join();
    CHECK(logs.records().empty());
}

TEST_CASE("a freed node is used again by the next that fits, and a large one is not kept") {
    node_memory memory;
    memory.may_keep();  // as own_cell() does, on a thread whose exit is watched
    context_node* first = memory.make({.id = 7}, 10);
    REQUIRE(first != nullptr);
    CHECK(first->capacity >= 10);
    memory.free(first);
    context_node* second = memory.make({.id = 8}, 20);
    CHECK(second == first);
    CHECK(second->id == 8);
    context_node* large = memory.make({.id = 9}, 5000);
    CHECK(large->capacity == 5000);
    memory.free(large);
    memory.free(second);
    context_node* third = memory.make({.id = 10}, 5000);
    CHECK(third != second);
    memory.free(third);
    memory.clear();
}
