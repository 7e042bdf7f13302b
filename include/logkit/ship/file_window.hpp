// SPDX-License-Identifier: MIT
#pragma once

// Bytes of one file of a log, by their offset: of a plain file as it is, of a packed one (gzip, zstd) unpacked. Stage:
// ship. A packed file is unpacked from its front, once, as long as the offsets asked for grow.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <logkit/base/descriptor.hpp>
#include <logkit/reader/log_file.hpp>
#include <logkit/ship/log_set.hpp>
#include <logkit/ship/position.hpp>

namespace logkit::detail {

class file_window {
  public:
    // Not open: it is not there, it may not be read (errno), or it is another one by now.
    file_window(std::string path, file_identity const& wanted) : path_(std::move(path)) {
        file_ = open_file(path_.c_str(), O_RDONLY | O_NONBLOCK);
        struct stat status {};
        if (file_.is_open() && (::fstat(file_.get(), &status) != 0 || !(identity_of(status) == wanted))) {
            file_ = {};
            errno = ENOENT;
        }
        if (file_.is_open() && is_packed_name(path_)) unpack_from_front();
    }

    [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }
    [[nodiscard]] int fd() const noexcept { return file_.get(); }
    [[nodiscard]] bool is_packed() const noexcept { return stream_ != nullptr; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    // Up to n bytes from there, fewer at the file's end; until the next call. Throws log_file_error for a packed file
    // that is damaged or has not been written to its end.
    [[nodiscard]] std::string_view at(std::uint64_t offset, std::size_t n) {
        if (is_packed()) return unpacked_at(offset, n);
        if (bytes_.size() < n) bytes_.resize(n);
        std::size_t got = 0;
        while (got < n) {
            const ssize_t more = read_at(file_.get(), bytes_.data() + got, n - got, offset + got);
            if (more <= 0) break;
            got += static_cast<std::size_t>(more);
        }
        return {bytes_.data(), got};
    }
    // The size; of a packed file by unpacking it to its end. Throws as at().
    [[nodiscard]] std::uint64_t size() {
        if (is_packed()) {
            while (whole_ == 0 && !is_at_end_) (void)unpacked_at(start_ + bytes_.size(), 1U << 20);
            return whole_;
        }
        struct stat status {};
        return ::fstat(file_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    }
    // Where the next byte stands that is not in a hole; SIZE_MAX: nothing but a hole up to the end.
    [[nodiscard]] std::uint64_t next_data(std::uint64_t offset) const noexcept {
        if (is_packed()) return offset;
        const off_t found = ::lseek(file_.get(), static_cast<off_t>(offset), SEEK_DATA);
        if (found >= 0) return static_cast<std::uint64_t>(found);
        return errno == ENXIO ? UINT64_MAX : offset;
    }

    // A sample of what stands before an offset, or, where that is 0, behind it.
    [[nodiscard]] place_sample sample_at(std::uint64_t offset) {
        place_sample sample;
        sample.from = offset > longest_sample ? offset - longest_sample : 0;
        const std::string_view bytes =
            at(sample.from, offset == 0 ? longest_sample : static_cast<std::size_t>(offset - sample.from));
        sample.length = bytes.size();
        sample.hash = hash_text(bytes);
        return sample;
    }
    [[nodiscard]] bool fits(place_sample const& sample) {
        if (sample.length > longest_sample) return false;
        const std::string_view bytes = at(sample.from, static_cast<std::size_t>(sample.length));
        return bytes.size() == sample.length && (sample.length == 0 || hash_text(bytes) == sample.hash);
    }
    // Gives the memory of a long line back.
    void shrink() {
        if (!is_packed() && bytes_.size() > (8U << 20)) std::string().swap(bytes_);
    }

  private:
    void unpack_from_front() {
        if (::lseek(file_.get(), 0, SEEK_SET) != 0) throw log_file_error(path_ + ": cannot be read from its front");
        start_ = 0;
        bytes_.clear();
        is_at_end_ = false;
#if defined(LOGKIT_WITH_ZLIB)
        if (path_.ends_with(".gz")) stream_ = std::make_unique<gzip_stream>(file_.get(), path_);
#endif
#if defined(LOGKIT_WITH_ZSTD)
        if (path_.ends_with(".zst")) stream_ = std::make_unique<zstd_stream>(file_.get(), path_);
#endif
        if (stream_ == nullptr) throw log_file_error(path_ + ": this build cannot unpack it");
    }
    [[nodiscard]] std::string_view unpacked_at(std::uint64_t offset, std::size_t n) {
        if (offset < start_) unpack_from_front();
        constexpr std::size_t piece = 1U << 18, behind = 16 * longest_sample;
        while (!is_at_end_ && start_ + bytes_.size() < offset + n) {
            if (offset > start_ + behind) {  // what stands far before is not wanted any more
                const auto gone =
                    static_cast<std::size_t>(std::min<std::uint64_t>(offset - behind - start_, bytes_.size()));
                bytes_.erase(0, gone);
                start_ += gone;
            }
            const std::size_t old = bytes_.size();
            bytes_.resize(old + piece);
            const std::size_t got = stream_->read(bytes_.data() + old, piece);
            bytes_.resize(old + got);
            is_at_end_ = got == 0;
            if (is_at_end_) whole_ = start_ + bytes_.size();
        }
        const std::uint64_t skip = offset - start_;
        return skip >= bytes_.size() ? std::string_view{}
                                     : std::string_view(bytes_).substr(static_cast<std::size_t>(skip), n);
    }

    std::string path_;
    descriptor file_{};
    std::unique_ptr<byte_stream> stream_{};  // of a packed file
    std::string bytes_{};                    // of a packed file: those from start_ on
    std::uint64_t start_ = 0, whole_ = 0;
    bool is_at_end_ = false;
};

}  // namespace logkit::detail
