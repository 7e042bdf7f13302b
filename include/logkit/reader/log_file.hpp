// SPDX-License-Identifier: MIT
#pragma once

// A log to be read: a file, a compressed one (known by its first bytes, not by its name), a pipe. Reader.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/descriptor.hpp>

#if defined(LOGKIT_WITH_ZLIB)
#include <zlib.h>
#endif
#if defined(LOGKIT_WITH_ZSTD)
#include <zstd.h>
#endif

namespace logkit {

// A log cannot be opened or read; the message names it and the reason.
class log_file_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

namespace detail {

// read(2) at the descriptor's own place, or pread(2) at another; retried when a signal interrupts it. -1: failed.
[[nodiscard]] inline ssize_t read_some(int fd, char* to, std::size_t n) noexcept {
    ssize_t got = 0;
    do got = ::read(fd, to, n);
    while (got < 0 && errno == EINTR);
    return got;
}
[[nodiscard]] inline ssize_t read_at(int fd, char* to, std::size_t n, std::uint64_t at) noexcept {
    ssize_t got = 0;
    do got = ::pread(fd, to, n, static_cast<off_t>(at));
    while (got < 0 && errno == EINTR);
    return got;
}

// Bytes that come one after the other.
class byte_stream {
  public:
    virtual ~byte_stream() = default;
    // Up to n bytes; 0 at the end.
    [[nodiscard]] virtual std::size_t read(char* to, std::size_t n) = 0;
    // What it gives may come late, and whoever waits for it wants to see it at once.
    [[nodiscard]] virtual bool is_live() const noexcept { return false; }
};

class pipe_stream final : public byte_stream {
  public:
    pipe_stream(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
    std::size_t read(char* to, std::size_t n) override {
        const ssize_t got = read_some(fd_, to, n);
        if (got < 0) throw log_file_error(name_ + ": " + std::strerror(errno));
        return static_cast<std::size_t>(got);
    }
    bool is_live() const noexcept override { return true; }

  private:
    int fd_;
    std::string name_;
};

class plain_stream final : public byte_stream {
  public:
    plain_stream(int fd, std::uint64_t size, std::string name) : fd_(fd), size_(size), name_(std::move(name)) {}
    std::size_t read(char* to, std::size_t n) override {
        if (n > size_ - at_) n = static_cast<std::size_t>(size_ - at_);
        const ssize_t got = read_at(fd_, to, n, at_);
        if (got < 0) throw log_file_error(name_ + ": " + std::strerror(errno));
        at_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
    }

  private:
    int fd_;
    std::uint64_t size_, at_ = 0;
    std::string name_;
};

#if defined(LOGKIT_WITH_ZLIB)
class gzip_stream final : public byte_stream {
  public:
    gzip_stream(int fd, std::string name) : file_(::gzdopen(::dup(fd), "rb")), name_(std::move(name)) {
        if (file_ == nullptr) throw log_file_error(name_ + ": cannot be read as gzip");
        ::gzbuffer(file_, 1U << 18);
    }
    gzip_stream(gzip_stream const&) = delete;
    gzip_stream& operator=(gzip_stream const&) = delete;
    ~gzip_stream() override { ::gzclose(file_); }
    std::size_t read(char* to, std::size_t n) override {
        const int got = ::gzread(file_, to, static_cast<unsigned>(n));
        if (got > 0) return static_cast<std::size_t>(got);
        int error = Z_OK;
        const char* const text = ::gzerror(file_, &error);
        if (error != Z_OK && error != Z_STREAM_END) throw log_file_error(name_ + ": damaged gzip: " + text);
        return 0;
    }

  private:
    gzFile file_;
    std::string name_;
};
#endif

#if defined(LOGKIT_WITH_ZSTD)
class zstd_stream final : public byte_stream {
  public:
    zstd_stream(int fd, std::string name)
        : fd_(fd), name_(std::move(name)), context_(::ZSTD_createDCtx()), bytes_(::ZSTD_DStreamInSize()) {}
    zstd_stream(zstd_stream const&) = delete;
    zstd_stream& operator=(zstd_stream const&) = delete;
    ~zstd_stream() override { ::ZSTD_freeDCtx(context_); }
    std::size_t read(char* to, std::size_t n) override {
        ZSTD_outBuffer out{to, n, 0};
        while (out.pos == 0) {
            if (in_.pos == in_.size) {
                const ssize_t got = read_some(fd_, bytes_.data(), bytes_.size());
                if (got < 0) throw log_file_error(name_ + ": " + std::strerror(errno));
                if (got == 0 && is_in_frame_) throw log_file_error(name_ + ": damaged zstd: it ends too early");
                if (got == 0) return 0;
                in_ = {bytes_.data(), static_cast<std::size_t>(got), 0};
            }
            const std::size_t result = ::ZSTD_decompressStream(context_, &out, &in_);
            if (::ZSTD_isError(result) != 0)
                throw log_file_error(name_ + ": damaged zstd: " + ::ZSTD_getErrorName(result));
            is_in_frame_ = result != 0;
        }
        return out.pos;
    }

  private:
    int fd_;
    std::string name_;
    ZSTD_DCtx* context_;
    std::vector<char> bytes_;
    ZSTD_inBuffer in_{nullptr, 0, 0};
    bool is_in_frame_ = false;
};
#endif

}  // namespace detail

class log_file {
  public:
    // Opens it; "-" is standard input. Throws log_file_error.
    explicit log_file(std::string path) : path_(std::move(path)), fd_(open_path()) {
        struct stat status {};
        if (::fstat(fd_.get(), &status) != 0) throw log_file_error(path_ + ": " + std::strerror(errno));
        if (S_ISDIR(status.st_mode)) throw log_file_error(path_ + ": is a folder; name a file in it");
        device_ = status.st_dev;
        inode_ = status.st_ino;
        is_plain_ = S_ISREG(status.st_mode);
        if (is_plain_) find_compression();
        if (is_plain_) size_ = static_cast<std::uint64_t>(status.st_size);
    }

    // What is read from somewhere else: `open` gives its bytes from the beginning, each time anew. A damaged end is an
    // exception of the stream, log_file_error.
    log_file(std::string name, std::function<std::unique_ptr<detail::byte_stream>()> open)
        : path_(std::move(name)), open_(std::move(open)) {}

    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    // Can be read at any place: neither compressed nor a pipe.
    [[nodiscard]] bool is_plain() const noexcept { return is_plain_; }
    // Of a plain file, when it was opened; bytes written since are not read.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    // Bytes of a plain file behind this are not read.
    void end_at(std::uint64_t offset) noexcept { size_ = std::min(size_, offset); }
    [[nodiscard]] bool is_same_file(log_file const& other) const noexcept {
        return device_ == other.device_ && inode_ == other.inode_;
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    // From the beginning, decompressed. One stream at a time.
    [[nodiscard]] std::unique_ptr<detail::byte_stream> stream() const {
        if (open_ && !is_plain_) return open_();
        if (is_plain_) return std::make_unique<detail::plain_stream>(fd_.get(), size_, path_);
        if (compression_ != compression::none) ::lseek(fd_.get(), 0, SEEK_SET);
        switch (compression_) {
#if defined(LOGKIT_WITH_ZLIB)
            case compression::gzip:
                return std::make_unique<detail::gzip_stream>(fd_.get(), path_);
#endif
#if defined(LOGKIT_WITH_ZSTD)
            case compression::zstd:
                return std::make_unique<detail::zstd_stream>(fd_.get(), path_);
#endif
            default:
                return std::make_unique<detail::pipe_stream>(fd_.get(), path_);
        }
    }

    // Puts what is not plain into a temporary file (in TMPDIR, already removed), so that it can be read twice or
    // from its end. What a damaged file gave before the damage is kept; `damage()` tells the rest.
    void make_plain() {
        if (is_plain_) return;
        const char* const folder = std::getenv("TMPDIR");
        std::string name = std::string(folder == nullptr || *folder == '\0' ? "/tmp" : folder) + "/logkit.XXXXXX";
        detail::descriptor copy(::mkstemp(name.data()));
        if (copy.get() < 0)
            throw log_file_error(name + ": cannot keep a copy of " + path_ + ": " + std::strerror(errno));
        ::unlink(name.c_str());
        const auto from = stream();
        std::vector<char> bytes(1U << 18);
        try {
            while (const std::size_t n = from->read(bytes.data(), bytes.size())) write_all(copy.get(), bytes.data(), n);
        } catch (log_file_error const& e) {
            damage_ = e.what();
        }
        compression_ = compression::none;
        is_plain_ = true;
        size_ = static_cast<std::uint64_t>(::lseek(copy.get(), 0, SEEK_CUR));
        fd_ = std::move(copy);
    }
    [[nodiscard]] std::string const& damage() const noexcept {
        return damage_;
    }

  private:
    enum class compression : std::uint8_t { none, gzip, zstd };

    [[nodiscard]] int open_path() const {
        const int fd =
            path_ == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) throw log_file_error(path_ + ": " + std::strerror(errno));
        return fd;
    }
    void find_compression() {
        unsigned char magic[6] = {};
        const ssize_t have = detail::read_at(fd_.get(), reinterpret_cast<char*>(magic), sizeof magic, 0);
        if (have < 4) return;
        refuse({reinterpret_cast<const char*>(magic), static_cast<std::size_t>(have)});
        const bool is_gzip = magic[0] == 0x1f && magic[1] == 0x8b;
        const bool is_zstd = magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd;
        if (!is_gzip && !is_zstd) return;
        is_plain_ = false;
        compression_ = is_gzip ? compression::gzip : compression::zstd;
#if !defined(LOGKIT_WITH_ZLIB)
        if (is_gzip) throw log_file_error(path_ + ": is gzip, which this program was built without; use zcat");
#endif
#if !defined(LOGKIT_WITH_ZSTD)
        if (is_zstd) throw log_file_error(path_ + ": is zstd, which this program was built without; use zstdcat");
#endif
    }
    // What is no text in bytes: which program makes it one.
    void refuse(std::string_view start) const {
        struct form {
            std::string_view start, name, remedy;
        };
        using namespace std::string_view_literals;
        constexpr form forms[] = {
            {"\xff\xfe"sv, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
            {"\xfe\xff"sv, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
            {"{\0\"\0"sv, "UTF-16", "iconv -f UTF-16LE -t UTF-8"},
            {"\0{\0\""sv, "UTF-16", "iconv -f UTF-16BE -t UTF-8"},
            {"\xfd"
             "7zXZ\0"sv,
             "xz", "xzcat"},
            {"BZh"sv, "bzip2", "bzcat"},
            {"\x04\x22\x4d\x18"sv, "lz4", "lz4cat"},
            {"PK\x03\x04"sv, "a zip archive", "unzip -p"},
        };
        for (form const& f : forms)
            if (start.starts_with(f.start))
                throw log_file_error(path_ + ": is " + std::string(f.name) +
                                     ", which is not read; turn it into text: " + std::string(f.remedy) + " " + path_ +
                                     " | logkit show -");
    }
    void write_all(int to, const char* bytes, std::size_t n) const {
        while (n != 0) {
            const ssize_t written = ::write(to, bytes, n);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0)
                throw log_file_error(path_ + ": the temporary copy cannot be written: " + std::strerror(errno) +
                                     "; name another folder in TMPDIR");
            bytes += written;
            n -= static_cast<std::size_t>(written);
        }
    }

    std::string path_;
    std::function<std::unique_ptr<detail::byte_stream>()> open_;
    detail::descriptor fd_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool is_plain_ = false;
    compression compression_ = compression::none;
    std::uint64_t size_ = 0;
    std::string damage_;
};

}  // namespace logkit
