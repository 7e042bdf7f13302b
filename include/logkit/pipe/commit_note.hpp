// SPDX-License-Identifier: MIT
#pragma once

// What must be known of a batch of lines so that each of its records is in the file exactly once, wherever
// the process dies: noted before the write, and looked at by recovery (docs/durability.md). Stage: pipe.

#include <cstdint>
#include <vector>

namespace logkit::detail {

struct channel;

// A range of bytes in a file: where a batch stands or will stand.
struct file_place {
    std::uint64_t device, inode, offset, length;
};

// Where the notes go. Two kinds: a living process's journal is memory; a dead one's is a file.
class commit_log {
  public:
    virtual ~commit_log() = default;
    // The rings hold, in their own words, how far batch `number` will have read them.
    virtual void note_rings(std::vector<channel*> const&) noexcept {}
    virtual void note_place(std::uint64_t number, file_place const& place) noexcept = 0;
    // The batch is in the file, and the rings have been read so far.
    virtual void note_done(std::vector<channel*> const&) noexcept {}
};

// Handed to whoever writes the batch; to be called with its place, before its first byte is written.
struct batch_note {
    commit_log* log = nullptr;
    std::uint64_t number = 0;
    void operator()(file_place const& place) const noexcept {
        if (log != nullptr) log->note_place(number, place);
    }
};

}  // namespace logkit::detail
