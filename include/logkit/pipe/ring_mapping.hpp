// SPDX-License-Identifier: MIT
#pragma once

// The memory of one ring, its bytes mapped twice in a row: a segment of the journal's file, or anonymous
// memory, which dies with the process. Nothing above asks which. Stage: pipe.

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <logkit/pipe/journal_layout.hpp>
#include <logkit/pipe/ring.hpp>

namespace logkit::detail {

class ring_mapping {
  public:
    // Anonymous. `capacity` is a power of two and a multiple of the page size. Throws std::system_error.
    explicit ring_mapping(std::size_t capacity) : capacity_(capacity) {
        reserve();
        if (!map_anonymous() && !map_memory_file()) give_up();
        prepare();
    }
    // A ring segment of that file. Throws std::system_error.
    ring_mapping(int fd, std::uint64_t offset, std::size_t capacity)
        : capacity_(capacity), offset_(offset), is_in_file_(true) {
        reserve();
        if (!map_file(fd, offset)) give_up();
        prepare();
    }
    ring_mapping(ring_mapping&& other) noexcept
        : base_(std::exchange(other.base_, nullptr)),
          capacity_(other.capacity_),
          offset_(other.offset_),
          is_in_file_(other.is_in_file_) {}
    ring_mapping(ring_mapping const&) = delete;
    ring_mapping& operator=(ring_mapping const&) = delete;
    ~ring_mapping() {
        if (base_ != nullptr) ::munmap(base_, range());
    }

    [[nodiscard]] ring_head& head() const noexcept { return *reinterpret_cast<ring_head*>(base_); }
    // Room for one of the two states (pipe/journal_layout.hpp).
    [[nodiscard]] std::byte* state(unsigned index) const noexcept {
        return base_ + ring_states_offset + index * state_size();
    }
    [[nodiscard]] std::size_t state_size() const noexcept { return state_room(capacity_); }
    [[nodiscard]] std::byte* bytes() const noexcept { return base_ + ring_bytes_offset(capacity_); }
    // Where it is in its file.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool is_in_file() const noexcept { return is_in_file_; }

    // Gives the memory of states and frames back to the system; they read as zeros afterwards. False: not here.
    [[nodiscard]] bool release_memory() const noexcept {
        return ::madvise(base_ + ring_states_offset, first_view() - ring_states_offset, MADV_REMOVE) == 0;
    }

  private:
    [[nodiscard]] std::size_t range() const noexcept { return ring_bytes_offset(capacity_) + 2 * capacity_; }
    [[nodiscard]] std::size_t first_view() const noexcept { return ring_segment_size(capacity_); }

    // The whole range first, so that the two views are neighbours whatever else maps memory now.
    void reserve() {
        void* memory = ::mmap(nullptr, range(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw failure();
        base_ = static_cast<std::byte*>(memory);
    }
    [[noreturn]] void give_up() {
        const std::system_error error = failure();
        ::munmap(base_, range());
        throw error;
    }
    // No descriptor to run out of, no RLIMIT_FSIZE: an mremap of length 0 makes the second view of the pages.
    [[nodiscard]] bool map_anonymous() const noexcept {
        return ::mmap(base_, first_view(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
                   MAP_FAILED &&
               ::mremap(bytes(), 0, capacity_, MREMAP_MAYMOVE | MREMAP_FIXED, bytes() + capacity_) != MAP_FAILED;
    }
    // For where that mremap is not to be had: under valgrind, in some sandboxes.
    [[nodiscard]] bool map_memory_file() const noexcept {
        const int fd = ::memfd_create("logkit-ring", MFD_CLOEXEC);
        if (fd < 0) return false;
        const bool is_mapped = ::ftruncate(fd, static_cast<off_t>(first_view())) == 0 && map_file(fd, 0);
        ::close(fd);
        return is_mapped;
    }
    [[nodiscard]] bool map_file(int fd, std::uint64_t offset) const noexcept {
        const auto map = [&](std::byte* at, std::size_t size, std::uint64_t from) {
            return ::mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(from)) !=
                   MAP_FAILED;
        };
        return map(base_, first_view(), offset) &&
               map(bytes() + capacity_, capacity_, offset + ring_bytes_offset(capacity_));
    }

    // The pages of a large ring are made now rather than at the first record that touches each; both views need their
    // own page-table entries. Of a small one there may be thousands, most of which see one record. A child of fork must
    // not share a ring with its parent. All three are advice.
    void prepare() noexcept {
#ifdef MADV_POPULATE_WRITE
        if (capacity_ > largest_lazy) {
            (void)::madvise(base_, journal_page, MADV_POPULATE_WRITE);
            (void)::madvise(bytes(), 2 * capacity_, MADV_POPULATE_WRITE);
        }
#endif
        (void)::madvise(base_, range(), MADV_DONTDUMP);
        (void)::madvise(base_, range(), MADV_DONTFORK);
        head().capacity = capacity_;
        for (ring_state& s : head().states) s.position.store(ring_state::never, std::memory_order_relaxed);
    }

    [[nodiscard]] static std::system_error failure() {
        return {errno, std::generic_category(), "logkit: no memory for a ring: mmap"};
    }

    static constexpr std::size_t largest_lazy = 16 * 1024;

    std::byte* base_ = nullptr;
    std::size_t capacity_;
    std::uint64_t offset_ = 0;
    bool is_in_file_ = false;
};

}  // namespace logkit::detail
