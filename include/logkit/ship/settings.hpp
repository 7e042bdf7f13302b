// SPDX-License-Identifier: MIT
#pragma once

// What logkit::ship is told, by the program or by the environment (docs/shipping.md). Stage: ship.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <logkit/base/environment_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/ship/batch_limits.hpp>

namespace logkit::ship {

enum class compression : std::uint8_t { zstd, gzip, none };

// Times are in their types, sizes in bytes unless the name says otherwise. What a program leaves at its default, the
// environment may say.
struct settings {
    std::string url{};                                         // LOG_SHIP  http(s)://host:port[/path]
    std::string format = "logkit";                             // LOG_SHIP_FORMAT
    std::string api_key{};                                     // LOG_SHIP_KEY; never shown
    ship::compression compression = ship::compression::zstd;   // LOG_SHIP_COMPRESSION
    std::uint64_t max_batch_size = 10'000;                     // LOG_SHIP_BATCH: records
    std::uint64_t max_batch_bytes = 4U << 20;                  //   and bytes, whichever is reached first
    std::chrono::milliseconds flush_interval{1'000};           // LOG_SHIP_INTERVAL
    std::chrono::milliseconds http_timeout{5'000};             // LOG_SHIP_TIMEOUT: without progress
    std::uint64_t max_retries = 3;                             // LOG_SHIP_RETRIES: then an outage is reported
    std::chrono::milliseconds network_check_interval{60'000};  // LOG_SHIP_CHECK: retries are at most this far apart
    std::string name{};                                        // LOG_SHIP_NAME: of a further destination
    std::uint64_t spool_mb = 1'024;                            // LOG_SHIP_SPOOL_MB
    std::string cache_dir{};                                   // LOG_SHIP_CACHE
    std::chrono::milliseconds exit_patience{2'000};            // LOG_SHIP_EXIT: what is not shipped then waits

    // The environment as it is now. Throws std::invalid_argument, naming the setting, its value and the remedy.
    [[nodiscard]] static settings from_environment();
};

}  // namespace logkit::ship

namespace logkit::detail {

[[noreturn]] inline void refuse_ship_setting(std::string_view name, std::string_view value, std::string_view remedy) {
    throw std::invalid_argument("logkit: the setting " + std::string(name) + " is \"" + std::string(value) +
                                "\": " + std::string(remedy));
}

// "250ms", "5s", "2m", "1h", "7d"; bare: seconds.
[[nodiscard]] inline std::chrono::milliseconds parse_ship_duration(std::string_view name, std::string_view text) {
    std::uint64_t number = 0;
    const std::string_view given = trimmed(text);
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(given.data() + given.size() - end));
    std::uint64_t ms = 0;
    for (auto const& [word, factor] : {std::pair<std::string_view, std::uint64_t>{"", 1'000},
                                       {"ms", 1},
                                       {"s", 1'000},
                                       {"m", 60'000},
                                       {"h", 3'600'000},
                                       {"d", 86'400'000}})
        if (unit == word) ms = factor;
    constexpr std::uint64_t ten_years = std::uint64_t{3'650} * 86'400;
    if (error != std::errc{} || ms == 0 || number > ten_years)
        refuse_ship_setting(name, text, "use a number with ms, s, m, h or d, such as 5s");
    return std::chrono::milliseconds(number * ms);
}
[[nodiscard]] inline std::uint64_t parse_ship_number(std::string_view name, std::string_view text, std::uint64_t least,
                                                     std::uint64_t most) {
    std::uint64_t number = 0;
    const std::string_view given = trimmed(text);
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (error != std::errc{} || end != given.data() + given.size() || number < least || number > most)
        refuse_ship_setting(name, text, "use a number from " + std::to_string(least) + " to " + std::to_string(most));
    return number;
}
// "1000", "4MiB", or both with a comma.
inline void parse_ship_batch(std::string_view name, std::string_view text, ship::settings& into) {
    for (std::string_view rest = text; !rest.empty();) {
        std::string_view part = trimmed(take_until(rest, ','));
        std::uint64_t unit = 0;
        for (auto const& [word, factor] :
             {std::pair<std::string_view, std::uint64_t>{"KiB", 1U << 10}, {"MiB", 1U << 20}})
            if (part.ends_with(word)) {
                unit = factor;
                part.remove_suffix(word.size());
                break;
            }
        if (unit == 0)
            into.max_batch_size = parse_ship_number(name, part, 1, 100'000);
        else
            into.max_batch_bytes = parse_ship_number(name, part, 1, (longest_shipped_line / unit)) * unit;
    }
}
[[nodiscard]] inline ship::compression parse_ship_compression(std::string_view name, std::string_view text) {
    if (text == "zstd") return ship::compression::zstd;
    if (text == "gzip") return ship::compression::gzip;
    if (text == "none") return ship::compression::none;
    refuse_ship_setting(name, text, "use zstd, gzip or none");
}

// An address, taken apart: the user and password in it are no business of whoever prints it.
struct ship_address {
    std::string url{};          // without user and password, with a path
    std::string credentials{};  // user:password, decoded
    [[nodiscard]] std::string password() const {
        const std::size_t colon = credentials.find(':');
        return colon == credentials.npos ? std::string{} : credentials.substr(colon + 1);
    }
    std::string shown{};  // for people: without query, too
};
[[nodiscard]] inline ship_address parse_ship_address(std::string_view name, std::string_view url) {
    const auto refuse = [&](std::string_view why) {  // never the text itself: there may be a password in it
        refuse_ship_setting(name, "…", why);
    };
    const std::size_t scheme_end = url.find("://");
    const std::string_view scheme = url.substr(0, scheme_end == url.npos ? 0 : scheme_end);
    if (scheme != "http" && scheme != "https")
        refuse("an address begins with http:// or https://, such as http://127.0.0.1:3000");
    if (url.find_first_of(" \t\r\n\"") != url.npos) refuse("there is a blank or a quote in it");
    std::string_view rest = url.substr(scheme_end + 3);
    const std::size_t host_end = std::min(rest.find_first_of("/?#"), rest.size());
    std::string_view authority = rest.substr(0, host_end);
    std::string_view path = rest.substr(host_end);
    ship_address address;
    if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
        std::string_view encoded = authority.substr(0, at);
        while (!encoded.empty()) {
            unsigned value = 0;
            if (encoded.front() == '%' && encoded.size() >= 3 &&
                std::from_chars(encoded.data() + 1, encoded.data() + 3, value, 16).ptr == encoded.data() + 3) {
                address.credentials += static_cast<char>(value);
                encoded.remove_prefix(3);
            } else {
                address.credentials += encoded.front();
                encoded.remove_prefix(1);
            }
        }
        authority.remove_prefix(at + 1);
    }
    if (authority.empty() || authority.front() == ':') refuse("there is no host in it");
    if (const std::size_t hash = path.find('#'); hash != path.npos) path = path.substr(0, hash);
    const std::string_view query = path.find('?') == path.npos ? std::string_view{} : path.substr(path.find('?'));
    path.remove_suffix(query.size());
    const std::string origin = std::string(scheme) + "://" + std::string(authority);
    const std::string place(path.empty() || path == "/" ? "/ingest" : path);
    address.url = origin + place + std::string(query);
    address.shown = origin + place;
    return address;
}

// Throws std::invalid_argument.
inline void check_ship_settings(ship::settings const& s) {
    (void)parse_ship_address("url", s.url);
    if (s.format != "logkit")
        refuse_ship_setting("format", s.format, "this version ships in the format logkit, to a logkit server");
    if (s.max_batch_size == 0 || s.max_batch_size > 100'000)
        refuse_ship_setting("max_batch_size", std::to_string(s.max_batch_size), "use a number from 1 to 100000");
    if (s.max_batch_bytes == 0 || s.max_batch_bytes > longest_shipped_line)
        refuse_ship_setting("max_batch_bytes", std::to_string(s.max_batch_bytes), "use at most 16 MiB");
    for (auto const& [name, value] : {std::pair{"flush_interval", s.flush_interval},
                                      {"http_timeout", s.http_timeout},
                                      {"network_check_interval", s.network_check_interval}})
        if (value.count() <= 0) refuse_ship_setting(name, std::to_string(value.count()) + "ms", "use a time above 0");
    if (s.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != s.name.npos ||
        s.name == "lock" || s.name == "old" || s.name == "new")
        refuse_ship_setting("name", s.name, "use letters, digits, - and _");
    if (s.api_key.find_first_of("\r\n") != s.api_key.npos)
        refuse_ship_setting("api_key", "…", "there is a line's end in it");
}

}  // namespace logkit::detail

namespace logkit::ship {

inline settings settings::from_environment() {
    namespace d = logkit::detail;
    settings s;
    const auto read = [](const char* name, auto&& use) {
        if (const char* text = d::environment_text(name); text != nullptr && *text != '\0')
            use(name, std::string_view(text));
    };
    const auto text_into = [](std::string& field) {
        return [&field](const char*, std::string_view text) { field = text; };
    };
    const auto time_into = [](std::chrono::milliseconds& field) {
        return [&field](const char* name, std::string_view text) { field = d::parse_ship_duration(name, text); };
    };
    read("LOG_SHIP", text_into(s.url));
    read("LOG_SHIP_FORMAT", text_into(s.format));
    read("LOG_SHIP_KEY", text_into(s.api_key));
    read("LOG_SHIP_NAME", text_into(s.name));
    read("LOG_SHIP_CACHE", text_into(s.cache_dir));
    read("LOG_SHIP_COMPRESSION",
         [&](const char* name, std::string_view text) { s.compression = d::parse_ship_compression(name, text); });
    read("LOG_SHIP_BATCH", [&](const char* name, std::string_view text) { d::parse_ship_batch(name, text, s); });
    read("LOG_SHIP_INTERVAL", time_into(s.flush_interval));
    read("LOG_SHIP_TIMEOUT", time_into(s.http_timeout));
    read("LOG_SHIP_CHECK", time_into(s.network_check_interval));
    read("LOG_SHIP_EXIT", time_into(s.exit_patience));
    read("LOG_SHIP_RETRIES", [&](const char* name, std::string_view text) {
        s.max_retries = d::parse_ship_number(name, text, 1, 1'000'000);
    });
    read("LOG_SHIP_SPOOL_MB", [&](const char* name, std::string_view text) {
        s.spool_mb = d::parse_ship_number(name, text, 0, 1'000'000'000);
    });
    return s;
}

}  // namespace logkit::ship
