// SPDX-License-Identifier: MIT
#include <logkit/base/hash.hpp>

#include <set>
#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("a folded key ignores case, separators, and what is before the last dot") {
    const auto expected = hash_folded("api_key");
    for (const char* same : {"apiKey", "API-Key", "api key", "APIKEY", "http.request.api_key"})
        CHECK(hash_folded(same) == expected);
    for (const char* other : {"api_keys", "key", "api.key", ""}) CHECK(hash_folded(other) != expected);
}

TEST_CASE("short texts hash apart") {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 20'000; ++i) seen.insert(hash_text("key" + std::to_string(i)));
    CHECK(seen.size() == 20'000);
}

TEST_CASE("a bloom bit is exactly one bit, and all 64 are used") {
    std::uint64_t all = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto bit = bloom_bit(hash_text(std::to_string(i)));
        REQUIRE((bit & (bit - 1)) == 0);
        all |= bit;
    }
    CHECK(all == ~std::uint64_t{0});
}
