// SPDX-License-Identifier: MIT
#pragma once

// Places in a log that is shipped. Stage: ship.
//
// A log is one stream of bytes across its rotations: a position counts the bytes since the stream began, and each file
// of the log has a first position. A place in a file is known again by the file's device and inode and by a sample: a
// hash of what stands before it.
//
//   stream   0 ......... 10485760 ......... 20971520 ....
//   files    run.log.2   | run.log.1        | run.log      (each: device, inode, first position, size, path)
//                              ▲ position: file 1, offset = position − first

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/base/hex.hpp>
#include <logkit/base/random.hpp>

namespace logkit::detail {

inline constexpr std::size_t longest_sample = 4096;

// Some bytes of a file, by which it is known again. An empty one fits every file.
struct place_sample {
    std::uint64_t from = 0, length = 0, hash = 0;
    friend bool operator==(place_sample const&, place_sample const&) noexcept = default;
};

struct seen_file {
    file_identity identity{};
    std::uint64_t first = 0;  // the position of its first byte
    std::uint64_t size = 0;   // uncompressed, as far as it is known
    std::string path{};
};

[[nodiscard]] inline std::string hex_of(std::uint64_t value) {
    std::string text(16, '0');
    write_hex(text.data(), value);
    return text;
}
// A name that no other stream has: 32 hexadecimal digits.
[[nodiscard]] inline std::string new_stream_name() {
    id_generator ids;
    return hex_of(ids.next()) + hex_of(ids.next());
}

// What is kept between two runs of a shipper (ship/cursor_file.hpp).
struct cursor {
    std::string stream{};
    std::uint64_t position = 0;  // everything before it is at the server, or has been set aside
    std::uint64_t sent = 0;  // up to where the server has the stream: what lies between was set aside or passed over
    std::string mark{};      // the hash that the server was given with `sent`
    place_sample sample{};   // of the place that belongs to `position`
    std::size_t place = 0;   // the file of that place, in `files`
    std::vector<seen_file> files{};  // the oldest first
    std::uint64_t spool_mb = 1024;
    std::string machine{}, log{};   // where it was written: a copy on another machine is another stream
    std::string answer{}, error{};  // the server's last one, the last trouble; each with its time in front

    [[nodiscard]] bool has_place() const noexcept { return place < files.size(); }
    [[nodiscard]] seen_file const& file() const noexcept { return files[place]; }
    [[nodiscard]] std::uint64_t offset() const noexcept { return has_place() ? position - file().first : 0; }
};

}  // namespace logkit::detail
