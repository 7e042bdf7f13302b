// SPDX-License-Identifier: MIT
#pragma once

// Where the rings' memory comes from. Stage: pipe. This one is anonymous shared memory, which dies with the
// process ("durability": "none"); nothing above asks what is behind a ring.

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

#include <logkit/pipe/ring.hpp>

namespace logkit::detail {

// One ring's memory: its shared words, then its bytes, these twice in a row.
class ring_mapping {
  public:
    // `capacity` is a power of two and a multiple of the page size. Throws std::system_error.
    explicit ring_mapping(std::size_t capacity) : capacity_(capacity) {
        // Reserve the whole range first, so that the two views are neighbours whatever else maps memory now.
        void* range = ::mmap(nullptr, page + 2 * capacity_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (range == MAP_FAILED) throw failure("mmap");
        base_ = static_cast<std::byte*>(range);
        if (!map_anonymous() && !map_memory_file()) {
            const auto error = failure("mmap");
            ::munmap(range, page + 2 * capacity_);
            throw error;
        }
        // Pages are made now rather than at the first record that touches each; both views need their own
        // page-table entries. A child of fork must not share a ring with its parent. All three are advice.
#ifdef MADV_POPULATE_WRITE
        (void)::madvise(base_, page + 2 * capacity_, MADV_POPULATE_WRITE);
#endif
        (void)::madvise(base_, page + 2 * capacity_, MADV_DONTDUMP);
        (void)::madvise(base_, page + 2 * capacity_, MADV_DONTFORK);
    }
    ring_mapping(ring_mapping const&) = delete;
    ring_mapping& operator=(ring_mapping const&) = delete;
    ~ring_mapping() {
        ::munmap(base_, page + 2 * capacity_);
    }

    [[nodiscard]] ring_shared& shared() const noexcept {
        return *reinterpret_cast<ring_shared*>(base_);
    }
    [[nodiscard]] std::byte* bytes() const noexcept {
        return base_ + page;
    }
    [[nodiscard]] std::size_t capacity() const noexcept {
        return capacity_;
    }

  private:
    static constexpr std::size_t page = 4096;

    // No descriptor to run out of, no RLIMIT_FSIZE: an mremap of length 0 makes the second view of the pages.
    [[nodiscard]] bool map_anonymous() const noexcept {
        return ::mmap(base_, page + capacity_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                      -1, 0) != MAP_FAILED &&
               ::mremap(bytes(), 0, capacity_, MREMAP_MAYMOVE | MREMAP_FIXED, bytes() + capacity_) !=
                   MAP_FAILED;
    }
    // For where that mremap is not to be had: under valgrind, in some sandboxes.
    [[nodiscard]] bool map_memory_file() const noexcept {
        const int fd = ::memfd_create("logkit-ring", MFD_CLOEXEC);
        if (fd < 0) return false;
        const auto map = [&](std::byte* at, std::size_t size, off_t offset) {
            return ::mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset) != MAP_FAILED;
        };
        const bool is_mapped = ::ftruncate(fd, static_cast<off_t>(page + capacity_)) == 0 &&
                               map(base_, page + capacity_, 0) &&
                               map(bytes() + capacity_, capacity_, static_cast<off_t>(page));
        ::close(fd);
        return is_mapped;
    }

    [[nodiscard]] static std::system_error failure(const char* what) {
        return {errno, std::generic_category(), std::string("logkit: no memory for a ring: ") + what};
    }

    std::byte* base_ = nullptr;
    std::size_t capacity_;
};

}  // namespace logkit::detail
