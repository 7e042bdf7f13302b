// SPDX-License-Identifier: MIT
#pragma once

// Room for what helps when the disk is full: a file of some MiB that is given up then. Until it can be made again no
// records are taken, so that the server starts, answers, revokes keys, and throws away what is old.

#include "store/segments/disk.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace serve {

class disk_reserve {
  public:
    // Gives the reserve up at once where the disk is full. The file is made by the first watch().
    explicit disk_reserve(std::unique_ptr<disk> where, std::uint64_t size = std::uint64_t{16} << 20)
        : disk_(std::move(where)), size_(size) {
        std::unique_ptr<disk_file> file;
        is_there_ = disk_->open(name, file) == 0 && file->size() == size_;
        look();
    }
    // Looks at the disk. From one thread at a time.
    void watch() {
        look();
        if (is_there_ || is_full_) return;
        if (make()) return void(is_there_ = true);
        (void)disk_->remove(name);
        is_full_ = true;
    }
    [[nodiscard]] bool is_full() const noexcept { return is_full_; }

  private:
    static constexpr auto name = "reserve";

    void look() {
        constexpr std::uint64_t least = std::uint64_t{1} << 20;
        const std::uint64_t free = disk_->free_bytes();
        if (is_there_ && free < least) {
            (void)disk_->remove(name);
            is_there_ = false;
            is_full_ = true;
        } else if (!is_there_) {
            is_full_ = free < size_ + 4 * least;
        }
    }
    [[nodiscard]] bool make() {
        std::unique_ptr<disk_file> file;
        (void)disk_->remove(name);
        if (disk_->create(name, file) != 0) return false;
        const std::string zeros(std::size_t{1} << 20, '\0');
        for (std::uint64_t done = 0; done < size_; done += zeros.size())
            if (file->append(std::string_view(zeros).substr(0, std::min<std::uint64_t>(zeros.size(), size_ - done))) !=
                0)
                return false;
        return file->sync() == 0;
    }

    std::unique_ptr<disk> disk_;
    std::uint64_t size_;
    bool is_there_ = false;
    std::atomic<bool> is_full_{false};
};

}  // namespace serve
