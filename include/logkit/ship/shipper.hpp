// SPDX-License-Identifier: MIT
#pragma once

// Ships one log: looks, sends a batch, does what the verdict on the answer says. Stage: ship. A state machine that is
// stepped from outside; clock, randomness and transport are handed in, and no step sleeps.
//
//          ┌────────────────────────────── wait ◄──────────────────────────┐
//          ▼                                                               │
//   own the cursor ──► look ──► next batch ──none─────────────────────────►┤ flush_interval
//    (or wait for       │          │ a line that nobody takes ─► aside     │
//     its holder)       │          ▼                                       │
//                       │        send ──► verdict                          │
//                       │                  ├ move ──► cursor, saved        │ at once
//                       │                  ├ gap ───► back, or Logkit-Gap  │ at once
//                       │                  ├ fork ──► a new stream         │ at once
//                       │                  ├ halve, bisect, plain ────────►│ at once; a single record: aside
//                       │                  ├ hold ────────────────────────►│ network_check_interval
//                       └ unreadable       └ later ───────────────────────►┘ backoff
//
// The order of writes: what is set aside is in run.log.rejected before the position passes it, and a new stream is in
// the cursor before its first request. The position itself may be saved later: the server knows it better.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/clock.hpp>
#include <logkit/base/level.hpp>
#include <logkit/ship/backoff.hpp>
#include <logkit/ship/cursor_file.hpp>
#include <logkit/ship/log_cursor.hpp>
#include <logkit/ship/packing.hpp>
#include <logkit/ship/rejected.hpp>
#include <logkit/ship/settings.hpp>
#include <logkit/ship/shipper_edges.hpp>
#include <logkit/ship/verdict.hpp>

namespace logkit::detail {

class shipper {
  public:
    using state = shipper_state;
    // `log`: an absolute path. `rotated`: a pattern, or "". `is_followed`: it goes on when all is shipped.
    shipper(std::string log, std::string rotated, ship::settings const& s, ship_address const& address,
            shipper_edges edges, bool is_followed)
        : log_(std::move(log)),
          settings_(s),
          address_(address),
          edges_(std::move(edges)),
          file_(log_, s.name),
          cursor_(log_, std::move(rotated), is_followed),
          packer_(s.compression),
          backoff_(ns_of(s.network_check_interval)),
          limits_{s.max_batch_size, s.max_batch_bytes} {}

    // Does what is due, with one request at most; returns when the next step is due.
    std::uint64_t step() {
        const std::uint64_t now = edges_.now_ns();
        if (state_ == state::refused) return UINT64_MAX;
        if (!is_owner_ && !become_owner()) return now + takeover_ns;
        if (now < not_before_ns_) return not_before_ns_;
        switch (cursor_.look(now)) {
            case log_cursor::look_result::absent:
                return rest(state::absent, now);
            case log_cursor::look_result::unreadable:
                return say_trouble(now);
            case log_cursor::look_result::unsure:
                state_ = state::unsure;
                return now + 1'050'000'000;
            case log_cursor::look_result::unchanged:
                recover_if_needed(now);
                return rest(state::idle, now);
            case log_cursor::look_result::good:
                break;
        }
        tell_news();
        recover_if_needed(now);
        std::optional<ship_batch> batch = cursor_.next(limits_, now);
        if (!batch.has_value()) return nothing_to_send(now);
        said_trouble_.clear();
        if (batch->records == 0) return pass_over(*batch, now);
        if (!save_if_needed()) return not_before_ns_ = now + retry_save_ns;
        if (state_ != state::waiting && state_ != state::held) state_ = state::busy;
        watch_lag();
        return act(*batch, send(*batch), now);
    }

    [[nodiscard]] state now() const noexcept { return state_; }
    [[nodiscard]] shipper_counters const& counts() const noexcept { return counts_; }
    [[nodiscard]] cursor const& place() const noexcept { return cursor_.state(); }
    [[nodiscard]] log_cursor& log() noexcept { return cursor_; }
    [[nodiscard]] std::string const& path() const noexcept { return log_; }
    [[nodiscard]] unsigned failures_in_a_row() const noexcept { return backoff_.failures(); }
    [[nodiscard]] pid_t holder() const noexcept { return holder_; }
    [[nodiscard]] std::string const& last_error() const noexcept { return error_; }
    [[nodiscard]] long last_status() const noexcept { return last_status_; }
    [[nodiscard]] cursor_file const& file() const noexcept { return file_; }
    [[nodiscard]] std::uint64_t lag() const noexcept {
        return cursor_.end() > cursor_.state().position ? cursor_.end() - cursor_.state().position : 0;
    }
    // Tries at once, whatever was to be waited for: somebody waits for it.
    void hurry() noexcept {
        if (state_ == state::idle || state_ == state::absent) not_before_ns_ = 0;
    }
    // What is known is on disk, and the cursor is somebody else's to have.
    void finish() {
        if (is_owner_ && is_dirty_) (void)save();
        file_.unlock();
        is_owner_ = false;
    }

  private:
    static constexpr std::uint64_t takeover_ns = 2'000'000'000, retry_save_ns = 1'000'000'000,
                                   save_every_ns = 250'000'000, touch_every_ns = 60'000'000'000,
                                   look_for_dead_every_ns = 2'000'000'000;
    static constexpr std::uint64_t lag_limit = 64U << 20;

    [[nodiscard]] static std::uint64_t ns_of(std::chrono::milliseconds time) noexcept {
        return static_cast<std::uint64_t>(time.count()) * 1'000'000;
    }
    void say(level severity, std::string const& text) { edges_.say(severity, log_, text); }

    // ── the cursor on disk ──

    [[nodiscard]] bool become_owner() {
        if (!file_.try_lock(holder_)) {
            if (errno != EAGAIN && errno != EACCES) return refuse("its cursor cannot be written: " + error_text());
            state_ = state::taken;
            return false;
        }
        is_owner_ = true;
        cursor kept;
        bool has_cursor = false;
        const bool was_whole = file_.is_whole();
        switch (file_.load(kept)) {
            case cursor_state::of_another_version:
                return refuse("its cursor \"" + file_.path() +
                              "\" was written by another version of logkit; use that one, or remove the cursor, "
                              "which ships the log anew");
            case cursor_state::good:
                if (!was_whole) say(level::warning, "the cursor was damaged; the one before it goes on");
                has_cursor = true;
                cursor_.resume(std::move(kept), edges_.machine);
                break;
            case cursor_state::damaged:
                say(level::warning,
                    "the cursor is damaged, and so is the one before it: the log is shipped from its "
                    "oldest byte, as a new stream");
                [[fallthrough]];
            case cursor_state::absent:
                cursor_.state().machine = edges_.machine;
        }
        cursor_.state().log = has_cursor ? cursor_.state().log : log_;
        cursor_.state().spool_mb = settings_.spool_mb;
        if (cursor_.state().stream.empty()) cursor_.state().stream = new_stream_name();
        is_dirty_ = true;
        if (has_cursor)
            (void)save();
        else if (!file_.save(cursor_.state()))
            return refuse("its cursor \"" + file_.path() + "\" cannot be written: " + error_text() +
                          "; without one nothing is shipped exactly once. Let the log stand where a file can be made "
                          "beside it (a program without a log file has its log in cache_dir, LOG_SHIP_CACHE)");
        if (cursor_.is_ours() && !cursor_.writers().is_readable)
            say(level::warning,
                "the journals of the log's writers cannot be read: after a crash of theirs, records "
                "may arrive twice (at least once); run as the same user");
        if (edges_.recover) edges_.recover(log_);
        return true;
    }
    [[nodiscard]] bool refuse(std::string const& why) {
        error_ = why;
        state_ = state::refused;
        say(level::error, why);
        return false;
    }
    [[nodiscard]] static std::string error_text() { return std::strerror(errno); }
    // False: it cannot be written. A logkit server is served all the same: it knows the position.
    bool save() {
        const std::uint64_t now = edges_.now_ns();
        if (!file_.save(cursor_.state())) {
            if (!std::exchange(is_save_failure_said_, true))
                say(level::warning, "the cursor \"" + file_.path() + "\" cannot be written: " + error_text() +
                                        "; the server's own position counts until it can");
            saved_at_ns_ = now;
            return false;
        }
        if (std::exchange(is_save_failure_said_, false)) say(level::warning, "the cursor is written again");
        saved_at_ns_ = touched_at_ns_ = now;
        is_dirty_ = false;
        return true;
    }
    // A new stream must be on disk before its first request.
    [[nodiscard]] bool save_if_needed() {
        if (!cursor_.take_must_save()) return true;
        is_dirty_ = true;
        return save() || !is_stream_unsaved();
    }
    // Was the stream itself never written? Then a restart would begin yet another one, and send twice.
    [[nodiscard]] bool is_stream_unsaved() const {
        cursor kept;
        return file_.load(kept) != cursor_state::good || kept.stream != cursor_.state().stream;
    }
    void save_by_and_by(std::uint64_t now) {
        if (is_dirty_ && now - saved_at_ns_ >= save_every_ns) (void)save();
    }

    // ── nothing to send ──

    std::uint64_t rest(state next, std::uint64_t now) {
        state_ = next;
        cursor_.rest();
        packer_.rest();
        if (is_dirty_ && (now - saved_at_ns_ >= retry_save_ns || !is_save_failure_said_)) (void)save();
        if (now - touched_at_ns_ >= touch_every_ns) {
            file_.touch();
            touched_at_ns_ = now;
        }
        return not_before_ns_ = now + ns_of(settings_.flush_interval);
    }
    std::uint64_t nothing_to_send(std::uint64_t now) {
        if (!cursor_.trouble().empty()) return say_trouble(now);
        if (cursor_.must_look_again()) {
            state_ = state::unsure;
            return now;
        }
        said_trouble_.clear();
        is_dirty_ = cursor_.take_must_save() || is_dirty_;
        watch_lag();
        if (!cursor_.is_locked() && lag() == 0 && outage_began_ns_ != 0) end_outage(now);
        if (!cursor_.is_locked()) cursor_.came_to_rest();
        return rest(cursor_.is_locked() ? state::locked : state::idle, now);
    }
    std::uint64_t say_trouble(std::uint64_t now) {
        error_ = cursor_.trouble();
        if (error_ != said_trouble_) {
            said_trouble_ = error_;
            say(level::warning, "cannot read " + error_);
        }
        return rest(state::unreadable, now);
    }
    void tell_news() {
        for (std::string const& news : cursor_.take_news()) say(level::warning, news);
    }
    // A dead writer's records are in its journal, and a torn batch in the log's end.
    void recover_if_needed(std::uint64_t now) {
        if (!edges_.recover || !cursor_.is_ours() || now - looked_for_dead_ns_ < look_for_dead_every_ns) return;
        looked_for_dead_ns_ = now;
        edges_.recover(log_);
        (void)cursor_.look(now);
    }

    // ── a batch ──

    [[nodiscard]] http_answer send(ship_batch const& batch) {
        http_request request{address_.url, headers_of(cursor_.state(), batch, cursor_.gap(), settings_.api_key), {}};
        was_packed_ = !packer_.encoding().empty() && !is_once_plain_;
        request.body = was_packed_ ? packer_.pack(batch.body()) : batch.body();
        if (was_packed_) request.headers.push_back("Content-Encoding: " + std::string(packer_.encoding()));
        is_once_plain_ = false;
        ++counts_.requests;
        return edges_.network.send(request);
    }

    std::uint64_t act(ship_batch const& batch, http_answer const& answer, std::uint64_t now) {
        if (answer.failure == http_failure::stopped) return now;
        const verdict v = judge(answer);
        last_status_ = answer.status;
        if (answer.status != 0) cursor_.state().answer = edges_.date() + ' ' + std::to_string(answer.status);
        switch (v.what) {
            case verdict::kind::move:
                return move(batch, v, now);
            case verdict::kind::gap:
                return bridge(v, now);
            case verdict::kind::fork:
                return turn_aside(now, [&] {
                    cursor_.begin_new_stream("somebody else goes on with this one (a copied or restored machine)");
                });
            case verdict::kind::halve:
                if (batch.records > 1) return send_less(batch, now);
                if (was_packed_) {
                    is_once_plain_ = true;
                    return now;
                }
                return set_aside(batch, answer.status, v.reason, now);
            case verdict::kind::bisect:
                if (batch.records > 1) return send_less(batch, now);
                return set_aside(batch, answer.status, v.reason, now);
            case verdict::kind::plain:
                if (!was_packed_) return later(batch, v, now);
                packer_.turn_off();
                return now;
            case verdict::kind::hold:
                return hold(v, now);
            case verdict::kind::later:
                break;
        }
        return later(batch, v, now);
    }

    std::uint64_t move(ship_batch const& batch, verdict const& v, std::uint64_t now) {
        const bool is_as_sent = v.position == batch.end && (v.hash.empty() || v.hash == hex_of(batch.sample.hash));
        // A server that does not know Logkit-End counts the body.
        const bool counts_bodies = !batch.is_exact && v.hash.empty() && v.position != batch.end &&
                                   v.position == batch.position + batch.body().size();
        keep_refused(batch, v);
        if (is_as_sent || counts_bodies) {
            counts_.records += batch.records;
            counts_.bytes += batch.end - batch.begin;
            counts_.passed_over += batch.passed_over;
            cursor_.acknowledged(batch);
            if (counts_bodies) cursor_.begin_new_stream("the server does not know Logkit-End");
        } else {
            const log_cursor::move_result moved = cursor_.move_to(v.position, v.hash);
            if (moved == log_cursor::move_result::unreadable) return say_trouble(now);
            if (moved == log_cursor::move_result::not_ours)
                return turn_aside(now, [&] {
                    cursor_.begin_new_stream(
                        "the server has other bytes in this stream (a copied or restored machine)");
                });
        }
        turns_ = 0;
        limits_.records = std::min(limits_.records * 2, settings_.max_batch_size);
        backoff_.succeeded();
        if (outage_began_ns_ != 0) end_outage(now);
        is_held_said_ = false;
        error_.clear();
        cursor_.state().error.clear();
        state_ = state::busy;
        is_dirty_ = true;
        save_by_and_by(now);
        return not_before_ns_ = now;
    }
    // Lines that the server names as rejected: it has passed them.
    void keep_refused(ship_batch const& batch, verdict const& v) {
        counts_.rejected += v.rejected;
        for (rejected_line const& line : v.refused) {
            std::string_view text;
            if (batch.is_exact && line.position >= batch.begin && line.position < batch.end)
                text = batch.body().substr(static_cast<std::size_t>(line.position - batch.begin));
            text = text.substr(0, text.find('\n'));
            (void)keep_rejected(log_, line_of({edges_.date(), 200, line.reason, line.position, text}, edges_.hides));
        }
        if (!v.refused.empty())
            say(level::warning, std::to_string(v.refused.size()) +
                                    " records were rejected by the server; they are in \"" + log_ +
                                    ".rejected\": " + v.refused.front().reason);
    }

    std::uint64_t bridge(verdict const& v, std::uint64_t now) {
        using move_result = log_cursor::move_result;
        const std::uint64_t had = cursor_.state().sent;
        const move_result moved = v.position < had ? cursor_.move_to(v.position, v.hash) : move_result::not_ours;
        if (moved == move_result::unreadable) return say_trouble(now);
        return turn_aside(now, [&] {
            if (moved == move_result::moved) {
                say(level::warning, "the server lacks what it had acknowledged, from byte " +
                                        std::to_string(v.position) + " to " + std::to_string(had) +
                                        " (a restored backup?); it is sent again");
                return;
            }
            say(level::warning, "the server lacks the bytes from " + std::to_string(v.position) + " to " +
                                    std::to_string(had) + ", which are not here any more");
            cursor_.leave_gap("acknowledged");
        });
    }
    // The stream goes another way. A server that leads in circles is tried again later.
    template <class Turn>
    std::uint64_t turn_aside(std::uint64_t now, Turn&& turn) {
        constexpr unsigned most_turns = 4;
        turn();
        tell_news();
        is_dirty_ = true;
        if (++turns_ < most_turns) return not_before_ns_ = now;
        return not_before_ns_ = now + backoff_.next(edges_.random());
    }

    std::uint64_t send_less(ship_batch const& batch, std::uint64_t now) {
        limits_.records = std::max<std::uint64_t>(1, batch.records / 2);
        return not_before_ns_ = now;
    }
    // The one record of a batch that nobody takes.
    std::uint64_t set_aside(ship_batch const& batch, long status, std::string const& answer, std::uint64_t now) {
        const std::string line = line_of({edges_.date(), status, answer, batch.begin, batch.body()}, edges_.hides);
        if (!keep_rejected(log_, line)) {
            fail("\"" + log_ + ".rejected\" cannot be written: " + error_text(), now);
            return not_before_ns_ = now + retry_save_ns;
        }
        ++counts_.rejected;
        say_rejected(answer);
        cursor_.set_aside(batch);
        is_dirty_ = true;
        (void)save();
        return not_before_ns_ = now;
    }
    void say_rejected(std::string const& why) {
        if (!std::exchange(is_rejection_said_, true))
            say(level::warning, "a record was refused and is in \"" + log_ + ".rejected\", as will be others: " + why);
    }
    std::uint64_t pass_over(ship_batch const& batch, std::uint64_t now) {
        if (!batch.reason.empty()) {
            rejected_record const rejected{edges_.date(), 0, batch.reason, batch.begin, batch.lines.mended};
            if (!keep_rejected(log_, line_of(rejected, edges_.hides))) {
                fail("\"" + log_ + ".rejected\" cannot be written: " + error_text(), now);
                return not_before_ns_ = now + retry_save_ns;
            }
            ++counts_.rejected;
            say_rejected(batch.reason);
        } else {
            counts_.passed_over += batch.passed_over;
            constexpr std::uint64_t worth_saying = 4096;
            if (batch.end - batch.begin >= worth_saying)
                say(level::warning,
                    std::to_string(batch.end - batch.begin) + " bytes of zeros or blank lines were passed over");
        }
        cursor_.set_aside(batch);
        is_dirty_ = true;
        return not_before_ns_ = now;
    }

    // ── trouble ──

    void fail(std::string const& why, std::uint64_t now) {
        ++counts_.failures;
        if (why != error_) {
            error_ = why;
            cursor_.state().error = edges_.date() + ' ' + why;
            is_dirty_ = true;
        }
        save_by_and_by(now);
    }
    std::uint64_t hold(verdict const& v, std::uint64_t now) {
        fail(v.reason, now);
        state_ = state::held;
        if (!std::exchange(is_held_said_, true))
            say(level::error, "the server at " + address_.shown + " refuses: " + v.reason +
                                  "; nothing is lost, it is tried again every " +
                                  std::to_string(settings_.network_check_interval.count() / 1'000) + " s");
        cursor_.let_go_of_removed(now, ns_of(settings_.network_check_interval));
        return not_before_ns_ = now + ns_of(settings_.network_check_interval);
    }
    std::uint64_t later(ship_batch const& batch, verdict const& v, std::uint64_t now) {
        if (v.was_too_slow && batch.records > 1) limits_.records = std::max<std::uint64_t>(1, batch.records / 2);
        fail(v.reason, now);
        state_ = state::waiting;
        const std::uint64_t wait = backoff_.next(edges_.random(), v.wait_s);
        if (backoff_.failures() >= settings_.max_retries && outage_began_ns_ == 0) {
            outage_began_ns_ = std::max<std::uint64_t>(now, 1);
            say(level::warning, "the log is not being shipped to " + address_.shown + ": " + v.reason +
                                    "; it waits in its files and is tried again");
        }
        cursor_.let_go_of_removed(now, wait);
        return not_before_ns_ = now + wait;
    }
    void end_outage(std::uint64_t now) {
        say(level::warning,
            "the log is being shipped again, after " + std::to_string((now - outage_began_ns_) / 1'000'000'000) + " s");
        outage_began_ns_ = 0;
    }
    void watch_lag() {
        const std::uint64_t behind = lag();
        if (!is_lag_said_ && behind > lag_limit) {
            is_lag_said_ = true;
            say(level::warning, "the shipped log is behind by " + std::to_string(behind >> 20) + " MiB");
        } else if (is_lag_said_ && behind < lag_limit / 2) {
            is_lag_said_ = false;
            say(level::warning, "the shipped log has caught up to " + std::to_string(behind >> 20) + " MiB");
        }
    }

    std::string log_;
    ship::settings settings_;
    ship_address address_;
    shipper_edges edges_;
    cursor_file file_;
    log_cursor cursor_;
    packer packer_;
    backoff backoff_;
    batch_limits limits_;
    shipper_counters counts_{};
    state state_ = state::unsure;
    pid_t holder_ = 0;
    std::uint64_t not_before_ns_ = 0, saved_at_ns_ = 0, touched_at_ns_ = 0, looked_for_dead_ns_ = 0,
                  outage_began_ns_ = 0;
    std::string error_{}, said_trouble_{};
    long last_status_ = 0;
    unsigned turns_ = 0;
    bool is_owner_ = false, is_dirty_ = false, is_save_failure_said_ = false, was_packed_ = false,
         is_once_plain_ = false, is_held_said_ = false, is_rejection_said_ = false, is_lag_said_ = false;
};

}  // namespace logkit::detail
