// SPDX-License-Identifier: MIT
#pragma once

// Keeps a log_cursor on disk: becomes its one owner, saves it by and by, shows that its shipper lives. Stage: ship.

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include <logkit/base/level.hpp>
#include <logkit/ship/cursor_file.hpp>
#include <logkit/ship/log_cursor.hpp>
#include <logkit/ship/shipper_edges.hpp>

namespace logkit::detail {

class cursor_keeper {
  public:
    // All of which outlive it. `name`: of the destination.
    cursor_keeper(std::string const& log, std::string const& name, std::uint64_t spool_mb, log_cursor& kept,
                  shipper_edges const& edges)
        : log_(log), spool_mb_(spool_mb), cursor_(kept), edges_(edges), file_(log, name) {}

    [[nodiscard]] cursor_file const& file() const noexcept { return file_; }
    [[nodiscard]] bool is_owner() const noexcept { return is_owner_; }
    [[nodiscard]] pid_t holder() const noexcept { return holder_; }
    // Why the last own() did not succeed.
    [[nodiscard]] std::string const& trouble() const noexcept { return trouble_; }

    enum class owning : std::uint8_t {
        mine,
        taken,       // by holder()
        unreadable,  // it may be readable later
        refused,     // no cursor can be kept
    };
    // Locks the cursor and goes on with what it says; without one, a stream begins.
    [[nodiscard]] owning own() {
        switch (file_.try_lock(holder_)) {
            case cursor_file::lock_result::mine:
                break;
            case cursor_file::lock_result::taken:
                return owning::taken;
            case cursor_file::lock_result::impossible:
                return fail(owning::refused, "its cursor's lock \"" + file_.path() + ".lock\" cannot be had: " +
                                                 std::strerror(errno) + "; give this user the right to write it");
        }
        cursor kept;
        bool has_cursor = false;
        const bool was_whole = file_.is_whole();
        switch (file_.load(kept)) {
            case cursor_state::unreadable: {
                const int error = errno;
                file_.unlock();
                return fail(owning::unreadable, "its cursor \"" + file_.path() + "\" cannot be read: " +
                                                    std::strerror(error) + "; nothing is sent before it can");
            }
            case cursor_state::of_another_version:
                return fail(owning::refused, "its cursor \"" + file_.path() +
                                                 "\" was written by another version of logkit; use that one, or "
                                                 "remove the cursor, which ships the log anew");
            case cursor_state::good:
                if (!was_whole) say("the cursor was damaged; the one before it goes on");
                has_cursor = true;
                cursor_.resume(std::move(kept), edges_.machine);
                break;
            case cursor_state::damaged:
                say("the cursor is damaged, and so is the one before it: the log is shipped from its oldest byte, as "
                    "a new stream");
                [[fallthrough]];
            case cursor_state::absent:
                cursor_.state().machine = edges_.machine;
        }
        if (!has_cursor) cursor_.state().log = log_;
        cursor_.state().spool_mb = spool_mb_;
        if (cursor_.state().stream.empty()) cursor_.state().stream = new_stream_name();
        is_dirty_ = true;
        if (has_cursor)
            (void)save();
        else if (!file_.save(cursor_.state()))
            return fail(owning::refused,
                        "its cursor \"" + file_.path() + "\" cannot be written: " + std::strerror(errno) +
                            "; without one nothing is shipped exactly once. Let the log stand where a file can be "
                            "made beside it (a program without a log file has its log in cache_dir, LOG_SHIP_CACHE)");
        is_owner_ = true;
        return owning::mine;
    }

    void mark_changed() noexcept { is_dirty_ = true; }
    // False: it cannot be written. A logkit server is served all the same: it knows the position.
    bool save() {
        const std::uint64_t now = edges_.now_ns();
        if (!file_.save(cursor_.state())) {
            if (!std::exchange(is_failure_said_, true))
                say("the cursor \"" + file_.path() + "\" cannot be written: " + std::strerror(errno) +
                    "; the server's own position counts until it can");
            saved_at_ns_ = now;
            return false;
        }
        if (std::exchange(is_failure_said_, false)) say("the cursor is written again");
        saved_at_ns_ = touched_at_ns_ = now;
        is_dirty_ = false;
        return true;
    }
    // A new stream must be on disk before its first request. False: it is not, and nothing may be sent.
    [[nodiscard]] bool save_if_needed() {
        if (!cursor_.take_must_save()) return true;
        is_dirty_ = true;
        return save() || !is_stream_unsaved();
    }
    void save_by_and_by(std::uint64_t now) {
        constexpr std::uint64_t save_every_ns = 250'000'000;
        if (is_dirty_ && now - saved_at_ns_ >= save_every_ns) (void)save();
    }
    // There is nothing to do for a while.
    void rest(std::uint64_t now) {
        constexpr std::uint64_t retry_ns = 1'000'000'000, touch_every_ns = 60'000'000'000;
        is_dirty_ = cursor_.take_must_save() || is_dirty_;
        if (is_dirty_ && (now - saved_at_ns_ >= retry_ns || !is_failure_said_)) (void)save();
        if (now - touched_at_ns_ < touch_every_ns) return;
        file_.touch();
        touched_at_ns_ = now;
    }
    // What is known is on disk, and the cursor is somebody else's to have.
    void let_go() {
        if (is_owner_ && is_dirty_) (void)save();
        file_.unlock();
        is_owner_ = false;
    }

  private:
    owning fail(owning how, std::string why) {
        trouble_ = std::move(why);
        return how;
    }
    void say(std::string const& text) { edges_.say(level::warning, log_, text); }
    // Was the stream itself never written? Then a restart would begin yet another one, and send twice.
    [[nodiscard]] bool is_stream_unsaved() const {
        cursor kept;
        return file_.load(kept) != cursor_state::good || kept.stream != cursor_.state().stream;
    }

    std::string const& log_;
    std::uint64_t spool_mb_;
    log_cursor& cursor_;
    shipper_edges const& edges_;
    cursor_file file_;
    pid_t holder_ = 0;
    std::string trouble_{};
    std::uint64_t saved_at_ns_ = 0, touched_at_ns_ = 0;
    bool is_owner_ = false, is_dirty_ = false, is_failure_said_ = false;
};

}  // namespace logkit::detail
