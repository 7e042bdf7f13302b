// SPDX-License-Identifier: MIT
#pragma once

// Numbers and texts as a footer has them. Numbers lie as in memory: little-endian machines only, as the journal. A
// varint is LEB128, as Protocol Buffers have it; a signed one in their zigzag form.

#include <logkit/base/bytes.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace serve {

class byte_writer {
  public:
    explicit byte_writer(std::string& to) noexcept : to_(to) {}
    template <class Number>
    void number(Number n) {
        to_.append(logkit::detail::bytes_of(n));
    }
    void varint(std::uint64_t n) {
        for (; n >= 0x80; n >>= 7) to_ += static_cast<char>(n | 0x80);
        to_ += static_cast<char>(n);
    }
    void signed_varint(std::int64_t n) {
        varint(static_cast<std::uint64_t>(n) << 1 ^ static_cast<std::uint64_t>(n >> 63));
    }
    void text(std::string_view t) {
        number(static_cast<std::uint32_t>(t.size()));
        to_.append(t);
    }
    void bytes(std::string_view b) { to_.append(b); }
    [[nodiscard]] std::size_t size() const noexcept { return to_.size(); }

  private:
    std::string& to_;
};

// Reads what may be damaged: whoever reads beyond the end gets zeros, and is_broken().
class byte_reader {
  public:
    explicit byte_reader(std::string_view from) noexcept : from_(from) {}
    template <class Number>
    [[nodiscard]] Number number() noexcept {
        if (!has(sizeof(Number))) return {};
        const auto n = logkit::detail::load<Number>(from_.data());
        from_.remove_prefix(sizeof(Number));
        return n;
    }
    [[nodiscard]] std::uint64_t varint() noexcept {
        std::uint64_t n = 0;
        for (unsigned shift = 0; shift < 64 && has(1); shift += 7) {
            const auto byte = static_cast<unsigned char>(from_.front());
            from_.remove_prefix(1);
            n |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return n;
        }
        is_broken_ = true;
        return 0;
    }
    [[nodiscard]] std::int64_t signed_varint() noexcept {
        const std::uint64_t n = varint();
        return static_cast<std::int64_t>(n >> 1 ^ (~(n & 1) + 1));
    }
    [[nodiscard]] std::string text() { return bytes(number<std::uint32_t>()); }
    [[nodiscard]] std::string bytes(std::size_t size) {
        if (!has(size)) return {};
        std::string b(from_.substr(0, size));
        from_.remove_prefix(size);
        return b;
    }
    [[nodiscard]] std::size_t left() const noexcept { return from_.size(); }
    [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }

  private:
    [[nodiscard]] bool has(std::size_t size) noexcept {
        if (from_.size() >= size) return true;
        is_broken_ = true;
        from_ = {};
        return false;
    }
    std::string_view from_;
    bool is_broken_ = false;
};

}  // namespace serve
