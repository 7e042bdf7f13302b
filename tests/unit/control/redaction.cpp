// SPDX-License-Identifier: MIT
#include <logkit/control/redaction.hpp>

#include <algorithm>
#include <atomic>
#include <string>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;
using namespace logkit::detail;

namespace {
[[nodiscard]] std::uint64_t masked_by(std::string const& rule) {
    for (auto const& [name, n] : logkit::stats().masked)
        if (name == rule) return n;
    return 0;
}
[[nodiscard]] std::string refusal(logkit::settings const& s) {
    try {
        logkit::configure(s);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return {};
}
}  // namespace

TEST_CASE("secrets are masked wherever a record has a text, and counted by rule") {
    const logkit::testing::capture_logs logs;
    const std::uint64_t before = masked_by("url"), hidden_before = masked_by("key");
    logkit::new_context(kv("db", "a://u:t0p@h"));
    const auto bound = logkit::log.bind(kv("bound", "a://u:t0p@h"));
    bound.info("a://u:t0p@h {}", "b://u:t0p@h", kv("password", "t0p"), kv("o", logkit::object(kv("x", "a://u:t0p@h"))),
               kv("card", std::int64_t{4111111111111111}), kv("order", std::int64_t{4111111111111111}));
    logkit::log.error("failed", logkit::exc(std::runtime_error("at a://u:t0p@h")));
    for (auto const& r : logs.records()) {
        INFO(r.json);
        CHECK(r.json.find("t0p") == std::string::npos);
        CHECK(r["db"] == "a://u:***@h");
    }
    auto const r = logs.records().front();
    CHECK(r.event == "a://u:***@h b://u:***@h");
    CHECK(r["o"].json() == R"({"x":"a://u:***@h"})");
    CHECK(r["card"] == "***");
    CHECK(r["order"] == 4111111111111111);
    CHECK(masked_by("url") >= before + 7);
    CHECK(masked_by("key") == hidden_before + 1);
}

TEST_CASE("what a processor sets is masked, too, by key and by value") {
    static std::atomic<bool> is_on = false;
    is_on = true;
    logkit::add_processor([](logkit::record& r) {
        if (is_on) r.set("made", "a://u:t0p@h");
        if (is_on) r.set("api_key", "t0p");
        return true;
    });
    const logkit::testing::capture_logs logs;
    logkit::log.info("x");
    const auto r = logs.last();
    is_on = false;
    CHECK(r["made"] == "a://u:***@h");
    CHECK(r["api_key"].is_redacted());
    logkit::log.info("y");
    CHECK_FALSE(logs.last().has("made"));
}

TEST_CASE("what cannot be a rule is refused with its place, and nothing has changed") {
    logkit::settings s;
    s.redact_values = {"acme=acme_[a-z"};
    CHECK(refusal(s).find("ends in the middle") != std::string::npos);
    s.redact_values = {"emails"};
    CHECK(refusal(s).find("there is no rule \"emails\"") != std::string::npos);
    s.redact_values = {"card=acme_[a-z]{9}"};
    CHECK(refusal(s).find("is taken") != std::string::npos);
    s.redact_values.reset();
    s.redact_hash = {"url"};
    CHECK(refusal(s).find("a hash needs a key of 16 characters") != std::string::npos);
    s.redact_key = "0123456789abcdef";
    s.redact_hash = {"urls"};
    CHECK(refusal(s).find("there is no rule \"urls\"") != std::string::npos);
    CHECK_THROWS_AS(logkit::add_redactor("card", [](std::string_view, std::size_t) { return std::nullopt; }),
                    std::invalid_argument);
    const logkit::testing::capture_logs logs;
    logkit::log.info("a://u:t0p@h");
    CHECK(logs.last().event == "a://u:***@h");
}

TEST_CASE("what is hidden by its key leaves the same hash wherever it stood") {
    static std::atomic<bool> is_on = true;
    logkit::add_processor([](logkit::record& r) {
        if (is_on) r.set("db_password", "hunter2");
        return true;
    });
    const logkit::testing::capture_logs logs;
    logkit::settings s;
    s.redact = {"pin"};
    s.redact_hash = {"key"};
    s.redact_key = "0123456789abcdef";
    logkit::configure(s);
    logkit::new_context(kv("password", "hunter2"));
    const auto bound = logkit::log.bind(kv("api_key", "hunter2"));
    const std::string text = "hunter2";
    for (int i = 0; i < 2; ++i)
        bound.info("x", kv("passwd", text), kv("n", i), kv("pin", 1234), kv("pwd", std::optional(text)),
                   kv("o", logkit::object(kv("pwd", text), kv("in", logkit::object(kv("pin", 1234))))),
                   kv("j", logkit::raw_json(R"({"pwd":{"token":"x","a":1},"token":"hunter2"})")),
                   kv("secret_key", logkit::secret(text)), kv("access_token", std::optional<int>()));
    auto const r = logs.last();
    is_on = false;
    for (int i = 0; i < 3; ++i) {
        logkit::log.info("nothing hidden", kv("i", i));
        CHECK(logs.last()["i"] == i);
    }
    logkit::configure({});
    const std::string mask(r["passwd"].text());
    CHECK(mask.starts_with("***:"));
    CHECK(mask.size() == logkit::detail::hash_mask_size);
    CHECK(r["passwd"].is_redacted());
    for (const char* key : {"pwd", "password", "api_key", "db_password"}) CHECK(r[key] == mask);
    const std::string pin(r["pin"].text());
    CHECK(pin.starts_with("***:"));
    CHECK(pin != mask);
    CHECK(r["n"] == 1);
    CHECK(r["o"].json() == R"({"pwd":")" + mask + R"(","in":{"pin":")" + pin + R"("}})");
    CHECK(r["j"].json().ends_with(R"(,"token":")" + mask + R"("})"));
    CHECK(r["secret_key"] == "***");
    CHECK(r["access_token"].text().starts_with("***:"));
    CHECK(r.json.find("hunter2") == std::string::npos);
    logkit::log.info("y", kv("passwd", text));
    CHECK(logs.last()["passwd"] == "***");
}

TEST_CASE("rules change with the settings, also for what has been rendered, and off is said") {
    const logkit::testing::capture_logs logs;
    const auto log_it = [] { logkit::log.info("to ada@example.org", kv("u", "a://u:t0p@h"), kv("pin", 12)); };
    logkit::new_context(kv("mail", "ada@example.org"));
    const auto bound = logkit::log.bind(kv("who", "ada@example.org"));
    bound.info("before");
    log_it();
    CHECK(logs.last()["mail"] == "ada@example.org");
    logkit::settings s;
    s.redact = {"pin"};
    s.redact_values = {"email"};
    s.redact_hash = {"url"};
    s.redact_key = "0123456789abcdef";
    logkit::configure(s);
    log_it();
    CHECK(logs.last().event == "to ***");
    CHECK(logs.last()["mail"] == "***");
    CHECK(logs.last()["pin"].is_redacted());
    bound.info("after");
    CHECK(logs.last()["who"] == "***");
    log_it();
    CHECK(std::string(logs.last()["u"].text()).starts_with("a://u:***:"));
    s = {};
    s.redact_values_off = true;
    logkit::configure(s);
    log_it();
    CHECK(logs.last()["value_redaction"] == "off");
    CHECK(logs.last()["u"] == "a://u:t0p@h");
    logkit::configure({});
    log_it();
    CHECK(logs.last()["u"] == "a://u:***@h");
    CHECK(logs.last()["pin"] == 12);
}

TEST_CASE("lists of rules are split at commas that are not a pattern's") {
    CHECK(split_value_items(" email , -card,acme=a[,]{2,3}\\,b ,") ==
          std::vector<std::string>{"email", "-card", "acme=a[,]{2,3}\\,b"});
    CHECK(split_value_items("").empty());
}
