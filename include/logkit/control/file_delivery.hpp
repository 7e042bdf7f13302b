// SPDX-License-Identifier: MIT
#pragma once

// The batch that is to be in the log file, and what becomes of it. Stage: control; with the drain held, as the pipeline
// that owns it.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include <logkit/base/standard_error.hpp>
#include <logkit/base/text_buffer.hpp>
#include <logkit/sink/rotating_file.hpp>

namespace logkit::detail {

class file_delivery {
  public:
    struct counters {
        std::atomic<std::uint64_t> bytes{0}, failures{0}, rotation_failures{0}, given_up{0};
    };

    [[nodiscard]] bool has_file() const noexcept { return file_ != nullptr; }
    [[nodiscard]] rotating_file const* file() const noexcept { return file_.get(); }
    [[nodiscard]] counters const& counts() const noexcept { return counters_; }

    // Another file, or none; a batch that the old one has not taken goes there.
    void set_file(std::unique_ptr<rotating_file> next) noexcept {
        file_ = std::move(next);
        is_failing_ = false;
    }

    // Nothing is ever given up from here on: what is delivered is in a journal, and may wait there.
    void keep_all() noexcept { must_keep_ = true; }
    void close() noexcept {
        if (file_ != nullptr) file_->close();
    }

    // Lines that are to be written, and those that were not: the same again.
    [[nodiscard]] text_buffer& batch() noexcept { return batch_; }
    [[nodiscard]] bool is_full() const noexcept { return batch_.size() >= full_batch; }

    // True: the batch is empty now; it is in the file, or, where there is nothing to write to and nothing that would
    // come of waiting, it has been given up, counted in `missing()`. False: later.
    [[nodiscard]] bool deliver(batch_note const& note) noexcept {
        if (batch_.is_empty()) return true;
        if (file_ == nullptr) {
            batch_.clear();
            return true;
        }
        const bool is_written = file_->write(batch_.view(), note);
        const int error = errno;
        counters_.rotation_failures.store(file_->rotation_failures(), std::memory_order_relaxed);
        if (!is_written) {
            fail(error);
            if (file_->is_open() || !is_final(error) || must_keep_) return false;
            give_up();
            return true;
        }
        counters_.bytes.fetch_add(batch_.size(), std::memory_order_relaxed);
        is_failing_ = false;
        batch_.clear();
        batch_.shrink_to(2 * full_batch);
        return true;
    }

    // What the file lacks, when it takes lines again; then it is told, and no longer missing.
    [[nodiscard]] std::uint64_t missing() const noexcept { return is_failing_ ? 0 : missing_; }
    void missing_is_told() noexcept { missing_ = 0; }
    [[nodiscard]] std::uint64_t take_spool_losses() noexcept {
        return file_ == nullptr ? 0 : file_->take_spool_losses();
    }
    [[nodiscard]] int take_rotation_error() noexcept { return file_ == nullptr ? 0 : file_->take_rotation_error(); }

  private:
    static constexpr std::size_t full_batch = 64 * 1024;

    // Will opening the file fail again in the same way until somebody does something about it?
    [[nodiscard]] static bool is_final(int error) noexcept {
        for (const int lasting : {EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, ENODEV, EINVAL})
            if (error == lasting) return true;
        return false;
    }

    void give_up() noexcept {
        const std::string_view lines = batch_.view();
        const auto lost = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
        missing_ += lost;
        counters_.given_up.fetch_add(lost, std::memory_order_relaxed);
        batch_.clear();
    }

    void fail(int error) noexcept {
        if (file_->is_open() && !file_->is_regular() && error == EWOULDBLOCK) return;  // its reader takes its time
        counters_.failures.fetch_add(1, std::memory_order_relaxed);
        if (std::exchange(is_failing_, true)) return;
        const bool is_locked = file_->is_open() && error == EWOULDBLOCK;
        say_on_standard_error("cannot %s \"%s\": %s; trying again", file_->is_open() ? "write" : "open",
                              file_->path().c_str(),
                              is_locked ? "another process holds its lock" : std::strerror(error));
    }

    std::unique_ptr<rotating_file> file_{};
    text_buffer batch_{};
    bool is_failing_ = false, must_keep_ = false;
    std::uint64_t missing_ = 0;
    counters counters_{};
};

}  // namespace logkit::detail
