// SPDX-License-Identifier: MIT
#pragma once

// The few things that the embedded store does to a disk, so that a test can be one which fails, or forgets what was not
// synced. Each returns 0 or errno.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

class disk_file {
  public:
    virtual ~disk_file() = default;
    // At its end; after a failure, some of it may be there.
    [[nodiscard]] virtual int append(std::string_view bytes) = 0;
    [[nodiscard]] virtual int sync() = 0;
    [[nodiscard]] virtual int cut(std::uint64_t size) = 0;
    // As many bytes as there are, up to `size`. From any thread.
    [[nodiscard]] virtual int read(std::uint64_t at, std::size_t size, std::string& into) const = 0;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
};

class disk {
  public:
    virtual ~disk() = default;
    // The names in the folder, sorted.
    [[nodiscard]] virtual int list(std::vector<std::string>& names) = 0;
    [[nodiscard]] virtual int open(std::string const& name, std::unique_ptr<disk_file>& into) = 0;
    // What is there by the new name is gone; a loss of power leaves the one or the other.
    [[nodiscard]] virtual int rename(std::string const& from, std::string const& to) = 0;
    // It may be there again after a loss of power.
    [[nodiscard]] virtual int remove(std::string const& name) = 0;
    // That can still be written.
    [[nodiscard]] virtual std::uint64_t free_bytes() const = 0;
    // A new, empty one, whose name survives a loss of power.
    [[nodiscard]] virtual int create(std::string const& name, std::unique_ptr<disk_file>& into) = 0;
};

// A folder of the file system; made, if it is not there. What it holds survives a loss of power by its name. Throws
// std::system_error where that cannot be.
[[nodiscard]] std::unique_ptr<disk> make_folder_disk(std::string const& folder);
// One that is there, to look at what is in it.
[[nodiscard]] std::unique_ptr<disk> open_folder_disk(std::string const& folder);

}  // namespace serve
