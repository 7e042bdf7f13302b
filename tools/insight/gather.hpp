// SPDX-License-Identifier: MIT
#pragma once

// What is looked at, and the ways to go through it.
//
// The rooms of tools/insight say what a log says. They know no terminal, no command line and no HTTP: the command, a
// server and an agent's tools call them alike, and say in their own way what they return or throw.

#include <logkit/reader.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace insight {

using logkit::direction;
using logkit::place;
using logkit::scan_report;

// A question that has no answer as it was asked; the message says what to ask instead.
class question_error : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

// Where records come from, which of them are wanted, and who wants to know how far the reading is.
struct source {
    // Opened anew for each question, which may be about others than `wanted`.
    using opener = std::function<std::unique_ptr<logkit::detail::block_reader>(direction, logkit::query const&)>;
    opener open;
    logkit::query wanted{};
    std::function<void(std::uint64_t bytes)> on_progress{};

    // Files, which stay as long.
    [[nodiscard]] static source of(std::vector<logkit::log_file> const& files, logkit::query wanted = {},
                                   std::function<void(std::uint64_t)> on_progress = {}) {
        return {[&files](direction way, logkit::query const&) { return logkit::blocks_of(files, way); },
                std::move(wanted), std::move(on_progress)};
    }
    [[nodiscard]] logkit::scan_options options(direction way = direction::forward) const {
        return {way, 0, on_progress};
    }
    // The same records for another question.
    [[nodiscard]] source with(logkit::query other) const { return {open, std::move(other), on_progress}; }
};

[[nodiscard]] inline unsigned thread_count() {
    return logkit::scan_options{}.thread_count();
}

// logkit::scan_logs of a source.
template <class Result, class See, class Consume>
scan_report gather(source const& from, direction way, See&& see, Consume&& consume) {
    const auto blocks = from.open(way, from.wanted);
    return logkit::scan_logs<Result>(*blocks, from.wanted, from.options(way), std::forward<See>(see),
                                     std::forward<Consume>(consume));
}

// Where the order does not matter: one State a thread, merged at the end. State has see(entry, place) and
// merge(State&&).
template <class State>
State gather_all(source const& from, scan_report& scanned, State const& empty = {}) {
    struct nothing {};
    std::vector<State> states(thread_count(), empty);
    scanned = gather<nothing>(
        from, direction::forward,
        [&](unsigned thread, nothing&, logkit::entry const& e, place at) { states[thread].see(e, at); },
        [](nothing) { return true; });
    for (std::size_t i = 1; i < states.size(); ++i) states[0].merge(std::move(states[i]));
    return std::move(states[0]);
}

}  // namespace insight
