// SPDX-License-Identifier: MIT
#pragma once

// A living process's journal: makes the file, appends segments to it, takes the notes that recovery needs.
// Stage: pipe. What is in the file, and in which order it becomes valid, is drawn in journal_layout.hpp.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/base/clock.hpp>
#include <logkit/base/descriptor.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/pipe/journal_layout.hpp>
#include <logkit/pipe/journal_place.hpp>
#include <logkit/pipe/ring_mapping.hpp>

namespace logkit::detail {

class journal final : public commit_log {
  public:
    // Makes one in the first folder that can hold it; null if none can, and then `why` says so.
    [[nodiscard]] static std::unique_ptr<journal> make(std::vector<std::string> const& folders,
                                                       std::string const& log_path, std::string& why) {
        const write_signals_blocked blocked;
        for (std::string const& folder : folders) {
            auto made = std::unique_ptr<journal>(new journal);
            if (made->create(folder, log_path)) return made;
            why += (why.empty() ? "" : "; ") + folder + ": " + std::strerror(errno);
        }
        return nullptr;
    }
    journal(journal const&) = delete;
    journal& operator=(journal const&) = delete;
    ~journal() override {
        for (mapped_segment const& s : site_segments_) ::munmap(s.memory, site_segment_size);
        for (globals_segment const& s : globals_)
            if (s.memory != nullptr) ::munmap(s.memory, s.size);
        if (header_ != nullptr) ::munmap(header_, journal_header_size);
    }

    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    // A ring in the file; empty if the file cannot grow.
    [[nodiscard]] std::optional<ring_mapping> add_ring(std::size_t capacity) {
        const std::lock_guard lock(mutex_);
        return add_segment(ring_segment_size(capacity), segment_kind::ring,
                           [&](std::uint64_t offset) -> std::optional<ring_mapping> {
                               try {
                                   return ring_mapping(file_.get(), offset, capacity);
                               } catch (std::system_error const&) {
                                   return std::nullopt;
                               }
                           });
    }
    // Room again for a ring whose memory was given back (ring_mapping::release_memory). False: there is none.
    [[nodiscard]] bool reserve_again(ring_mapping const& ring) {
        const std::lock_guard lock(mutex_);
        return !is_removed_ && has_file() &&
               reserve(ring.offset() + ring_states_offset, ring_segment_size(ring.capacity()) - ring_states_offset);
    }

    // A segment for notes (pipe/journal_notes.hpp), mapped for as long as the journal lives; null if the file cannot
    // grow.
    [[nodiscard]] std::byte* add_notes() {
        const std::lock_guard lock(mutex_);
        const std::optional<std::byte*> memory = add_mapped(notes_segment_size, segment_kind::notes);
        return memory.value_or(nullptr);
    }

    // What a site says, before the first frame that refers to it. False: the file cannot grow.
    bool add_site(std::string_view entry) {
        const std::lock_guard lock(mutex_);
        const bool is_added = is_removed_ || append_site(entry);
        if (!is_added) is_incomplete_ = true;
        return is_added;
    }
    // Something that recovery needs found no room.
    [[nodiscard]] bool is_incomplete() const noexcept { return is_incomplete_; }

    // The process-wide fields, from now on.
    void set_globals(std::string_view block) {
        const std::lock_guard lock(mutex_);
        if (!is_removed_ && !replace_globals(block)) is_incomplete_ = true;
    }

    void note_place(std::uint64_t number, file_place const& place) noexcept override {
        write_intent& intent = header_->intents[number & 1];
        intent.number.store(0, std::memory_order_release);
        intent.place = place;
        intent.number.store(number, std::memory_order_release);
    }

    void note_clock(clock_reading const& reading) noexcept {
        clock_note& note = header_->clocks[++clock_notes_ & 1];
        note.number.store(0, std::memory_order_release);
        note.reading = reading;
        note.number.store(clock_notes_, std::memory_order_release);
    }

    // The records go to another file from now on.
    void retarget(std::string const& log_path) {
        if (is_removed_ || log_path.size() >= sizeof header_->log_paths[0] || log_path == target_) return;
        const std::uint32_t other = 1 - header_->log_path_index.load(std::memory_order_relaxed);
        std::memcpy(header_->log_paths[other], log_path.c_str(), log_path.size() + 1);
        header_->log_path_index.store(other, std::memory_order_release);
        target_ = log_path;
        const std::string renamed = path_.substr(0, path_.rfind('/') + 1) + name_for(log_path);
        if (::rename(path_.c_str(), renamed.c_str()) == 0) path_ = renamed;
    }

    // All records are where they belong: nothing to recover. The rings go on, as memory.
    void remove() noexcept {
        if (!is_removed_.exchange(true)) ::unlink(path_.c_str());
    }
    [[nodiscard]] bool is_removed() const noexcept { return is_removed_; }

    // After remove(), when nobody notes anything any more. The rings go on.
    void release_memory() noexcept {
        const std::lock_guard lock(mutex_);
        for (mapped_segment const& s : site_segments_) ::munmap(s.memory, site_segment_size);
        site_segments_.clear();
        for (globals_segment& s : globals_)
            if (s.memory != nullptr) ::munmap(std::exchange(s.memory, nullptr), s.size);
        ::munmap(std::exchange(header_, nullptr), journal_header_size);
        file_ = kept_descriptor{};
    }

    // In a forked child: the file, and with it the lock, is the parent's.
    void forget() noexcept {
        file_ = kept_descriptor{};
        header_ = nullptr;
        site_segments_.clear();
        globals_[0] = globals_[1] = {};
    }

  private:
    struct mapped_segment {
        std::byte* memory;
        std::size_t used;
    };

    [[nodiscard]] bool append_site(std::string_view entry) {
        if (entry.size() > site_segment_size - sizeof(std::uint64_t)) return false;
        if ((site_segments_.empty() || site_segment_size - site_segments_.back().used < entry.size()) &&
            !add_site_segment())
            return false;
        mapped_segment& s = site_segments_.back();
        std::memcpy(s.memory + s.used, entry.data(), entry.size());
        s.used += entry.size();
        reinterpret_cast<std::atomic<std::uint64_t>*>(s.memory)->store(s.used, std::memory_order_release);
        return true;
    }

    // Two segments take turns, so that one of them is whole at any moment.
    struct globals_segment {
        std::byte* memory = nullptr;
        std::size_t size = 0;
    };
    [[nodiscard]] bool replace_globals(std::string_view block) {
        if (globals_number_ != 0 && block == globals_text_) return true;
        globals_segment& next = globals_[(globals_number_ + 1) & 1];
        const std::size_t needed = globals_header::size + block.size();
        if (next.size < needed && !add_globals_segment(next, needed)) return false;
        globals_text_.assign(block);
        auto* number = reinterpret_cast<std::atomic<std::uint64_t>*>(next.memory);
        number->store(0, std::memory_order_release);
        std::memcpy(store(next.memory + sizeof *number, std::uint64_t{block.size()}), block.data(), block.size());
        number->store(++globals_number_, std::memory_order_release);
        return true;
    }
    [[nodiscard]] bool add_globals_segment(globals_segment& into, std::size_t needed) {
        const std::size_t size = align_up(2 * needed, journal_page);
        const std::optional<std::byte*> memory = add_mapped(size, segment_kind::globals);
        if (!memory.has_value()) return false;
        if (into.memory != nullptr) {
            reinterpret_cast<std::atomic<std::uint64_t>*>(into.memory)->store(0, std::memory_order_release);
            ::munmap(into.memory, into.size);
        }
        into = {*memory, size};
        return true;
    }

    journal() = default;

    static std::string name_for(std::string_view log_path) {
        static std::atomic<unsigned> count{0};
        char unique[16];  // a number may be given to a process twice, and a counter begins anew
        write_hex(unique, hardware_ticks());
        return journal_prefix(log_path) + std::to_string(::getpid()) + '-' + std::to_string(++count) + '-' +
               std::string(unique, sizeof unique) + std::string(journal_suffix);
    }

    // Under a temporary name first, so that nobody ever finds half a journal.
    [[nodiscard]] bool create(std::string const& folder, std::string const& log_path) {
        if (log_path.size() >= sizeof header_->log_paths[0]) {
            errno = ENAMETOOLONG;
            return false;
        }
        if (!make_private_folder(folder) || !has_space(folder)) return false;
        path_ = folder + '/' + name_for(log_path);
        const std::string temporary = path_ + ".new";
        file_ = kept_descriptor(open_file(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
        if (!file_.is_open()) return false;
        if (!begin(log_path) || ::rename(temporary.c_str(), path_.c_str()) != 0) {
            const int error = errno;
            ::unlink(temporary.c_str());
            errno = error;
            return false;
        }
        return true;
    }

    [[nodiscard]] bool begin(std::string const& log_path) {
        if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 || !reserve(0, header_step)) return false;
        reserved_header_ = header_step;
        end_ = journal_header_size;
        void* memory = map(0, journal_header_size);
        if (memory == nullptr) return false;
        header_ = static_cast<journal_header*>(memory);
        header_->owner = this_process();
        std::memcpy(header_->log_paths[0], log_path.c_str(), log_path.size() + 1);
        target_ = log_path;
        if (!add_site_segment()) return false;
        header_->magic.store(journal_magic, std::memory_order_release);
        return true;
    }

    // Others must not be able to put files there. A folder that the user named is taken as it is.
    [[nodiscard]] static bool make_private_folder(std::string const& folder) noexcept {
        (void)::mkdir(folder.c_str(), 0700);
        struct stat status {};
        if (::stat(folder.c_str(), &status) != 0) return false;
        const bool is_shared = folder.starts_with("/dev/shm/");
        if (!is_shared || (status.st_uid == ::geteuid() && (status.st_mode & 022) == 0)) return true;
        errno = EPERM;
        return false;
    }

    // Room for a few rings; a full tmpfs is everybody's trouble.
    [[nodiscard]] static bool has_space(std::string const& folder) noexcept {
        constexpr std::uint64_t wanted = 4 * 1024 * 1024;
        struct statvfs status {};
        if (::statvfs(folder.c_str(), &status) != 0) return false;
        if (std::uint64_t{status.f_bavail} * status.f_frsize >= wanted) return true;
        errno = ENOSPC;
        return false;
    }

    // Is the file still open? If the program has closed it, it is opened anew, by its name. (Its lock is held all the
    // while: what is mapped keeps it.)
    [[nodiscard]] bool has_file() noexcept {
        if (file_.is_ours()) return true;
        kept_descriptor again(open_file(path_.c_str(), O_RDWR | O_NOFOLLOW));
        if (!again.is_open()) return false;
        if (!(again.identity() == file_.identity())) {
            errno = ESTALE;
            return false;
        }
        file_ = std::move(again);
        return true;
    }

    // Reserves bytes at the end, and in the header those of one more entry in the list of segments.
    [[nodiscard]] bool grow(std::size_t size) noexcept {
        if (segment_count() == journal_header::most_segments) {
            errno = ENOSPC;
            return false;
        }
        if (!has_file()) return false;
        const std::size_t needed = offsetof(journal_header, segments) + (segment_count() + 1) * sizeof(journal_segment);
        if (needed > reserved_header_) {
            if (!reserve(reserved_header_, header_step)) return false;
            reserved_header_ += header_step;
        }
        if (!reserve(end_, size)) return false;
        end_ += align_up(size, journal_page);
        return true;
    }
    // So that a full disk is an error here and not a SIGBUS later.
    [[nodiscard]] bool reserve(std::uint64_t offset, std::size_t size) const noexcept {
        const write_signals_blocked blocked;
        int error = 0;
        do {
            error = ::posix_fallocate(file_.get(), static_cast<off_t>(offset), static_cast<off_t>(size));
        } while (error == EINTR);
        errno = error;
        return error == 0;
    }

    [[nodiscard]] void* map(std::uint64_t offset, std::size_t size) const noexcept {
        void* memory =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), static_cast<off_t>(offset));
        if (memory == MAP_FAILED) return nullptr;
        (void)::madvise(memory, size, MADV_DONTDUMP);
        (void)::madvise(memory, size, MADV_DONTFORK);
        return memory;
    }

    [[nodiscard]] bool add_site_segment() {
        const std::optional<std::byte*> memory = add_mapped(site_segment_size, segment_kind::sites);
        if (!memory.has_value()) return false;
        site_segments_.push_back({*memory, sizeof(std::uint64_t)});
        reinterpret_cast<std::atomic<std::uint64_t>*>(*memory)->store(sizeof(std::uint64_t), std::memory_order_release);
        return true;
    }

    // A segment at the end, reserved, mapped by `map_at` (which returns an optional) and then entered in the list.
    // Where the program closes our descriptor in the middle of this, it is begun anew.
    template <class Map>
    [[nodiscard]] auto add_segment(std::size_t size, segment_kind what, Map&& map_at) -> decltype(map_at(0)) {
        for (int attempt = 0; attempt < 4 && !is_removed_; ++attempt) {
            const std::uint64_t offset = end_;
            if (grow(size)) {
                auto mapped = map_at(offset);
                if (mapped.has_value() && file_.is_ours()) {
                    publish_segment({offset, size, what, 0});
                    return mapped;
                }
            }
            if (file_.is_ours()) break;
            end_ = offset;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::byte*> add_mapped(std::size_t size, segment_kind what) {
        return add_segment(size, what, [&](std::uint64_t offset) -> std::optional<std::byte*> {
            void* const memory = map(offset, size);
            return memory == nullptr ? std::nullopt : std::optional(static_cast<std::byte*>(memory));
        });
    }

    [[nodiscard]] std::uint64_t segment_count() const noexcept {
        return header_->segment_count.load(std::memory_order_relaxed);
    }
    void publish_segment(journal_segment const& s) noexcept {
        const std::uint64_t count = segment_count();
        header_->segments[count] = s;
        header_->segment_count.store(count + 1, std::memory_order_release);
    }

    static constexpr std::size_t header_step = 16 * 1024;

    std::mutex mutex_{};
    kept_descriptor file_{};
    std::string path_{}, target_{};
    journal_header* header_ = nullptr;
    std::uint64_t end_ = 0;
    std::size_t reserved_header_ = 0;
    std::vector<mapped_segment> site_segments_{};
    globals_segment globals_[2];
    std::string globals_text_{};
    std::uint64_t globals_number_ = 0;
    std::uint64_t clock_notes_ = 0;
    std::atomic<bool> is_removed_{false}, is_incomplete_{false};
};

}  // namespace logkit::detail
