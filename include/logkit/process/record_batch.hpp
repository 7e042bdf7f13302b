// SPDX-License-Identifier: MIT
#pragma once

// The records of one batch, and their lines, with all that they point to: for sinks, which get them when the file has
// them, and take the time that they take. Stage: process.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/process/record.hpp>

namespace logkit::detail {

class record_batch {
  public:
    struct entry {
        record content;
        std::string_view line;
    };

    // Throws when memory is out; then the batch is as it was.
    void add(record const& from, std::string_view line) {
        const auto keep = [this](std::string_view text) { return keep_text(text); };
        entry added{from.copy_with(keep), keep(line)};
        entries_.push_back(std::move(added));
    }

    [[nodiscard]] std::vector<entry> const& entries() const noexcept { return entries_; }
    [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }
    // What it holds, in bytes.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    static constexpr std::size_t first_chunk = 1024, later_chunk = 16 * 1024;  // many batches are of one record

    [[nodiscard]] std::string_view keep_text(std::string_view text) {
        if (text.empty()) return {};
        if (free_ < text.size()) {
            const std::size_t usual = chunks_.empty() ? first_chunk : later_chunk;
            const std::size_t wanted = text.size() < usual ? usual : text.size();
            chunks_.push_back(std::make_unique_for_overwrite<char[]>(wanted));
            next_ = chunks_.back().get();
            free_ = wanted;
            size_ += wanted;
        }
        char* const kept = next_;
        std::memcpy(kept, text.data(), text.size());
        next_ += text.size();
        free_ -= text.size();
        return {kept, text.size()};
    }

    std::vector<entry> entries_{};
    std::vector<std::unique_ptr<char[]>> chunks_{};
    char* next_ = nullptr;
    std::size_t free_ = 0, size_ = 0;
};

// A batch that several sinks share, each on its own thread. (std::shared_ptr would do, but GCC's looks at both of its
// counts in one word, which ThreadSanitizer does not understand.)
class shared_batch {
  public:
    shared_batch() noexcept = default;
    explicit shared_batch(std::unique_ptr<record_batch> owned) : counted_(new counted{std::move(owned), {1}}) {}
    shared_batch(shared_batch const& other) noexcept : counted_(other.counted_) {
        if (counted_ != nullptr) counted_->references.fetch_add(1, std::memory_order_relaxed);
    }
    shared_batch(shared_batch&& other) noexcept : counted_(std::exchange(other.counted_, nullptr)) {}
    shared_batch& operator=(shared_batch other) noexcept {
        std::swap(counted_, other.counted_);
        return *this;
    }
    ~shared_batch() {
        if (counted_ != nullptr && counted_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete counted_;
    }
    [[nodiscard]] explicit operator bool() const noexcept { return counted_ != nullptr; }
    [[nodiscard]] record_batch const* operator->() const noexcept { return counted_->batch.get(); }

  private:
    struct counted {
        std::unique_ptr<record_batch const> batch;
        std::atomic<std::uint32_t> references;
    };
    counted* counted_ = nullptr;
};

}  // namespace logkit::detail
