// SPDX-License-Identifier: MIT
#pragma once

// Makes keys, and knows them again: a key is shown once, when it is made.

#include "access/key_store.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serve {

// From any thread.
class key_ring {
  public:
    explicit key_ring(key_store& kept);

    // "lk_" and 43 characters of 256 random bits; and how it is kept. Throws std::invalid_argument, which names what is
    // wrong: a name and a service of 1 to 200 bytes, no service for an admin, an end that is to come.
    [[nodiscard]] std::pair<std::string, api_key> make(std::string name, std::optional<std::string> service,
                                                       key_role role, std::optional<std::int64_t> expires_ns,
                                                       std::int64_t now_ns);
    // Takes a key that somebody else has made, as an admin's, unless it is known already.
    void adopt(std::string_view key, std::string name, std::int64_t now_ns);
    [[nodiscard]] std::vector<api_key> all();
    [[nodiscard]] bool revoke(std::int64_t id, std::int64_t now_ns);
    // The key, revoked and expired ones, too; in a time that does not tell how much of it was right.
    [[nodiscard]] std::optional<api_key> find(std::string_view key, std::int64_t now_ns);
    // Was an admin key ever made? From then on nobody comes in without a key.
    [[nodiscard]] bool is_locked();

  private:
    void refresh();
    std::mutex mutex_;
    key_store& kept_;
    std::vector<api_key> keys_;
    bool is_locked_ = false;
};

}  // namespace serve
