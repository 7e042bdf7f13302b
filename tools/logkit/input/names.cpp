// SPDX-License-Identifier: MIT
#include "input/names.hpp"

#include "input/options.hpp"

#include <logkit/base/text_parts.hpp>
#include <logkit/reader.hpp>

#include <cstdlib>
#include <fstream>

namespace tool {
namespace {

void take_name(std::string const& map) {
    const std::size_t sign = map.find('=');
    logkit::record_names::known().add(map.substr(0, sign), sign == std::string::npos ? "" : map.substr(sign + 1));
}

[[nodiscard]] std::string text_of(const char* variable) {
    const char* const value = std::getenv(variable);
    return value == nullptr ? "" : value;
}

void take_file(std::string const& path, bool must_be_there) {
    std::ifstream file(path);
    if (!file) {
        if (must_be_there)
            throw usage_error(path + ": cannot be read; LOGKIT_CONFIG names a file of lines 'map NAME=PATH'");
        return;
    }
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        const std::string_view words = logkit::detail::trimmed(logkit::detail::without_return(line));
        if (words.empty() || words.starts_with('#')) continue;
        try {
            if (!words.starts_with("map "))
                throw logkit::mapping_error("each line is 'map NAME=PATH', or begins with #");
            take_name(std::string(logkit::detail::trimmed(words.substr(4))));
        } catch (logkit::mapping_error const& e) {
            throw usage_error(path + ':' + std::to_string(number) + ": " + e.what());
        }
    }
}

}  // namespace

void add_map_to(CLI::App& app, std::vector<std::string>& maps) {
    app.add_option("--map", maps,
                   "What stands at PATH (a.b: inside of an object) is the record's NAME: message=fields.msg; also in "
                   "~/.config/logkit/config")
        ->allow_extra_args(false)
        ->option_text("NAME=PATH");
}

void take_names(std::vector<std::string> const& maps) {
    if (const std::string chosen = text_of("LOGKIT_CONFIG"); !chosen.empty()) {
        take_file(chosen, true);
    } else {
        std::string folder = text_of("XDG_CONFIG_HOME");
        if (folder.empty() && !text_of("HOME").empty()) folder = text_of("HOME") + "/.config";
        if (!folder.empty()) take_file(folder + "/logkit/config", false);
    }
    for (std::string const& map : maps) take_name(map);
}

}  // namespace tool
