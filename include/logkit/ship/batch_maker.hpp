// SPDX-License-Identifier: MIT
#pragma once

// From the bytes of one file of a log to a batch. Stage: ship. Holes are passed over unread, a line that no server
// takes is told and passed over; a batch never goes over a file's end.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/ship/batch.hpp>
#include <logkit/ship/file_window.hpp>
#include <logkit/ship/position.hpp>

namespace logkit::detail {

// Lines of a log, and where they stand in its stream.
struct ship_batch {
    std::uint64_t position = 0;  // of its first byte for the server: what was set aside or passed over belongs to it
    std::uint64_t begin = 0;     // of its first line
    std::uint64_t end = 0;       // behind its last one
    std::uint64_t records = 0, passed_over = 0;
    bool is_exact = true;   // the body is the stream's bytes from `position` to `end`
    place_sample sample{};  // of the place at its end
    std::size_t place = 0;  // the file it stands in
    std::string reason{};   // of one that is not to be sent: a line that nobody takes; "" for what is no line
    cut_lines lines{};

    // What is sent; until the next batch is made.
    [[nodiscard]] std::string_view body() const noexcept {
        return lines.is_exact ? lines.body : std::string_view{lines.mended};
    }
};

// What a request says of a batch (docs/shipping.md). `gap`: why bytes before it are gone, or "".
[[nodiscard]] inline std::vector<std::string> headers_of(cursor const& c, ship_batch const& batch,
                                                         std::string const& gap, std::string const& api_key) {
    std::vector<std::string> headers{"Content-Type: application/x-ndjson", "Logkit-Stream: " + c.stream,
                                     "Logkit-Position: " + std::to_string(batch.position),
                                     "Logkit-After: " + hex_of(batch.sample.hash)};
    if (!c.mark.empty()) headers.push_back("Logkit-Before: " + c.mark);
    if (!batch.is_exact) headers.push_back("Logkit-End: " + std::to_string(batch.end));
    if (!gap.empty()) headers.push_back("Logkit-Gap: " + gap);
    if (!api_key.empty()) headers.push_back("Authorization: Bearer " + api_key);
    return headers;
}

// How far a file may be read now.
struct readable {
    std::uint64_t end = 0, size = 0;
    bool is_closed = false;  // nobody will write to it again, and a younger file is there
};

class batch_maker {
  public:
    // Of the file in `window`, whose first byte has the position `first`; the server has the stream up to `sent`.
    // Secrets are masked by `hidden`, if there is one.
    batch_maker(file_window& window, std::size_t place, std::uint64_t first, std::uint64_t sent,
                redactor* hidden) noexcept
        : window_(window), place_(place), first_(first), sent_(sent), hidden_(hidden) {}

    // What stands from that offset on, as far as the file may be read. Empty: no whole line. Throws log_file_error.
    [[nodiscard]] std::optional<ship_batch> make(std::uint64_t offset, readable const& found, batch_limits limits) {
        const std::uint64_t data = std::min(window_.next_data(offset), found.end);
        if (data > offset + longest_sample) {  // a hole is passed over unread
            if (data == found.end && !found.is_closed) return std::nullopt;
            return passed_over(offset, data, "");
        }
        const std::uint64_t there = found.end - offset;
        constexpr std::uint64_t slack = 64 * 1024;
        for (std::uint64_t wanted = limits.bytes + slack;; wanted = longest_shipped_line + slack) {
            const std::string_view bytes = window_.at(offset, static_cast<std::size_t>(std::min(wanted, there)));
            const bool is_all = bytes.size() == there;
            if (offset == 0 && is_utf16(bytes)) {
                throw log_file_error(window_.path() + ": is UTF-16, which is not shipped; have its writer write UTF-8");
            }
            cut_lines lines =
                line_cutter::cut(bytes, limits, {offset == 0, is_all, is_all && found.is_closed}, hidden_);
            if (lines.records != 0) return with_lines(offset, std::move(lines));
            if (lines.consumed != 0 && (found.is_closed || !is_all || lines.is_too_long))
                return passed_over(offset, offset + lines.consumed, "");
            if (lines.is_too_long || (!is_all && wanted > longest_shipped_line)) return too_long(offset, found);
            if (is_all) return std::nullopt;
        }
    }

  private:
    [[nodiscard]] ship_batch with_lines(std::uint64_t offset, cut_lines&& lines) {
        ship_batch batch;
        batch.place = place_;
        batch.position = sent_;
        batch.begin = first_ + offset;
        batch.end = batch.begin + lines.consumed;
        batch.records = lines.records;
        batch.passed_over = lines.passed_over;
        batch.is_exact = lines.is_exact && batch.position == batch.begin;
        batch.lines = std::move(lines);
        sample_end(batch, offset + batch.lines.consumed);
        return batch;
    }
    // Reading the sample would move the lines, which are the window's bytes.
    void sample_end(ship_batch& batch, std::uint64_t end) {
        const std::string_view taken = batch.lines.body;
        if (taken.size() >= longest_sample) {
            batch.sample = {end - longest_sample, longest_sample,
                            hash_text(taken.substr(taken.size() - longest_sample))};
            return;
        }
        if (batch.lines.is_exact) batch.lines.mended.assign(taken);  // a short one: a copy is cheap
        batch.lines.is_exact = false;
        batch.sample = window_.sample_at(end);
    }
    [[nodiscard]] ship_batch passed_over(std::uint64_t offset, std::uint64_t end, std::string reason) {
        ship_batch batch;
        batch.place = place_;
        batch.position = sent_;
        batch.begin = first_ + offset;
        batch.end = first_ + end;
        batch.is_exact = false;
        batch.passed_over = 1;
        batch.reason = std::move(reason);
        batch.sample = window_.sample_at(end);
        return batch;
    }
    // A line that no server takes: its end is looked for, and no more of it than its beginning is kept.
    [[nodiscard]] std::optional<ship_batch> too_long(std::uint64_t offset, readable const& found) {
        constexpr std::size_t block = 1U << 20, kept = 64 * 1024;
        std::string beginning(window_.at(offset, kept));
        std::optional<std::uint64_t> end;
        for (std::uint64_t at = offset + kept; at < found.end && !end.has_value(); at += block) {
            const std::string_view bytes =
                window_.at(at, static_cast<std::size_t>(std::min<std::uint64_t>(block, found.end - at)));
            if (const std::size_t newline = bytes.find('\n'); newline != bytes.npos) end = at + newline + 1;
        }
        if (!end.has_value() && !found.is_closed) return std::nullopt;
        ship_batch batch =
            passed_over(offset, end.value_or(found.end), "a line of more than 16 MiB; this is its beginning");
        batch.lines.mended = std::move(beginning);
        return batch;
    }

    file_window& window_;
    std::size_t place_;
    std::uint64_t first_, sent_;
    redactor* hidden_;
};

}  // namespace logkit::detail
