// SPDX-License-Identifier: MIT
#pragma once

// Records as they are written to files that go on living. What it promises: nothing is missed and nothing is shown
// twice
//   - when a file is renamed and its writer goes on with it for a while: both are read, the older one first;
//   - when several rotations lie between two looks: the files in between are read, in order;
//   - when a file is truncated, also when it has become longer than before since: what stood before the place that was
//     reached is compared;
//   - when a file appears later, or a new one matches a pattern.
// A text of several lines, and a record over several, is given once it is whole, or nothing more has come for a moment.

#include "input/growing_file.hpp"

#include <logkit/reader.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tool {

// Where a file stood when it was opened.
struct follow_point {
    std::string path;
    int fd = -1;  // of the open file, taken over; -1: there is none yet
    std::uint64_t offset = 0;
};

// Those of the files that may still grow: plain ones that were not rotated away. They begin behind the last line's end,
// and the files are cut there: so a record that is half written will be read once, and whole.
[[nodiscard]] std::vector<follow_point> follow_points(std::vector<logkit::log_file>& files);

// One log, a step at a time, for those who have other things to do meanwhile.
class follower {
  public:
    explicit follower(follow_point from);
    follower(follower&&) noexcept;
    ~follower();
    // What has come since the last time.
    void read(record_visitor const& visit);
    // All that is there: nothing more will come.
    void finish(record_visitor const& visit);
    // Is this one of the files that it reads?
    [[nodiscard]] bool has_file(struct stat const& file) const noexcept;
    [[nodiscard]] std::string const& path() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

// Calls visit for each record behind these points, and for those of files that will appear under these names (paths,
// patterns), as they come; until the process is told to end (SIGINT, SIGTERM).
void follow(std::vector<std::string> const& names, std::vector<follow_point> const& from, record_visitor const& visit);

}  // namespace tool
