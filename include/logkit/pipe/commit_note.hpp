// SPDX-License-Identifier: MIT
#pragma once

// What must be known of a batch of lines so that each of its records is in the file exactly once, wherever
// the process dies: noted before the write, and looked at by recovery (docs/durability.md). Stage: pipe.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace logkit::detail {

struct channel;

// A range of bytes in a file: where a batch stands or will stand, and by what it is known there. (Its
// beginning has a time and a trace id; what was written of it is always a beginning of it.)
struct file_place {
    static constexpr std::size_t head_size = 160, tail_size = 64;

    std::uint64_t device = 0, inode = 0, offset = 0, length = 0;
    char head[head_size] = {}, tail[tail_size] = {};

    file_place() = default;
    file_place(std::uint64_t dev, std::uint64_t ino, std::uint64_t at, std::string_view lines) noexcept
        : device(dev), inode(ino), offset(at), length(lines.size()) {
        if (lines.empty()) return;
        std::memcpy(head, lines.data(), length < head_size ? length : head_size);
        const std::size_t n = length < tail_size ? length : tail_size;
        std::memcpy(tail, lines.data() + lines.size() - n, n);
    }
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
