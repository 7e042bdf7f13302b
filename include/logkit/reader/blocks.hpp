// SPDX-License-Identifier: MIT
#pragma once

// Files cut into blocks of whole lines, forwards or backwards, so that several threads may work on them and
// memory stays bounded whatever the size of the files. Reader.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/log_file.hpp>
#include <logkit/reader/units.hpp>

namespace logkit {

// What reading files met.
struct read_report {
    std::uint64_t bytes = 0;            // decompressed
    std::uint64_t passed_over = 0;      // records of which it was known that none is wanted
    std::uint64_t too_long = 0;         // lines longer than detail::longest_line, which were passed over
    std::vector<std::string> damage{};  // a text for each file that could not be read to its end
};

namespace detail {

inline constexpr std::size_t block_size = std::size_t{1} << 20;
// A longer line is passed over and counted. A block holds at least one line, so this bounds memory, too.
inline constexpr std::size_t longest_line = std::size_t{16} << 20;

}  // namespace detail

// Some whole lines of a file.
struct block {
    std::uint64_t number = 0;  // in the order of reading
    std::size_t file = 0;
    std::uint64_t offset = 0;  // of its first byte in the (decompressed) file
    std::size_t size = 0;
    std::vector<char> bytes{};  // line_padding more than size

    [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
    void make_room(std::size_t n) {
        if (bytes.size() < n + detail::line_padding) bytes.resize(n + detail::line_padding);
    }
};

namespace detail {

// Whole lines of one file after the other. Not thread-safe: scan_blocks() holds a lock around it.
class block_reader {
  public:
    virtual ~block_reader() = default;
    // False at the end of the last file.
    [[nodiscard]] virtual bool next(block& into) = 0;
    [[nodiscard]] read_report const& report() const noexcept { return report_; }

  protected:
    std::uint64_t number_ = 0;
    read_report report_;
};

class forward_reader final : public block_reader {
  public:
    explicit forward_reader(std::vector<log_file> const& files) : files_(files) {}

    bool next(block& into) override {
        while (true) {
            if (stream_ == nullptr && !open_next()) return false;
            if (fill(into)) {
                into.number = number_++;
                return true;
            }
            stream_.reset();
        }
    }

  private:
    [[nodiscard]] bool open_next() {
        if (next_file_ == files_.size()) return false;
        log_file const& file = files_[next_file_++];
        if (!file.damage().empty()) report_.damage.push_back(file.damage());
        stream_ = file.stream();
        offset_ = 0;
        rest_.clear();
        return true;
    }
    // What can still be read of this file; a damaged one ends where the damage is.
    [[nodiscard]] std::size_t read(char* to, std::size_t n) {
        try {
            const std::size_t got = stream_->read(to, n);
            report_.bytes += got;
            return got;
        } catch (log_file_error const& e) {
            report_.damage.emplace_back(e.what());
            return 0;
        }
    }

    [[nodiscard]] bool fill(block& into) {
        into.make_room(std::max(block_size, rest_.size()));
        std::memcpy(into.bytes.data(), rest_.data(), rest_.size());
        std::size_t have = rest_.size(), searched = 0;
        rest_.clear();
        into.file = next_file_ - 1;
        into.offset = offset_;
        while (true) {
            std::size_t room = into.bytes.size() - line_padding;
            if (have == room) {
                if (have >= longest_line) {
                    have = pass_over_line(into, have);
                    searched = 0;
                    continue;
                }
                into.make_room(room = std::min(2 * room, longest_line));
            }
            const std::size_t got = read(into.bytes.data() + have, room - have);
            have += got;
            if (got == 0) {
                into.size = have;
                break;
            }
            if (have < room && have < block_size && !stream_->is_live()) continue;
            const std::string_view fresh(into.bytes.data() + searched, have - searched);
            const std::size_t end = fresh.rfind('\n');
            searched = have;
            if (end == std::string_view::npos) continue;
            into.size = static_cast<std::size_t>(fresh.data() - into.bytes.data()) + end + 1;
            // What is cut off belongs together, so far as can be seen; who waits for a line gets it at once.
            if (!stream_->is_live())
                if (const std::size_t start = unit_start_before(into.text()); start != 0) into.size = start;
            rest_.assign(into.bytes.data() + into.size, have - into.size);
            break;
        }
        offset_ = into.offset + into.size;
        return into.size != 0;
    }
    // The block is one line without an end: it is forgotten up to its end. Returns how much of the next line is
    // in the block.
    [[nodiscard]] std::size_t pass_over_line(block& into, std::size_t have) {
        ++report_.too_long;
        into.offset += have;
        while (const std::size_t got = read(into.bytes.data(), block_size)) {
            const std::size_t end = std::string_view(into.bytes.data(), got).find('\n');
            if (end == std::string_view::npos) {
                into.offset += got;
                continue;
            }
            into.offset += end + 1;
            std::memmove(into.bytes.data(), into.bytes.data() + end + 1, got - end - 1);
            return got - end - 1;
        }
        return 0;
    }

    std::vector<log_file> const& files_;
    std::size_t next_file_ = 0;
    std::unique_ptr<byte_stream> stream_;
    std::uint64_t offset_ = 0;
    std::string rest_;  // of the last block, behind its last line end
};

// Where the last line that has an end before `at` ends; 0 where there is none, or the file cannot be read.
[[nodiscard]] inline std::uint64_t line_start_before(int fd, std::uint64_t at) {
    std::vector<char> bytes(block_size);
    while (at != 0) {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(block_size, at));
        if (read_at(fd, bytes.data(), n, at - n) != static_cast<ssize_t>(n)) return 0;
        const std::size_t end = std::string_view(bytes.data(), n).rfind('\n');
        if (end != std::string_view::npos) return at - n + end + 1;
        at -= n;
    }
    return 0;
}

// From the end of the last file to the beginning of the first. The files are plain (log_file::make_plain).
class backward_reader final : public block_reader {
  public:
    explicit backward_reader(std::vector<log_file> const& files) : files_(files), next_file_(files.size()) {}

    bool next(block& into) override {
        while (true) {
            if (end_ == 0 && !open_next()) return false;
            if (fill(into)) {
                into.number = number_++;
                return true;
            }
        }
    }

  private:
    [[nodiscard]] bool open_next() {
        while (next_file_ != 0) {
            log_file const& file = files_[--next_file_];
            if (!file.damage().empty()) report_.damage.push_back(file.damage());
            end_ = file.size();
            if (end_ != 0) return true;
        }
        return false;
    }
    [[nodiscard]] bool read(block& into, std::uint64_t from, std::size_t n) {
        std::size_t have = 0;
        while (have < n) {
            const ssize_t got = read_at(files_[next_file_].fd(), into.bytes.data() + have, n - have, from + have);
            if (got <= 0) {
                report_.damage.push_back(files_[next_file_].path() + ": " +
                                         (got < 0 ? std::strerror(errno) : "it has become shorter"));
                return false;
            }
            have += static_cast<std::size_t>(got);
        }
        return true;
    }

    // The lines that end before end_; false where there are none any more in this file.
    [[nodiscard]] bool fill(block& into) {
        std::size_t want = block_size;
        while (true) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(want, end_));
            into.make_room(n);
            const std::uint64_t from = end_ - n;
            if (!read(into, from, n)) {
                end_ = 0;
                return false;
            }
            std::size_t start = 0;
            if (from != 0) {
                // The first line is whole only if a line ends just before; look for the first end inside.
                start = std::string_view(into.bytes.data(), n - 1).find('\n') + 1;
                if (start == 0 && n < longest_line) {
                    want = 2 * n;
                    continue;
                }
                if (start != 0) start += unit_start_from({into.bytes.data() + start, n - start});
                if (start == 0) {
                    ++report_.too_long;
                    end_ = line_start_before(files_[next_file_].fd(), from);
                    return false;
                }
            }
            report_.bytes += n - start;
            into.size = n - start;
            std::memmove(into.bytes.data(), into.bytes.data() + start, into.size);
            into.file = next_file_;
            into.offset = from + start;
            end_ = into.offset;
            return true;
        }
    }

    std::vector<log_file> const& files_;
    std::size_t next_file_;
    std::uint64_t end_ = 0;  // what of this file is still to be read
};

}  // namespace detail
}  // namespace logkit
