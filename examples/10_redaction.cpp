// SPDX-License-Identifier: MIT
// Secrets on their way into a log: what is hidden by its key, what by what it looks like, and a rule of one's own.
#include <cstdio>
#include <stdexcept>
#include <string>

#include <logkit.hpp>

namespace lk = logkit;
using lk::kv;

int main() {
    lk::settings s;
    s.redact = {"pin", "user.*.card"};                      // keys and paths, beside password, token, …
    s.redact_values = {"email", "acme=acme_[a-z0-9]{12}"};  // a rule turned on, and one of our own
    s.redact_hash = {"email"};                              // equal addresses stay equal
    s.redact_key = "a key that is nowhere in the log";
    lk::configure(s);

    lk::new_context(kv("customer", "ada@example.org"));
    const std::string url = "postgres://shop:s3cret@db.example/shop", body = R"({"token":"t0ps3cret","n":1})";
    lk::log.info("connecting", kv("url", url));
    lk::log.info("answered {}", body);
    lk::log.info("paying", kv("pin", 1234),
                 kv("user", lk::object(kv("main", lk::object(kv("card", "4111 1111 1111 1111"))))));
    lk::log.warning("key acme_0123456789ab has expired");
    try {
        const lk::capture span{"charge"};
        throw std::runtime_error("refused: Authorization: Bearer abcDEF0123456789");
    } catch (std::exception const& error) {
        lk::log.error("charge failed", lk::exc(error));
    }
    lk::flush();
    for (auto const& [rule, n] : lk::stats().masked)
        std::printf("%s masked %llu\n", rule.c_str(), static_cast<unsigned long long>(n));
}
