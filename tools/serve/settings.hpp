// SPDX-License-Identifier: MIT
#pragma once

// What the server is told: options, then LOGKIT_SERVE_… in the environment, then a file.

#include "store/log_store.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace serve {

// Names the setting, the value and the remedy.
class settings_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct serve_settings {
    std::string data = "logkit-data";
    std::string listen = "127.0.0.1:3000";
    std::vector<std::string> hosts;
    bool syncs = true, requires_keys = false, allows_plain_http = false;
    retention kept;

    // Of `listen`.
    std::string address;
    std::uint16_t port = 0;
    bool is_loopback = true;
};

// NAME = VALUE a line, names as the options have them; `#` begins a comment. Sets LOGKIT_SERVE_NAME where it is not
// set. Throws settings_error.
void read_settings_file(std::string const& path, std::vector<std::string> const& known);
// "30d" and "50G", "" for no limit. Throws settings_error.
[[nodiscard]] retention read_retention(std::string const& age, std::string const& bytes);
// Takes `listen` apart, and sees to it that what was said goes together. Throws settings_error.
void check_settings(serve_settings& s);
[[nodiscard]] std::string environment_name(std::string option);  // allow-plain-http → LOGKIT_SERVE_ALLOW_PLAIN_HTTP

}  // namespace serve
