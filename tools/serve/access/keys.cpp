// SPDX-License-Identifier: MIT
#include "access/keys.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace serve {
namespace {

constexpr std::size_t random_bytes = 32, shown_prefix = 6;

[[nodiscard]] std::string sha256(std::string_view text) {
    std::string digest(32, '\0');
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                   nullptr) != 1)
        throw std::runtime_error("SHA-256 is not to be had");
    return digest;
}
[[nodiscard]] std::string base64url(std::string_view bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    unsigned bits = 0, have = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (have += 8; have >= 6; have -= 6) text += digits[bits >> (have - 6) & 63];
    }
    if (have != 0) text += digits[bits << (6 - have) & 63];
    return text;
}

}  // namespace

key_ring::key_ring(key_store& kept) : kept_(kept) {
    const std::lock_guard lock(mutex_);
    (void)kept_.has_changed();
    refresh();
}

void key_ring::refresh() {
    keys_ = kept_.all();
    is_locked_ = kept_.was_ever_locked();
}

std::pair<std::string, api_key> key_ring::make(std::string name, std::optional<std::string> service, key_role role,
                                               std::optional<std::int64_t> expires_ns, std::int64_t now_ns) {
    constexpr std::size_t longest = 200;
    if (name.empty() || name.size() > longest) throw std::invalid_argument("name: is a text of 1 to 200 bytes");
    if (service.has_value() && (service->empty() || service->size() > longest))
        throw std::invalid_argument("service: is a text of 1 to 200 bytes, or left out");
    if (service.has_value() && role == key_role::admin) throw std::invalid_argument("service: an admin key has none");
    if (expires_ns.has_value() && *expires_ns <= now_ns) throw std::invalid_argument("expires_at: is in the past");
    std::string secret(random_bytes, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(secret.size())) != 1)
        throw std::runtime_error("no random numbers are to be had");
    const std::string key = "lk_" + base64url(secret);
    api_key made;
    made.name = std::move(name);
    made.service = std::move(service);
    made.role = role;
    made.hash = sha256(key);
    made.prefix = key.substr(0, shown_prefix);
    made.created_ns = now_ns;
    made.expires_ns = expires_ns;
    const std::lock_guard lock(mutex_);
    made.id = kept_.add(made);
    refresh();
    return {key, made};
}

void key_ring::adopt(std::string_view key, std::string name, std::int64_t now_ns) {
    if (find(key, now_ns).has_value()) return;
    api_key made;
    made.name = std::move(name);
    made.role = key_role::admin;
    made.hash = sha256(key);
    made.prefix = key.substr(0, shown_prefix);
    made.created_ns = now_ns;
    const std::lock_guard lock(mutex_);
    (void)kept_.add(made);
    refresh();
}

std::vector<api_key> key_ring::all() {
    const std::lock_guard lock(mutex_);
    refresh();
    return keys_;
}
bool key_ring::revoke(std::int64_t id, std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    const bool is_there = kept_.revoke(id, now_ns);
    refresh();
    return is_there;
}

std::optional<api_key> key_ring::find(std::string_view key, std::int64_t now_ns) {
    const std::string wanted = sha256(key);
    const std::lock_guard lock(mutex_);
    if (kept_.has_changed()) refresh();
    api_key* found = nullptr;
    for (api_key& one : keys_)
        if (one.hash.size() == wanted.size() && CRYPTO_memcmp(one.hash.data(), wanted.data(), wanted.size()) == 0)
            found = &one;
    if (found == nullptr) return std::nullopt;
    constexpr std::int64_t minute_ns = 60'000'000'000;
    if (!found->last_used_ns.has_value() || now_ns - *found->last_used_ns >= minute_ns) {
        found->last_used_ns = now_ns;
        kept_.note_use(found->id, now_ns);
    }
    return *found;
}

bool key_ring::is_locked() {
    const std::lock_guard lock(mutex_);
    if (kept_.has_changed()) refresh();
    return is_locked_;
}

}  // namespace serve
