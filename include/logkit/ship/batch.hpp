// SPDX-License-Identifier: MIT
#pragma once

// From bytes of a log to the lines of one request. Stage: ship. Pure: no file, no clock.
//
// Lines go as they are. What is no line is passed over: blank ones, a byte order mark, runs of NUL (which also end a
// line: a crash leaves them in front of the next one). Ill-formed UTF-8 becomes U+FFFD. Where the body is not the
// stream's bytes to the letter, `is_exact` is false, and the request must name the end of what it stands for.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/base/bytes.hpp>
#include <logkit/base/utf8.hpp>
#include <logkit/redact/line_masker.hpp>
#include <logkit/ship/batch_limits.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace logkit::detail {

// Is there neither a NUL nor a byte beyond ASCII?
[[nodiscard]] inline bool is_plain_text(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    for (; end - at >= 16; at += 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        if (_mm_movemask_epi8(_mm_or_si128(block, _mm_cmpeq_epi8(block, zero))) != 0) return false;
    }
#endif
    for (; at != end; ++at)
        if (*at <= 0) return false;  // char is signed here
    return true;
}
[[nodiscard]] inline bool is_well_formed(std::string_view text) noexcept {
    while (!text.empty()) {
        if (text.size() >= 8 && (load<std::uint64_t>(text.data()) & 0x8080808080808080) == 0) {
            text.remove_prefix(8);
            continue;
        }
        const int n = utf8_sequence(reinterpret_cast<const unsigned char*>(text.data()), text.size());
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}
[[nodiscard]] inline bool is_blank(std::string_view line) noexcept {
    return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}
// UTF-16, by its byte order mark or by an ASCII character in each of its first pairs.
[[nodiscard]] inline bool is_utf16(std::string_view start) noexcept {
    if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) return true;
    if (start.size() < 8) return false;
    const auto has_ascii_at = [&](std::size_t text, std::size_t zero) {
        for (std::size_t i = 0; i < 8; i += 2)
            if (start[i + text] <= 0 || start[i + zero] != 0) return false;
        return true;
    };
    return has_ascii_at(0, 1) || has_ascii_at(1, 0);
}

// What lines were made of some bytes of a log.
struct cut_lines {
    std::size_t consumed = 0;  // bytes of the log that `body` stands for
    bool is_exact = true;
    std::string_view body{};                     // the log's bytes themselves
    std::string mended{};                        // in their place, where they are not exact
    std::uint64_t records = 0, passed_over = 0;  // lines; what was no line
    bool is_too_long = false;                    // the line behind it
};

// Where the bytes stand in their file.
struct cut_place {
    bool is_start = false;    // they are the file's first
    bool is_end = false;      // the file has no more for now
    bool takes_rest = false;  // nor will it ever: a last line without its end is one, too
};

class line_cutter {
  public:
    // `bytes` begins at a line. Secrets are masked by `hidden`; null: everything goes.
    [[nodiscard]] static cut_lines cut(std::string_view bytes, batch_limits limits, cut_place place,
                                       redactor* hidden = nullptr) {
        line_cutter cutter(bytes, limits, place, hidden);
        return cutter.run();
    }

  private:
    line_cutter(std::string_view bytes, batch_limits limits, cut_place place, redactor* hidden)
        : bytes_(bytes), limits_(limits), place_(place) {
        if (hidden != nullptr) masker_.emplace(*hidden, bytes);
    }

    [[nodiscard]] cut_lines run() {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (place_.is_start && bytes_.starts_with(byte_order_mark)) pass_over(byte_order_mark.size());
        while (done_.consumed < bytes_.size() && (done_.records < limits_.records || is_in_key()) && take_line()) {
        }
        if (done_.is_exact) done_.body = bytes_.substr(0, done_.consumed);
        return std::move(done_);
    }

    // False: the batch is over.
    [[nodiscard]] bool take_line() {
        const std::string_view rest = bytes_.substr(done_.consumed);
        if (rest.front() == '\0') {
            const std::size_t zeros = zeros_at(rest, 0);
            if (zeros == 0) return false;
            pass_over(zeros);
            return true;
        }
        const void* const newline = std::memchr(rest.data(), '\n', rest.size());
        bool has_end = newline != nullptr;
        std::string_view line =
            has_end ? rest.substr(0, static_cast<std::size_t>(static_cast<const char*>(newline) - rest.data())) : rest;
        const bool is_plain = is_plain_text(line);
        if (const std::size_t zero = is_plain ? line.npos : line.find('\0'); zero != line.npos) {
            if (zeros_at(rest, zero) == 0) return false;
            line = line.substr(0, zero);
            has_end = false;
        } else if (!has_end && !place_.takes_rest) {
            return false;
        }
        if (line.size() > longest_shipped_line) {
            done_.is_too_long = true;
            return false;
        }
        const std::size_t taken = line.size() + (has_end ? 1 : 0);
        if (is_blank(line)) {
            pass_over(taken);
            return true;
        }
        if (done_.records != 0 && body_size() + taken > limits_.bytes && !is_in_key()) return false;
        const bool is_masked = masker_.has_value() && masker_->mask(done_.consumed, line);
        const bool is_good = !is_masked && (is_plain || is_well_formed(line));
        if (!has_end || !is_good) stop_being_exact();
        if (!done_.is_exact) append(is_masked ? masker_->masked() : line, is_good);
        done_.consumed += taken;
        ++done_.records;
        return true;
    }

    // A key goes into one batch: of the rest of it alone nobody could tell what it is.
    [[nodiscard]] bool is_in_key() const noexcept { return masker_.has_value() && masker_->is_in_key(done_.consumed); }

    // How many zeros stand there; 0 where their writer may yet fill them with something.
    [[nodiscard]] std::size_t zeros_at(std::string_view text, std::size_t at) const noexcept {
        const std::size_t end = text.find_first_not_of('\0', at);
        if (end == text.npos) return place_.is_end && !place_.takes_rest ? 0 : text.size() - at;
        return end - at;
    }
    [[nodiscard]] std::size_t body_size() const noexcept {
        return done_.is_exact ? done_.consumed : done_.mended.size();
    }
    void stop_being_exact() {
        if (!done_.is_exact) return;
        done_.is_exact = false;
        done_.mended.assign(bytes_.substr(0, done_.consumed));
    }
    void pass_over(std::size_t n) {
        stop_being_exact();
        done_.consumed += n;
        ++done_.passed_over;
    }
    void append(std::string_view line, bool is_good) {
        if (is_good) {
            done_.mended += line;
        } else {
            while (!line.empty()) done_.mended += take_utf8(line);
        }
        done_.mended += '\n';
    }

    std::string_view bytes_;
    batch_limits limits_;
    cut_place place_;
    std::optional<line_masker> masker_{};
    cut_lines done_{};
};

}  // namespace logkit::detail
