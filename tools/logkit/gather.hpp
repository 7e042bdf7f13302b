// SPDX-License-Identifier: MIT
#pragma once

// Reading a selection on all cores: each thread makes something of each block, and one place gets these in order.

#include "options.hpp"
#include "terminal.hpp"

#include <logkit/reader.hpp>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace tool {

// Where a record stands. Places order records as the files do.
struct place {
    std::size_t file = 0;
    std::uint64_t offset = 0;
    friend auto operator<=>(place const&, place const&) = default;
};

struct scan_result {
    logkit::line_counts counts;
    logkit::detail::read_report read;
};

[[nodiscard]] inline unsigned thread_count() {
    return std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
}

// For each block: Result result; see(thread, result, entry, place) for each wanted record; consume(result) in order,
// until it returns false. Backwards, the files are read from their end, and a block's records come as the last one
// first.
enum class direction { forward, backward };

template <class Result, class See, class Consume>
scan_result gather(std::vector<logkit::log_file> const& files, logkit::query const& wanted, direction way, See&& see,
                   Consume&& consume) {
    namespace lk = logkit::detail;
    const unsigned threads = thread_count();
    std::vector<lk::line_reader> readers;
    for (unsigned i = 0; i < threads; ++i) readers.emplace_back(way == direction::backward);
    const std::unique_ptr<lk::block_reader> blocks =
        way == direction::forward ? std::unique_ptr<lk::block_reader>(std::make_unique<lk::forward_reader>(files))
                                  : std::make_unique<lk::backward_reader>(files);
    progress bar(bytes_of(files));
    std::uint64_t read = 0;
    const auto work = [&](unsigned thread, lk::block const& block) {
        Result result{};
        const auto take = [&](std::string_view line, std::size_t offset) {
            if (!wanted.may_match(line)) return readers[thread].pass_over(line);
            readers[thread].read(line, [&](logkit::entry const& e) {
                if (wanted.matches(e)) see(thread, result, e, place{block.file, block.offset + offset});
            });
        };
        if (way == direction::forward) {
            lk::for_each_line(block.text(), take);
        } else {
            std::vector<std::pair<std::string_view, std::size_t>> lines;
            lk::for_each_line(block.text(),
                              [&](std::string_view line, std::size_t offset) { lines.emplace_back(line, offset); });
            for (auto line = lines.rbegin(); line != lines.rend(); ++line) take(line->first, line->second);
        }
        return result;
    };
    lk::scan_blocks<Result>(*blocks, threads, work, [&](Result&& result, lk::block const& block) {
        bar.advance_to(read += block.size);
        return consume(std::move(result));
    });
    scan_result all{{}, blocks->report()};
    for (lk::line_reader const& reader : readers) all.counts += reader.counts();
    return all;
}

// Where the order does not matter: one State a thread, merged at the end. State has see(entry, place) and
// merge(State&&).
template <class State>
State gather_all(std::vector<logkit::log_file> const& files, logkit::query const& wanted, scan_result& scanned,
                 State const& empty = {}) {
    struct nothing {};
    std::vector<State> states(thread_count(), empty);
    scanned = gather<nothing>(
        files, wanted, direction::forward,
        [&](unsigned thread, nothing&, logkit::entry const& e, place at) { states[thread].see(e, at); },
        [](nothing) { return true; });
    for (std::size_t i = 1; i < states.size(); ++i) states[0].merge(std::move(states[i]));
    return std::move(states[0]);
}

}  // namespace tool
