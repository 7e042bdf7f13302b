// SPDX-License-Identifier: MIT
// Who may, and how often; with a clock of the test's, and from addresses that a test has none of.
#include "access/access.hpp"

#include <string>
#include <utility>
#include <vector>

#include <support/catch.hpp>

using namespace serve;

namespace {

class keys_in_memory final : public key_store {
  public:
    std::vector<api_key> kept;
    std::vector<api_key> all() override { return kept; }
    std::int64_t add(api_key const& made) override {
        kept.push_back(made);
        kept.back().id = static_cast<std::int64_t>(kept.size());
        return kept.back().id;
    }
    bool revoke(std::int64_t id, std::int64_t when_ns) override {
        for (api_key& k : kept)
            if (k.id == id) k.revoked_ns = when_ns;
        return true;
    }
    void note_use(std::int64_t, std::int64_t) override {}
    bool has_changed() override { return false; }
    bool was_ever_locked() override {
        for (api_key const& k : kept)
            if (k.role == key_role::admin) return true;
        return false;
    }
};

struct gate {
    std::int64_t now = 1'000'000'000'000'000'000;
    keys_in_memory kept{};
    key_ring keys{kept};
    access_control access;

    explicit gate(access_settings s = {false, true, {}}) : access(std::move(s), keys, [this] { return now; }) {}
    std::string make(key_role role) { return keys.make("k", std::nullopt, role, std::nullopt, now).first; }
    // The status of a refusal; 200: it may come in.
    int ask(std::string const& key, need wanted = need::write, std::string const& bytes = "100",
            bool is_local = false) {
        request asked;
        asked.method = "POST";
        asked.path = "/logs";
        asked.peer = "192.0.2.7";
        asked.is_from_loopback = is_local;
        asked.headers = {{"host", is_local ? "localhost" : "192.0.2.1:3000"}, {"content-length", bytes}};
        if (!key.empty()) asked.headers.emplace_back("authorization", "Bearer " + key);
        const auto refusal = access.check(asked, wanted);
        return refusal.has_value() ? refusal->status : 200;
    }
};

}  // namespace

TEST_CASE("beyond loopback nobody comes in without a key") {
    gate g;
    CHECK(g.ask("") == 401);
    CHECK(g.ask("", need::nothing) == 200);
    const std::string key = g.make(key_role::ingest);
    CHECK(g.ask(key) == 200);
    CHECK(g.ask(key, need::read) == 403);
    CHECK(g.ask(key, need::administer) == 403);
}

TEST_CASE("twenty unknown keys a minute from an address, and a known one passes") {
    gate g;
    const std::string key = g.make(key_role::ingest);
    for (int i = 0; i < 20; ++i) CHECK(g.ask("lk_wrong") == 401);
    CHECK(g.ask("lk_wrong") == 429);
    CHECK(g.ask(key) == 200);
    g.now += 3'000'000'000;  // a twentieth of a minute
    CHECK(g.ask("lk_wrong") == 401);
    CHECK(g.ask("lk_wrong") == 429);
}

TEST_CASE("a key may send a thousand requests and 64 MiB a second, and a local one what it likes") {
    gate g;
    const std::string key = g.make(key_role::ingest);
    for (int i = 0; i < 1'000; ++i) REQUIRE(g.ask(key, need::write, "1") == 200);
    CHECK(g.ask(key, need::write, "1") == 429);
    g.now += 1'000'000'000;
    CHECK(g.ask(key, need::write, std::to_string(40 << 20)) == 200);
    CHECK(g.ask(key, need::write, std::to_string(40 << 20)) == 429);
    g.now += 1'000'000'000;
    CHECK(g.ask(key, need::write, std::to_string(40 << 20)) == 200);

    gate local({true, false, {}});
    const std::string own = local.make(key_role::ingest);
    for (int i = 0; i < 3'000; ++i) REQUIRE(local.ask(own, need::write, "1", true) == 200);
    for (int i = 0; i < 50; ++i) CHECK(local.ask("lk_wrong", need::write, "1", true) == 401);
}

TEST_CASE("the first admin key locks, and the last one that goes opens nothing") {
    gate g({true, false, {}});
    CHECK(g.ask("", need::administer, "1", true) == 200);
    const std::string admin = g.make(key_role::admin);
    CHECK(g.ask("", need::read, "1", true) == 401);
    CHECK(g.ask(admin, need::administer, "1", true) == 200);
    CHECK(g.keys.revoke(1, g.now));
    CHECK(g.ask(admin, need::administer, "1", true) == 401);
    CHECK(g.ask("", need::read, "1", true) == 401);
}
