// SPDX-License-Identifier: MIT
#include <logkit/redact/key_policy.hpp>

#include <map>
#include <string>

#include <logkit/testing.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using logkit::kv;
namespace lk = logkit;
using logkit::detail::key_policy;

TEST_CASE("the built-in list hides a key in every spelling, at any depth") {
    const key_policy policy(std::vector<std::string>{});
    for (const char* key : {"password", "PASSWORD", "apiKey", "api-key", "Set-Cookie", "credit_card",
                            "http.authorization", "private key"})
        CHECK(policy.hides("", key));
    CHECK(policy.hides("user.account", "ssn"));
    for (const char* key : {"passwords", "tokens", "token_count", "user", "keyboard", ""})
        CHECK_FALSE(policy.hides("", key));
}

TEST_CASE("more keys, wildcards and dotted paths") {
    const key_policy policy({"pin", "*_hash", "user.card", "headers.*token", "a.*.c"});
    CHECK(policy.hides("", "pin"));
    CHECK(policy.hides("deep.down", "PIN"));
    CHECK(policy.hides("", "file_hash"));
    CHECK(policy.hides("user", "card"));
    CHECK_FALSE(policy.hides("", "card"));
    CHECK_FALSE(policy.hides("shop.user", "card"));
    CHECK(policy.hides("headers", "x-csrf-token"));
    CHECK_FALSE(policy.hides("trailers", "x-my-token"));
    CHECK(policy.hides("a.b", "c"));
    CHECK_FALSE(policy.hides("a.b.x", "c"));
}

TEST_CASE("paths pass over items of arrays, and over any number of keys") {
    const key_policy policy({"headers[*].value", "**.pin", "user.**.card", "cart.items[0].sku"});
    CHECK(policy.hides("headers", "value"));
    CHECK_FALSE(policy.hides("", "value"));
    for (const char* path : {"", "a", "a.b.c"}) CHECK(policy.hides(path, "pin"));
    CHECK(policy.hides("user", "card"));
    CHECK(policy.hides("user.a.b", "card"));
    CHECK_FALSE(policy.hides("shop.user", "card"));
    CHECK(policy.hides("cart.items", "sku"));
}

TEST_CASE("a longer name tells by its last words, a word that others use only by itself") {
    const key_policy policy(std::vector<std::string>{});
    for (const char* key : {"db_password", "userPassword", "DBPassword", "aws_secret_access_key", "AccountKey",
                            "x-vault-token", "stripe_api_key", "token", "jwt.token"})
        CHECK(policy.hides("", key));
    for (const char* key :
         {"next_token", "page_token", "password_reset", "secretary", "compass", "keypad", "sig", "pass"})
        CHECK_FALSE(policy.hides("", key));
}

TEST_CASE("of the own names those are plain that have neither wildcard nor path") {
    const key_policy policy({"pin", "*_hash", "user.card"});
    CHECK(policy.plain_names() == std::vector<std::string>{"pin"});
    CHECK_FALSE(policy.is_plain());
    CHECK(key_policy({"pin", "Tax-Id"}).is_plain());
}

TEST_CASE("a hidden value never leaves its caller, wherever the key stands") {
    const logkit::testing::capture_logs logs;
    logkit::new_context(kv("token", "t0p"));
    const logkit::capture span{"login", kv("Authorization", "Bearer t0p")};
    const auto bound = lk::log.bind(kv("api_key", "t0p"));
    bound.info("all at once", kv("password", "t0p"), kv("n", 1), kv("o", logkit::object(kv("cvv", "t0p"))),
               kv("m", std::map<std::string, std::string>{{"X-Api-Key", "t0p"}, {"ok", "fine"}}),
               kv("j", nlohmann::json{{"set-cookie", {"t0p", "t0p"}}, {"deep", {{"secret", {{"x", "t0p"}}}}}}),
               kv("r", logkit::raw_json(R"({"ssn":"t0p","list":[{"private_key":"t0p"}]})")));
    const auto r = logs.last();
    INFO(r.json);
    CHECK(r.json.find("t0p") == std::string::npos);
    CHECK(r["n"] == 1);
    CHECK(r["password"].is_redacted());
    CHECK(r["m"].json() == R"({"X-Api-Key":"***","ok":"fine"})");
    CHECK(r["r"].json() == R"({"ssn":"***","list":[{"private_key":"***"}]})");
}
