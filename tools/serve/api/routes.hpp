// SPDX-License-Identifier: MIT
#pragma once

// All routes, and what they need.

#include "access/keys.hpp"
#include "http/router.hpp"
#include "ingest/committer.hpp"
#include "store/log_store.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace serve {

// What the server counts of itself.
struct api_counters {
    std::atomic<std::uint64_t> requests{0}, records{0}, refused_lines{0}, refused_requests{0}, repeated{0};
};

struct api_context {
    log_store& store;
    committer& commits;
    key_ring& keys;
    std::function<std::int64_t()> now_ns;
    std::function<std::string()> trouble;  // why it is not ready; "" if it is
    api_counters& counters;
    std::atomic<std::uint64_t>& unpacked_bytes;  // of all bodies that are on their way into the store
    // Of lines that were gone through in a second, lately: how much an answer may be about.
    std::atomic<std::uint64_t> scanned_a_second{std::uint64_t{300} << 20};
};

[[nodiscard]] std::vector<route> make_routes(api_context& context);

// Each resource adds its own.
void add_ingest_routes(api_context& context, std::vector<route>& to);
void add_log_routes(api_context& context, std::vector<route>& to);
void add_summary_routes(api_context& context, std::vector<route>& to);
void add_histogram_routes(api_context& context, std::vector<route>& to);
void add_stream_routes(api_context& context, std::vector<route>& to);
void add_key_routes(api_context& context, std::vector<route>& to);
void add_health_routes(api_context& context, std::vector<route>& to);

}  // namespace serve
