// SPDX-License-Identifier: MIT
#include <logkit/ship/settings.hpp>

#include <cstdlib>
#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;
using namespace std::chrono_literals;
namespace ship = logkit::ship;

TEST_CASE("an address is taken apart, and its password is shown to nobody") {
    const ship_address address = parse_ship_address("url", "https://me:se%40cret@logs.example.com:3000?key=x#y");
    CHECK(address.url == "https://logs.example.com:3000/ingest?key=x");
    CHECK(address.shown == "https://logs.example.com:3000/ingest");
    CHECK(address.credentials == "me:se@cret");
    CHECK(parse_ship_address("url", "http://h/deep/path").url == "http://h/deep/path");
    CHECK(parse_ship_address("url", "http://[::1]:80/").url == "http://[::1]:80/ingest");
    for (const char* bad :
         {"", "logs.example.com", "ftp://x", "http://", "http://user:geheim@", "http://a b", "http://:80"}) {
        try {
            (void)parse_ship_address("url", bad);
            FAIL("no error for " << bad);
        } catch (std::invalid_argument const& error) {
            CHECK(std::string(error.what()).find("geheim") == std::string::npos);
            CHECK(std::string(error.what()).find("url") != std::string::npos);
        }
    }
}

TEST_CASE("times are numbers with units, bare ones seconds") {
    CHECK(parse_ship_duration("x", "250ms") == 250ms);
    CHECK(parse_ship_duration("x", "5") == 5s);
    CHECK(parse_ship_duration("x", "2m") == 2min);
    CHECK(parse_ship_duration("x", "1d") == 24h);
    for (const char* bad : {"", "s", "5x", "-1", "1e3", "99999999999999999999"})
        CHECK_THROWS_AS(parse_ship_duration("x", bad), std::invalid_argument);
}

TEST_CASE("a batch is records, bytes, or both") {
    ship::settings s;
    parse_ship_batch("x", "1000, 2MiB", s);
    CHECK(s.max_batch_size == 1'000);
    CHECK(s.max_batch_bytes == 2U << 20);
    parse_ship_batch("x", "64KiB", s);
    CHECK(s.max_batch_bytes == 64U << 10);
    for (const char* bad : {"0", "x", "17MiB", "5GiB", "100001"})
        CHECK_THROWS_AS(parse_ship_batch("x", bad, s), std::invalid_argument);
}

TEST_CASE("the environment is read, and what cannot be is refused by name") {
    setenv("LOG_SHIP", "http://localhost:1", 1);
    setenv("LOG_SHIP_INTERVAL", "20ms", 1);
    setenv("LOG_SHIP_COMPRESSION", "gzip", 1);
    const ship::settings s = ship::settings::from_environment();
    CHECK(s.url == "http://localhost:1");
    CHECK(s.flush_interval == 20ms);
    CHECK(s.compression == ship::compression::gzip);
    check_ship_settings(s);
    setenv("LOG_SHIP_TIMEOUT", "soon", 1);
    CHECK_THROWS_WITH(ship::settings::from_environment(),
                      Catch::Contains("LOG_SHIP_TIMEOUT") && Catch::Contains("soon") && Catch::Contains("5s"));
    for (const char* name : {"LOG_SHIP", "LOG_SHIP_INTERVAL", "LOG_SHIP_COMPRESSION", "LOG_SHIP_TIMEOUT"})
        unsetenv(name);
}
