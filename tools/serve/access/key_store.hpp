// SPDX-License-Identifier: MIT
#pragma once

// Keys as they are kept: never the key itself, only its SHA-256.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

enum class key_role : std::uint8_t { ingest, read, admin };
inline constexpr std::string_view key_role_names[] = {"ingest", "read", "admin"};
[[nodiscard]] inline std::optional<key_role> key_role_from_name(std::string_view name) noexcept {
    for (std::size_t i = 0; i < std::size(key_role_names); ++i)
        if (key_role_names[i] == name) return static_cast<key_role>(i);
    return std::nullopt;
}

struct api_key {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::string> service;  // the wall
    key_role role = key_role::ingest;
    std::string hash;    // 32 bytes
    std::string prefix;  // its first characters, to tell keys apart
    std::int64_t created_ns = 0;
    std::optional<std::int64_t> expires_ns, revoked_ns, last_used_ns;
};

// Throws std::runtime_error where it cannot be read or written.
class key_store {
  public:
    virtual ~key_store() = default;
    [[nodiscard]] virtual std::vector<api_key> all() = 0;
    [[nodiscard]] virtual std::int64_t add(api_key const& made) = 0;
    [[nodiscard]] virtual bool revoke(std::int64_t id, std::int64_t when_ns) = 0;  // false: there is no such key
    virtual void note_use(std::int64_t id, std::int64_t when_ns) = 0;
    // Has another process changed them since the last call?
    [[nodiscard]] virtual bool has_changed() = 0;
    // Was there ever an admin key, also one that is gone with a damaged table?
    [[nodiscard]] virtual bool was_ever_locked() = 0;
};

}  // namespace serve
