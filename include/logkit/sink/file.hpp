// SPDX-License-Identifier: MIT
#pragma once

// A further file of JSON lines beside the log itself: add_sink(std::make_shared<file_sink>("audit.log")).
// Stage: sink.

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <logkit/base/text_buffer.hpp>
#include <logkit/sink/rotating_file.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit {

class file_sink final : public sink {
  public:
    // Throws std::system_error if the file cannot be opened for appending.
    explicit file_sink(std::string path, std::uint64_t rotate_mb = 10, unsigned backups = 5)
        : file_({std::move(path), rotate_mb << 20, backups, {}}) {
        if (!file_.open())
            throw std::system_error(errno, std::generic_category(),
                                    "logkit: cannot open \"" + file_.path() + "\" for appending");
    }

    void write(record const&, std::string_view line) override { batch_.append(line); }

    // Throws if the disk takes nothing; the batch is kept and written first the next time.
    void flush() override {
        if (batch_.is_empty()) return;
        if (!file_.write(batch_.view()))
            throw std::system_error(errno, std::generic_category(), "logkit: cannot write \"" + file_.path() + "\"");
        batch_.clear();
    }

  private:
    detail::rotating_file file_;
    detail::text_buffer batch_;
};

}  // namespace logkit
