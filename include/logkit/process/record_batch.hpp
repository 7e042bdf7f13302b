// SPDX-License-Identifier: MIT
#pragma once

// The records of one batch, and their lines, with all that they point to: for sinks, which get them when the file has
// them, and take the time that they take. Stage: process.

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
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

}  // namespace logkit::detail
