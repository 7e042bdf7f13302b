// SPDX-License-Identifier: MIT
#pragma once

// A growing char buffer which does not clear what it is about to be overwritten: std::string's resize would
// cost the backend a quarter of its time. Base.

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace logkit::detail {

class text_buffer {
  public:
    text_buffer() noexcept = default;
    text_buffer(text_buffer const&) = delete;
    text_buffer& operator=(text_buffer const&) = delete;
    ~text_buffer() { std::free(data_); }

    // Room for n more bytes; the caller writes there, then says with `end_at` how far it came.
    [[nodiscard]] char* room_for(std::size_t n) {
        if (capacity_ - size_ < n) [[unlikely]]
            grow(n);
        return data_ + size_;
    }
    void end_at(char const* end) noexcept { size_ = static_cast<std::size_t>(end - data_); }

    void append(std::string_view text) {
        std::memcpy(room_for(text.size() + 1), text.data(), text.size());
        size_ += text.size();
    }

    void clear() noexcept { size_ = 0; }
    void truncate(std::size_t size) noexcept { size_ = size; }
    // Gives memory back after an unusually large record.
    void shrink_to(std::size_t capacity) noexcept {
        if (capacity_ <= capacity || size_ > capacity) return;
        if (void* smaller = std::realloc(data_, capacity)) {
            data_ = static_cast<char*>(smaller);
            capacity_ = capacity;
        }
    }

    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }

  private:
    [[gnu::noinline]] void grow(std::size_t n) {
        const std::size_t wanted = size_ + n > 2 * capacity_ ? size_ + n : 2 * capacity_;
        void* larger = std::realloc(data_, wanted);
        if (larger == nullptr) throw std::bad_alloc();
        data_ = static_cast<char*>(larger);
        capacity_ = wanted;
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace logkit::detail
