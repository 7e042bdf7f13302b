// SPDX-License-Identifier: MIT
#pragma once

// The server as a whole: the one place that knows all its parts.

#include "settings.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace serve {

// The data folder, as this process's alone. Throws settings_error where another server has it, or it cannot be made.
class data_folder {
  public:
    explicit data_folder(std::string const& path);
    // The folder for those who do not need it alone; made if it is not there.
    [[nodiscard]] static std::string const& made(std::string const& path);
    data_folder(data_folder const&) = delete;
    data_folder& operator=(data_folder const&) = delete;
    ~data_folder();
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

  private:
    std::string path_;
    int lock_ = -1;
};

// Serves until SIGTERM or SIGINT, which the caller has blocked in all threads. `tell`: what a person should read.
void run_server(serve_settings const& s, std::function<void(std::string const&)> const& tell);

[[nodiscard]] std::int64_t unix_now_ns();

}  // namespace serve
