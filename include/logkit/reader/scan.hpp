// SPDX-License-Identifier: MIT
#pragma once

// Logs read on all cores: each thread makes something of each block, and one place gets these in the order of the
// files. Reader. Memory is bounded: a block and a result for each thread.

#include <algorithm>
#include <compare>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
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
#include <logkit/reader/query.hpp>

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

template <class Visit>
void for_each_line_backward(std::string_view text, Visit&& visit) {
    std::vector<std::pair<std::string_view, std::size_t>> lines;
    for_each_line(text, [&](std::string_view line, std::size_t offset) { lines.emplace_back(line, offset); });
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) visit(line->first, line->second);
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

}  // namespace detail

// Where a record stands. Places order records as the files do.
struct place {
    std::size_t file = 0;
    std::uint64_t offset = 0;  // of the line in the (decompressed) file
    friend auto operator<=>(place const&, place const&) = default;
};

// Backwards, the files are read from their end, and a block's records come as the last one first.
enum class direction : std::uint8_t { forward, backward };

struct scan_options {
    direction way = direction::forward;                      // backward needs plain files (log_file::make_plain)
    unsigned threads = 0;                                    // 0: one for each core, at most 16
    std::function<void(std::uint64_t bytes)> on_progress{};  // so many bytes are done; on one thread at a time

    [[nodiscard]] unsigned thread_count() const {
        return threads != 0 ? threads : std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
    }
};

struct scan_report {
    line_counts counts;
    read_report read;
};

// Runs work(thread, block) → Result for each block, on several threads, and consume(Result&&, block) on one at a time,
// in the order of the blocks, until it returns false. An exception of either stops all and is rethrown; log_file_error
// where a file cannot be read at all.
template <class Result, class Work, class Consume>
read_report scan_blocks(std::vector<log_file> const& files, scan_options const& options, Work&& work,
                        Consume&& consume) {
    const std::unique_ptr<detail::block_reader> reader =
        options.way == direction::forward
            ? std::unique_ptr<detail::block_reader>(std::make_unique<detail::forward_reader>(files))
            : std::make_unique<detail::backward_reader>(files);
    std::mutex reading, consuming;
    std::condition_variable turn_has_come;
    std::uint64_t turn = 0, bytes = 0;
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
                    if (is_over || !reader->next(current)) return;
                }
                Result result = work(thread, std::as_const(current));
                {
                    std::unique_lock lock(consuming);
                    turn_has_come.wait(lock, [&] { return is_over || turn == current.number; });
                    if (is_over) return;
                    if (options.on_progress) options.on_progress(bytes += current.size);
                    if (consume(std::move(result), std::as_const(current))) {
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
    for (unsigned i = 1; i < options.thread_count(); ++i) others.emplace_back(run, i);
    run(0);
    for (std::thread& other : others) other.join();
    if (failure != nullptr) std::rethrow_exception(failure);
    return reader->report();
}

// For each block: Result result{}; see(thread, result, entry, place) for each wanted record, on one of several threads;
// then consume(Result&&) in the order of the files, on one thread at a time, until it returns false. The entry is valid
// during the call. Throws as scan_blocks does.
template <class Result, class See, class Consume>
scan_report scan_logs(std::vector<log_file> const& files, query const& wanted, scan_options const& options, See&& see,
                      Consume&& consume) {
    std::vector<detail::line_reader> readers;
    for (unsigned i = 0; i < options.thread_count(); ++i) readers.emplace_back(options.way == direction::backward);
    scan_report all;
    all.read = scan_blocks<Result>(
        files, options,
        [&](unsigned thread, block const& lines) {
            Result result{};
            const auto take = [&](std::string_view line, std::size_t offset) {
                if (!wanted.may_match(line)) return readers[thread].pass_over(line);
                readers[thread].read(line, [&](entry const& e) {
                    if (wanted.matches(e)) see(thread, result, e, place{lines.file, lines.offset + offset});
                });
            };
            if (options.way == direction::forward)
                detail::for_each_line(lines.text(), take);
            else
                detail::for_each_line_backward(lines.text(), take);
            return result;
        },
        [&](Result&& result, block const&) { return consume(std::move(result)); });
    for (detail::line_reader const& reader : readers) all.counts += reader.counts();
    return all;
}

}  // namespace logkit
