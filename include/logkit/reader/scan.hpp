// SPDX-License-Identifier: MIT
#pragma once

// Blocks worked on by several threads, results handed over in the order of the files. Reader.

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <logkit/base/text_parts.hpp>
#include <logkit/reader/blocks.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/log_file.hpp>
#include <logkit/reader/otlp.hpp>

namespace logkit {

// What a scan met.
struct line_counts {
    std::uint64_t records = 0;
    std::uint64_t mended = 0;      // lines whose damage could be mended
    std::uint64_t unreadable = 0;  // lines that are not a JSON object
    line_counts& operator+=(line_counts const& other) noexcept {
        records += other.records;
        mended += other.mended;
        unreadable += other.unreadable;
        return *this;
    }
};

namespace detail {

// Calls visit(line, offset in the block) for each line that is not blank.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
    const char* const begin = text.data();
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        const auto offset = static_cast<std::size_t>(line.data() - begin);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") != std::string_view::npos) visit(line, offset);
    }
}

// Lines → entries, with their counts. One for each thread, on cache lines of its own: it is written for each line.
class alignas(128) line_reader {
  public:
    // `is_backward`: of several records in one line, the last comes first.
    explicit line_reader(bool is_backward = false) noexcept : is_backward_(is_backward) {}

    // Calls visit(entry) for the record of the line, or for each of them if it is one of OTLP; false if there is none.
    template <class Visit>
    bool read(std::string_view line, Visit&& visit) {
        if (is_otlp_line(line) && read_otlp(line, visit)) return true;
        const line_state state = parser_.parse(line);
        if (state == line_state::unreadable) {
            ++counts_.unreadable;
            return false;
        }
        if (state == line_state::mended) ++counts_.mended;
        ++counts_.records;
        visit(parser_.entry());
        return true;
    }
    // Counts a line that is not parsed because it cannot be wanted.
    void pass_over(std::string_view line) noexcept {
        const std::size_t last = line.find_last_not_of(" \t");
        if (line.front() == '{' && last != std::string_view::npos && line[last] == '}')
            ++counts_.records;
        else
            ++counts_.unreadable;
    }
    [[nodiscard]] line_counts const& counts() const noexcept { return counts_; }

  private:
    template <class Visit>
    bool read_otlp(std::string_view line, Visit&& visit) {
        if (otlp_ == nullptr) otlp_ = std::make_unique<otlp_converter>();
        std::vector<std::string> lines = otlp_->convert(line);
        if (is_backward_) std::reverse(lines.begin(), lines.end());
        for (std::string const& converted : lines) {
            if (parser_.parse_copy(converted) == line_state::unreadable) continue;
            ++counts_.records;
            visit(parser_.entry());
        }
        return !lines.empty();
    }

    bool is_backward_;
    line_parser parser_;
    std::unique_ptr<otlp_converter> otlp_;
    line_counts counts_;
};

// Runs work(thread, block) → result for each block on so many threads, and consume(result, block) on one at a time,
// in the order of the blocks, until it returns false. An exception of either stops all and is rethrown.
template <class Result, class Work, class Consume>
void scan_blocks(block_reader& reader, unsigned threads, Work&& work, Consume&& consume) {
    std::mutex reading, consuming;
    std::condition_variable turn_has_come;
    std::uint64_t turn = 0;
    bool is_over = false;  // under both locks when written, either when read
    std::exception_ptr failure;
    const auto stop = [&](std::exception_ptr why) {
        const std::scoped_lock lock(reading, consuming);
        is_over = true;
        if (failure == nullptr) failure = std::move(why);
        turn_has_come.notify_all();
    };
    const auto run = [&](unsigned thread) {
        block current;
        try {
            while (true) {
                {
                    const std::lock_guard lock(reading);
                    if (is_over || !reader.next(current)) return;
                }
                Result result = work(thread, current);
                {
                    std::unique_lock lock(consuming);
                    turn_has_come.wait(lock, [&] { return is_over || turn == current.number; });
                    if (is_over) return;
                    if (consume(std::move(result), current)) {
                        ++turn;
                        turn_has_come.notify_all();
                        continue;
                    }
                }
                return stop(nullptr);  // nobody consumes in between: the turn stays
            }
        } catch (...) {
            stop(std::current_exception());
        }
    };
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(run, i);
    run(0);
    for (std::thread& other : others) other.join();
    if (failure != nullptr) std::rethrow_exception(failure);
}

}  // namespace detail
}  // namespace logkit
