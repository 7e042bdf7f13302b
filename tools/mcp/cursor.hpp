// SPDX-License-Identifier: MIT
#pragma once

// Where an answer goes on. As text for an agent, to be given back as it is:
//
//   SKIP.NOW.QUESTION.END[.END]...
//     SKIP      so many items have been told
//     NOW       when it was asked first, in nanoseconds since 1970: ages ("10m") count from then
//     QUESTION  a hash of the other arguments, so that a cursor is not taken for another question's
//     END       of each log, its newest file then: INODE-SIZE-COUNT-HASH. What is written since is not looked at. HASH
//     is
//               of the inodes and the first bytes of the COUNT files that the log had
//
// So pages fit together while the log grows and is rotated. When a file of then has been packed, cut or removed since,
// that is said.

#include <logkit/reader.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mcp {

struct cursor {
    std::uint64_t skip = 0;
    std::int64_t now_ns = 0;
    std::string question{};
    std::vector<std::string> ends{};

    // Throws insight::question_error.
    [[nodiscard]] static cursor from_text(std::string_view text);
    [[nodiscard]] std::string text() const;

    // The first look: remembers where the files end.
    void remember(std::vector<logkit::log_file> const& files);
    // A later one: leaves of the files what was there then. Throws insight::question_error.
    [[nodiscard]] std::vector<logkit::log_file> apply(std::vector<logkit::log_file> files) const;
};

}  // namespace mcp
