// SPDX-License-Identifier: MIT
#include "access/access.hpp"

#include <logkit/base/bytes.hpp>
#include <logkit/base/hex.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace serve {
namespace {

constexpr double requests_a_second = 1'000, bytes_a_second = 64 << 20, failures_a_minute = 20;

// A Host header's name, without the port.
[[nodiscard]] std::string_view name_of_host(std::string_view host) noexcept {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}
[[nodiscard]] bool is_local_name(std::string const& name) noexcept {
    in_addr v4{};
    if (inet_pton(AF_INET, name.c_str(), &v4) == 1) return name.starts_with("127.");
    return name == "localhost" || name == "[::1]";
}
[[nodiscard]] bool is_address(std::string const& name) noexcept {
    in_addr v4{};
    return name.starts_with('[') || inet_pton(AF_INET, name.c_str(), &v4) == 1;
}

}  // namespace

access_control::access_control(access_settings s, key_ring& keys, std::function<std::int64_t()> now_ns)
    : settings_(std::move(s)),
      keys_(keys),
      now_ns_(std::move(now_ns)),
      requests_(requests_a_second, requests_a_second),
      bytes_(bytes_a_second, bytes_a_second),
      failures_(failures_a_minute, failures_a_minute / 60) {}

std::optional<response> access_control::check(request& asked, need wanted) {
    if (std::optional<response> refusal = check_host(asked, wanted)) return refusal;
    if (wanted == need::nothing) return std::nullopt;
    return check_key(asked, wanted);
}

std::optional<response> access_control::check_host(request const& asked, need wanted) const {
    const std::string_view host = asked.header("host");
    const std::string name = lower_case(name_of_host(host));
    const bool is_named = std::find(settings_.hosts.begin(), settings_.hosts.end(), name) != settings_.hosts.end();
    const bool is_ours = settings_.listens_on_loopback ? is_local_name(name) : is_address(name);
    const bool takes_any = wanted == need::nothing && (asked.path == "/health" || asked.path == "/ready");
    if (!is_named && !is_ours && !takes_any)
        return error_response(403, "host_not_allowed",
                              "the Host header names \"" + name +
                                  "\", which is not this server; if it is, start it with --host " +
                                  (name.empty() ? "NAME" : name));
    const std::string_view origin = asked.header("origin");
    const bool is_reading = asked.method == "GET" || asked.method == "HEAD";
    if (!origin.empty() && (!is_reading || asked.has_header("cookie"))) {
        const std::size_t scheme = origin.find("://");
        if (scheme == origin.npos || origin.substr(scheme + 3) != host)
            return error_response(403, "origin_not_allowed", "the Origin header is not this server's Host");
    }
    return std::nullopt;
}

std::optional<response> access_control::check_key(request& asked, need wanted) {
    const std::int64_t now = now_ns_();
    const std::string_view authorization = asked.header("authorization");
    const bool is_local = asked.is_from_loopback && settings_.listens_on_loopback;
    if (authorization.empty()) {
        if (!is_local || settings_.requires_keys || keys_.is_locked())
            return error_response(401, "key_required", "this needs a key: Authorization: Bearer lk_…");
        asked.who.may_write = asked.who.may_read = asked.who.may_administer = true;
        return std::nullopt;
    }
    std::string_view key = authorization;
    const std::size_t blank = key.find(' ');
    const std::string_view scheme = key.substr(0, blank);
    const auto same = [](char a, char b) { return (a | 32) == b; };
    constexpr std::string_view bearer = "bearer";
    if (blank == key.npos || !std::equal(scheme.begin(), scheme.end(), bearer.begin(), bearer.end(), same))
        return error_response(401, "bad_authorization", "a key is sent as Authorization: Bearer lk_…");
    key.remove_prefix(key.find_first_not_of(' ', blank));
    const std::optional<api_key> found = keys_.find(key, now);
    if (!found.has_value()) {
        if (!is_local && !failures_.take(asked.peer, 1, now))
            return error_response(429, "too_many_failures", "too many unknown keys from this address; wait a minute");
        return error_response(401, "unknown_key", "this key is not known here");
    }
    if (found->revoked_ns.has_value()) return error_response(401, "revoked_key", "this key was revoked");
    if (found->expires_ns.has_value() && *found->expires_ns <= now)
        return error_response(401, "expired_key", "this key has expired");
    if (!is_local) {
        const std::string name = std::to_string(found->id);
        double bytes = 0;
        const std::string_view length = asked.header("content-length");
        (void)std::from_chars(length.data(), length.data() + length.size(), bytes);
        if (!requests_.take(name, 1, now) || !bytes_.take(name, bytes, now))
            return error_response(429, "rate_limited", "a key may send 1,000 requests and 64 MiB a second");
    }
    principal& who = asked.who;
    who.key_id = found->id;
    who.name.resize(16);
    logkit::detail::write_hex(who.name.data(), logkit::detail::load<std::uint64_t>(found->hash.data()));
    who.service = found->service;
    who.may_administer = found->role == key_role::admin;
    who.may_read = who.may_administer || found->role == key_role::read;
    who.may_write = who.may_administer || found->role == key_role::ingest;
    const bool may = wanted == need::write ? who.may_write : wanted == need::read ? who.may_read : who.may_administer;
    if (!may)
        return error_response(403, "not_allowed",
                              "this key has the role " +
                                  std::string(key_role_names[static_cast<std::size_t>(found->role)]) +
                                  ", which may not do that");
    return std::nullopt;
}

}  // namespace serve
