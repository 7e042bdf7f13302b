// SPDX-License-Identifier: MIT
#pragma once

// Lines as they are written to files that go on living: through rotation, truncation, and a file's absence.

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
// so that a record that is half written will be read whole.
[[nodiscard]] std::vector<follow_point> follow_points(std::vector<logkit::log_file> const& files);

// Calls visit for each record behind these points, as it comes; until the process is told to end (SIGINT, SIGTERM).
void follow(std::vector<follow_point> const& from, std::function<void(logkit::entry const&)> const& visit);

// The same for one file, a step at a time, for those who have other things to do meanwhile.
class follower {
  public:
    explicit follower(follow_point from);
    follower(follower&&) noexcept;
    ~follower();
    // What has come since the last time.
    void read(std::function<void(logkit::entry const&)> const& visit);

  private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace tool
