// SPDX-License-Identifier: MIT
#pragma once

// An append-only file of lines which is renamed away when it has grown: run.log → run.log.1 → … Stage: sink.
//
// A batch of lines is written whole or not at all, under a lock of the file, so several processes may share one file
// and each may rotate it: nobody interleaves, nobody writes to a file that was renamed away. What is not a regular file
// (a pipe, a device) is written to as it comes, without ever waiting for its reader.
//
// An open descriptor is good until the name is known to stand for another file, or for none; and then the old one is
// let go of only when the new one is open. A descriptor that the program closed, and perhaps opened as something else,
// is never touched again.
//
// Rotation is four steps, and a kill between any two of them loses nothing:
//
//   1  a run.log.0 that was left is given its number (3 and 4)
//   2  run.log is renamed to run.log.0: where that cannot be done, nothing has been moved
//   3  run.log.1 … move up by one, as far as the first number that is free; the oldest goes
//   4  run.log.0 is renamed to run.log.1
//
// Files that a shipper still needs are kept beyond the number of backups (sink/needed_files.hpp).

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/clock.hpp>
#include <logkit/base/descriptor.hpp>
#include <logkit/base/environment_text.hpp>
#include <logkit/base/failpoint.hpp>
#include <logkit/base/rotation.hpp>
#include <logkit/pipe/commit_note.hpp>
#include <logkit/sink/file_lock.hpp>
#include <logkit/sink/needed_files.hpp>
#include <logkit/sink/noted_batch.hpp>

namespace logkit::detail {

struct file_settings {
    std::string path{};
    std::uint64_t limit = 0;       // bytes a file; 0: no limit
    unsigned backups = 0;          // old files kept beside it
    std::optional<mode_t> mode{};  // of files that are made; else that of the file before, else 0600
};

class rotating_file {
  public:
    explicit rotating_file(file_settings settings) : settings_(std::move(settings)) {
        settings_.path = absolute(std::move(settings_.path));
    }
    rotating_file(rotating_file const&) = delete;
    rotating_file& operator=(rotating_file const&) = delete;

    // Opens or creates the file, and missing folders. On failure errno tells why, and what was open stays so.
    [[nodiscard]] bool open() noexcept {
        descriptor opened = open_or_create();
        if (!opened.is_open() && errno == ENXIO) is_regular_ = false;  // a pipe without a reader
        if (!opened.is_open()) return false;
        struct stat status {};
        (void)::fstat(opened.get(), &status);
        file_ = kept_descriptor(std::move(opened));
        opened_by_ = ::getpid();
        size_ = static_cast<std::uint64_t>(status.st_size);
        own_end_ = 0;
        is_regular_ = S_ISREG(status.st_mode);
        return true;
    }

    [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }
    [[nodiscard]] bool is_regular() const noexcept { return is_regular_; }
    [[nodiscard]] std::string const& path() const noexcept { return settings_.path; }
    [[nodiscard]] file_settings const& settings() const noexcept { return settings_; }

    // Appends whole lines. `before` is told where they will stand, and may note it, before the first byte is
    // written. False: errno tells why, and the same lines are to be given again: the file has none of them
    // (or, if it is not regular, it has some, and the next call goes on behind those).
    template <class Before>
    [[nodiscard]] bool write(std::string_view lines, Before&& before) noexcept {
        if (!is_usable() && !open()) return false;
        if (!is_regular_) return write_stream(lines);
        file_lock lock = lock_in_place();
        if (!lock.is_held()) return false;
        if (must_rotate(lines.size()) && !start_new_file(lock)) return false;
        const file_place place{static_cast<std::uint64_t>(file_.identity().device), file_.identity().inode, size_,
                               lines};
        before(place);
        reached(step::note_place);
        const std::size_t done = append(lines);
        const int error = errno;
        if (!file_.is_ours()) return was_written(place);
        if (done == lines.size()) {
            size_ += done;
            own_end_ = size_;
            return true;
        }
        if (done != 0) (void)::ftruncate(file_.get(), static_cast<off_t>(size_));
        errno = error;
        return false;
    }
    [[nodiscard]] bool write(std::string_view lines) noexcept {
        return write(lines, [](file_place const&) {});
    }

    // Called under the lock when others have written to the file since this process did: it may end in what a
    // process left that died while it wrote. The function mends that.
    void on_foreign_end(std::function<void(int fd, file_place const& end)> mend) { mend_ = std::move(mend); }

    // Why the file could not be rotated, once until it can again; 0: nothing to say.
    [[nodiscard]] int take_rotation_error() noexcept { return std::exchange(unsaid_rotation_error_, 0); }
    // Bytes of rotated files that somebody still needed and that had to go, since the last time; 0: nothing to say.
    [[nodiscard]] std::uint64_t take_spool_losses() noexcept { return std::exchange(untold_spool_losses_, 0); }
    [[nodiscard]] std::uint64_t rotation_failures() const noexcept { return rotation_failures_; }

    void close() noexcept { file_ = kept_descriptor{}; }

  private:
    // A program that changes its folder later must not take its log along.
    [[nodiscard]] static std::string absolute(std::string path) {
        if (path.empty() || path.front() == '/') return path;
        char folder[PATH_MAX];
        return ::getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + '/' + path;
    }

    // All folders on the way to the file; the open that follows says what is wrong. In place, for want of
    // memory: each '/' ends the name for a moment.
    void make_folders() noexcept {
        std::string& path = settings_.path;
        for (std::size_t i = 1; i < path.size(); ++i) {
            if (path[i] != '/') continue;
            path[i] = '\0';
            (void)::mkdir(path.c_str(), 0777);
            path[i] = '/';
        }
    }

    // Does not wait for the reader of a FIFO (ENXIO), nor later for it to read (O_NONBLOCK means nothing to a file).
    [[nodiscard]] descriptor open_or_create() noexcept {
        // Who started a setuid program chose the folder it is in, and may have put a link there.
        const int links = has_more_rights_than_its_caller() ? O_NOFOLLOW : 0;
        const int flags = O_WRONLY | O_APPEND | O_NONBLOCK | links;
        const char* path = settings_.path.c_str();
        for (int attempt = 0; attempt < 8; ++attempt) {
            descriptor opened = open_file(path, flags);
            if (opened.is_open() || errno != ENOENT) return opened;
            if (attempt == 0) make_folders();
            // The last: the name is a link to a file that is not there.
            const bool is_link = attempt == 7;
            opened = open_file(path, flags | O_CREAT | (is_link ? 0 : O_EXCL), 0600);
            if (opened.is_open()) give_owner_and_mode(opened.get());
            if (opened.is_open() || errno != EEXIST) return opened;
        }
        return {};
    }

    // Those of the file before, as far as this process may give them.
    void give_owner_and_mode(int fd) const noexcept {
        mode_t mode = 0600;
        if (before_.has_value()) {
            mode = before_->mode & 0777;
            if (::fchown(fd, before_->owner, before_->group) != 0)
                (void)!::fchown(fd, static_cast<uid_t>(-1), before_->group);
        }
        (void)::fchmod(fd, settings_.mode.value_or(mode));
    }

    [[nodiscard]] bool is_usable() noexcept {
        if (!file_.is_open()) return false;
        // A lock is the descriptor's: a forked child needs one of its own.
        if (::getpid() == opened_by_ && file_.is_ours()) return true;
        close();
        return false;
    }

    // The program closed the descriptor while the batch was being written: the kernel knows where it went, and the file
    // does. With the lock again, the file ends with a whole batch.
    [[nodiscard]] bool was_written(file_place const& place) noexcept {
        try {
            close();
            if (!open()) return false;
            const file_lock lock = lock_in_place();
            if (!lock.is_held()) return false;
            const descriptor noted = open_noted_file(settings_.path, place);
            return noted.is_open() && look_for_batch(noted.get(), place) == batch_state::whole;
        } catch (...) {  // no memory to look
            return false;
        }
    }

    enum class name { same, other, unknown };
    // Does the name stand for the file that is open? A failing stat is not a moved file.
    [[nodiscard]] name look_at_name() const noexcept {
        struct stat named {};
        if (::stat(settings_.path.c_str(), &named) == 0)
            return identity_of(named) == file_.identity() ? name::same : name::other;
        return errno == ENOENT || errno == ENOTDIR ? name::other : name::unknown;
    }

    // Locks the file that has the name now; others may have renamed ours while we waited for the lock. If there is no
    // such file and none can be made, the old one goes on as long as it has any name.
    [[nodiscard]] file_lock lock_in_place() noexcept {
        constexpr int most_attempts = 100;  // somebody does nothing but rename
        for (int attempt = 0;; ++attempt) {
            file_lock lock = patience_.lock(file_.get());
            if (!lock.is_held()) return lock;
            struct stat ours {};
            if (!file_.is_ours(ours)) return {};
            if (look_at_name() == name::other && attempt < most_attempts) {
                lock.release();
                remember_owner_and_mode(ours);
                if (open()) continue;
                if (ours.st_nlink == 0) {
                    const int error = errno;
                    close();
                    errno = error;
                    return {};
                }
                lock = patience_.lock(file_.get());
                if (!lock.is_held() || !file_.is_ours(ours)) return {};
            }
            size_ = static_cast<std::uint64_t>(ours.st_size);
            if (size_ != own_end_) look_at_end();
            return lock;
        }
    }

    // Others have written, or cut the file short.
    void look_at_end() noexcept {
        if (mend_ == nullptr || size_ == 0) return;
        try {
            mend_(file_.get(),
                  {static_cast<std::uint64_t>(file_.identity().device), file_.identity().inode, size_, {}});
        } catch (...) {  // no memory to look: the next batch looks again
        }
        struct stat now {};
        if (::fstat(file_.get(), &now) == 0) size_ = static_cast<std::uint64_t>(now.st_size);
    }

    [[nodiscard]] bool must_rotate(std::size_t batch) const noexcept {
        return settings_.limit != 0 && size_ != 0 && size_ + batch > settings_.limit &&
               clock_ns(CLOCK_MONOTONIC) >= no_rotation_before_;
    }

    // Renames the full file away and locks a new one. Where it cannot be renamed, or no new one can be made, the old
    // one goes on.
    [[nodiscard]] bool start_new_file(file_lock& lock) noexcept {
        struct stat status {};
        if (::fstat(file_.get(), &status) == 0) remember_owner_and_mode(status);
        const int rotation_error = rotate();
        if (rotation_error == EWOULDBLOCK) {  // somebody else is in the middle of it, and may have been stopped there
            no_rotation_before_ = clock_ns(CLOCK_MONOTONIC) + 100'000'000;
            return look_at_name() != name::other || reopen_in_place(lock);
        }
        if (rotation_error != 0) note_rotation_error(rotation_error);
        if (look_at_name() != name::other) return true;
        if (rotation_error == 0) is_rotation_error_said_ = false;
        return reopen_in_place(lock);
    }
    // The old descriptor stays until the new file is open. Its lock does not: who rotates next waits for it.
    [[nodiscard]] bool reopen_in_place(file_lock& lock) noexcept {
        lock.release();
        kept_descriptor old = std::exchange(file_, kept_descriptor{});
        if (!open()) {
            note_rotation_error(errno);
            file_ = std::move(old);
            lock = patience_.lock(file_.get());
            return lock.is_held();
        }
        lock = lock_in_place();
        return lock.is_held();
    }
    void remember_owner_and_mode(struct stat const& status) noexcept {
        before_ = {status.st_mode, status.st_uid, status.st_gid};
    }
    void note_rotation_error(int error) noexcept {
        no_rotation_before_ = clock_ns(CLOCK_MONOTONIC) + 1'000'000'000;
        ++rotation_failures_;
        if (!std::exchange(is_rotation_error_said_, true)) unsaid_rotation_error_ = error;
    }

    [[nodiscard]] std::size_t append(std::string_view bytes) noexcept {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t n = ::write(file_.get(), bytes.data() + done, bytes.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) break;
            if (n == 0) {
                errno = ENOSPC;
                break;
            }
            done += static_cast<std::size_t>(n);
        }
        return done;
    }

    [[nodiscard]] bool write_stream(std::string_view lines) noexcept {
        streamed_ += append(lines.substr(streamed_));
        if (streamed_ < lines.size()) return false;
        streamed_ = 0;
        return true;
    }

    // The steps above. 0, or why the log is where it was or has no number yet.
    [[nodiscard]] int rotate() noexcept {
        try {
            const std::string log = file_of_log(settings_.path);
            const kept_backups kept = backups_to_keep(log, settings_.backups, ::time(nullptr));
            for (unsigned oldest = kept.there; oldest > kept.count; --oldest)
                (void)::unlink(rotated_path(log, oldest).c_str());
            untold_spool_losses_ += kept.lost;
            if (kept.count == 0) return ::unlink(log.c_str()) == 0 ? 0 : errno;
            const std::string moved = rotated_path(log, 0);
            if (const int error = finish_rotation(log, moved, kept.count)) return error;
            if (const int error = move_file(log, moved)) return error;
            reached(step::rotate);
            const int error = give_number(log, moved, kept.count);
            reached(step::renamed);
            return error;
        } catch (...) {
            return ENOMEM;
        }
    }
    // Who is in the middle of step 3 or 4 holds the lock of the file that he moved.
    [[nodiscard]] int finish_rotation(std::string const& log, std::string const& moved, unsigned backups) {
        const descriptor left = open_file(moved.c_str(), O_RDONLY | O_NONBLOCK);
        if (!left.is_open()) return errno == ENOENT ? 0 : errno;
        constexpr std::uint64_t patience_ns = 50'000'000;  // it is a few renames
        const file_lock lock(left.get(), clock_ns(CLOCK_MONOTONIC) + patience_ns);
        if (!lock.is_held()) return EWOULDBLOCK;
        // Who had the lock before may have given it its number.
        struct stat mine {
        }, named{};
        if (::fstat(left.get(), &mine) != 0 || ::stat(moved.c_str(), &named) != 0 ||
            !(identity_of(mine) == identity_of(named)))
            return 0;
        return give_number(log, moved, backups);
    }
    [[nodiscard]] int give_number(std::string const& log, std::string const& moved, unsigned backups) {
        const auto exists = [&](unsigned number) { return ::access(rotated_path(log, number).c_str(), F_OK) == 0; };
        unsigned free_number = 1;
        while (free_number < backups && exists(free_number)) ++free_number;
        // Only the oldest may go.
        if (free_number == backups && exists(free_number) && backups > 1) {
            if (::rename(rotated_path(log, free_number - 1).c_str(), rotated_path(log, free_number).c_str()) != 0)
                return errno;
            --free_number;
        }
        for (unsigned i = free_number; i > 1; --i)
            if (const int error = move_file(rotated_path(log, i - 1), rotated_path(log, i));
                error != 0 && error != ENOENT)
                return error;
        if (backups == 1) return ::rename(moved.c_str(), rotated_path(log, 1).c_str()) == 0 ? 0 : errno;
        return move_file(moved, rotated_path(log, 1));
    }
    // Never onto another file: somebody who renames logs without asking anybody may have two processes rotate at once.
    // Then the answer is EWOULDBLOCK, and the next batch looks again.
    [[nodiscard]] static int move_file(std::string const& from, std::string const& to) noexcept {
#ifdef RENAME_NOREPLACE
        if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
        if (errno == EEXIST) return EWOULDBLOCK;
        if (errno != EINVAL && errno != ENOSYS) return errno;
#endif
        if (::access(to.c_str(), F_OK) == 0) return EWOULDBLOCK;
        return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    }

    struct owner_and_mode {
        mode_t mode;
        uid_t owner;
        gid_t group;
    };

    file_settings settings_;
    kept_descriptor file_{};
    pid_t opened_by_ = 0;
    std::uint64_t size_ = 0;
    bool is_regular_ = true;
    std::uint64_t own_end_ = 0;  // where this process's last batch ended
    std::size_t streamed_ = 0;   // of a batch to a file that is not regular
    lock_patience patience_{};
    std::optional<owner_and_mode> before_{};  // of the file that was rotated away
    std::uint64_t no_rotation_before_ = 0, rotation_failures_ = 0, untold_spool_losses_ = 0;
    int unsaid_rotation_error_ = 0;
    bool is_rotation_error_said_ = false;
    std::function<void(int, file_place const&)> mend_{};
};

}  // namespace logkit::detail
