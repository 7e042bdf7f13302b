// SPDX-License-Identifier: MIT
#pragma once

// Logs made for a test.

#include <logkit/reader.hpp>

#include <support/files.hpp>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// A file of these bytes, opened.
class written_log {
  public:
    explicit written_log(std::string_view bytes) {
        std::ofstream(folder_.file("log"), std::ios::binary) << bytes;
        files_ = logkit::open_logs({folder_.file("log")});
    }
    [[nodiscard]] std::vector<logkit::log_file> const& files() const noexcept { return files_; }

  private:
    temporary_folder folder_;
    std::vector<logkit::log_file> files_;
};

// "{'a':1}" → {"a":1}: JSON that can be read in a test.
[[nodiscard]] inline std::string json_lines(std::string text) {
    for (char& c : text)
        if (c == '\'') c = '"';
    return text;
}

}  // namespace support
