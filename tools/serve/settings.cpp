// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <logkit/base/text_parts.hpp>
#include <logkit/reader/time.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace serve {

std::string environment_name(std::string option) {
    for (char& c : option) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return "LOGKIT_SERVE_" + option;
}

void read_settings_file(std::string const& path, std::vector<std::string> const& known) {
    std::ifstream in(path);
    if (!in) throw settings_error("config: " + path + " cannot be read: " + std::strerror(errno));
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const std::string_view text = logkit::detail::trimmed(std::string_view(line).substr(0, line.find('#')));
        if (text.empty()) continue;
        const std::size_t equals = text.find('=');
        const std::string name(logkit::detail::trimmed(text.substr(0, equals)));
        const std::string where = path + ':' + std::to_string(number) + ": ";
        if (equals == text.npos) throw settings_error(where + "\"" + name + "\" is no setting; write NAME = VALUE");
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw settings_error(where + "there is no setting \"" + name + "\"; logkit serve --help lists them");
        const std::string value(logkit::detail::trimmed(text.substr(equals + 1)));
        constexpr int keeps_what_is_there = 0;
        (void)::setenv(environment_name(name).c_str(), value.c_str(), keeps_what_is_there);
    }
}

retention read_retention(std::string const& age, std::string const& bytes) {
    retention kept;
    if (!age.empty()) {
        const auto parsed = logkit::parse_duration(age);
        if (!parsed.has_value() || *parsed <= 0)
            throw settings_error("retention: \"" + age + "\" is no length of time; such as 30d or 12h");
        kept.age_ns = *parsed;
    }
    if (!bytes.empty()) {
        double number = 0;
        const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
        std::string unit(end, bytes.data() + bytes.size());
        if (unit.ends_with('B')) unit.pop_back();
        if (unit.ends_with('i')) unit.pop_back();
        constexpr std::string_view units = " KMGT";
        const std::size_t power = unit.empty() ? 0 : units.find(static_cast<char>(std::toupper(unit.front())));
        constexpr double least = 16 << 20;
        const double value = std::ldexp(number, static_cast<int>(10 * power));
        if (error != std::errc{} || unit.size() > 1 || power == units.npos || unit == " " || !(value >= least) ||
            value > 9e18)
            throw settings_error("max-bytes: \"" + bytes + "\" is no size of 16M or more; such as 50G or 500M");
        kept.bytes = static_cast<std::uint64_t>(value);
    }
    return kept;
}

void check_settings(serve_settings& s) {
    const std::size_t colon = s.listen.rfind(':');
    const auto bad = [&](std::string const& why) {
        throw settings_error("listen: \"" + s.listen + "\" " + why + "; such as 127.0.0.1:3000 or [::1]:3000");
    };
    if (colon == s.listen.npos) bad("has no port");
    s.address = s.listen.substr(0, colon);
    if (s.address.starts_with('[') && s.address.ends_with(']')) s.address = s.address.substr(1, s.address.size() - 2);
    if (s.address == "localhost") s.address = "127.0.0.1";
    const std::string_view port = std::string_view(s.listen).substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), s.port);
    if (error != std::errc{} || end != port.data() + port.size()) bad("has no port from 0 to 65535");
    in_addr v4{};
    in6_addr v6{};
    if (::inet_pton(AF_INET, s.address.c_str(), &v4) == 1)
        s.is_loopback = s.address.starts_with("127.");
    else if (::inet_pton(AF_INET6, s.address.c_str(), &v6) == 1)
        s.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    else
        bad("does not begin with an address of this machine");
    if (!s.is_loopback && !s.allows_plain_http)
        throw settings_error(
            "listen: \"" + s.listen +
            "\" can be reached from elsewhere, where keys and records would be sent in the open; listen on "
            "127.0.0.1, behind a proxy that speaks TLS, or say --allow-plain-http (a container's network)");
    if (!s.is_loopback) s.requires_keys = true;
    if (s.data.empty()) throw settings_error("data: is the name of a folder, and empty; such as logkit-data");
}

}  // namespace serve
