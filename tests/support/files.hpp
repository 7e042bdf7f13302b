// SPDX-License-Identifier: MIT
#pragma once

// Files for a test: a folder that goes away, and what is in a log.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace support {

class temporary_folder {
  public:
    temporary_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "logkit-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }
    [[nodiscard]] std::string file(std::string const& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

[[nodiscard]] inline std::string read_file(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

// Every line parsed; throws if one is not valid JSON or the last has no end.
[[nodiscard]] inline std::vector<nlohmann::ordered_json> read_log(std::string const& path) {
    const std::string text = read_file(path);
    if (!text.empty() && text.back() != '\n') throw std::runtime_error(path + " ends in a torn line");
    std::vector<nlohmann::ordered_json> records;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) records.push_back(nlohmann::ordered_json::parse(line));
    return records;
}

}  // namespace support
