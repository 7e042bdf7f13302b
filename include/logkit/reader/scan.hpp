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

#include <logkit/reader/blocks.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/log_file.hpp>
#include <logkit/reader/query.hpp>
#include <logkit/reader/record_reader.hpp>

namespace logkit {

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

// The blocks of these files; they stay as long.
[[nodiscard]] inline std::unique_ptr<detail::block_reader> blocks_of(std::vector<log_file> const& files,
                                                                     direction way) {
    if (way == direction::forward) return std::make_unique<detail::forward_reader>(files);
    return std::make_unique<detail::backward_reader>(files);
}

// Runs work(thread, block) → Result for each block, on several threads, and consume(Result&&, block) on one at a time,
// in the order of the blocks, until it returns false. An exception of either stops all and is rethrown; log_file_error
// where a file cannot be read at all.
template <class Result, class Work, class Consume>
read_report scan_blocks(detail::block_reader& reader, scan_options const& options, Work&& work, Consume&& consume) {
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
                    if (is_over || !reader.next(current)) return;
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
    return reader.report();
}

// For each block: Result result{}; see(thread, result, entry, place) for each wanted record, on one of several threads;
// then consume(Result&&) in the order of the files, on one thread at a time, until it returns false. The entry is valid
// during the call. Throws as scan_blocks does.
template <class Result, class See, class Consume>
scan_report scan_logs(detail::block_reader& blocks, query const& wanted, scan_options const& options, See&& see,
                      Consume&& consume) {
    std::vector<record_reader> readers;
    for (unsigned i = 0; i < options.thread_count(); ++i) readers.emplace_back(options.way == direction::backward);
    scan_report all;
    all.read = scan_blocks<Result>(
        blocks, options,
        [&](unsigned thread, block const& lines) {
            Result result{};
            readers[thread].read(lines.text(), wanted, [&](entry const& e, std::size_t offset) {
                see(thread, result, e, place{lines.file, lines.offset + offset});
            });
            return result;
        },
        [&](Result&& result, block const&) { return consume(std::move(result)); });
    for (record_reader const& reader : readers) all.counts += reader.counts();
    all.counts.records += all.read.passed_over;
    return all;
}
template <class Result, class See, class Consume>
scan_report scan_logs(std::vector<log_file> const& files, query const& wanted, scan_options const& options, See&& see,
                      Consume&& consume) {
    return scan_logs<Result>(*blocks_of(files, options.way), wanted, options, std::forward<See>(see),
                             std::forward<Consume>(consume));
}

}  // namespace logkit
