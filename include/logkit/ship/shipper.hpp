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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/clock.hpp>
#include <logkit/base/level.hpp>
#include <logkit/ship/backoff.hpp>
#include <logkit/ship/cursor_keeper.hpp>
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
          cursor_(log_, std::move(rotated), is_followed),
          keeper_(log_, settings_.name, settings_.spool_mb, cursor_, edges_),
          redactor_(edges_.hidden == nullptr ? nullptr
                                             : std::make_unique<redactor>(edges_.hidden->values, &edges_.hidden->keys)),
          packer_(s.compression),
          backoff_(ns_of(s.network_check_interval)),
          limits_{s.max_batch_size, s.max_batch_bytes} {}

    // Does what is due, with one request at most; returns when the next step is due.
    std::uint64_t step() {
        const std::uint64_t now = edges_.now_ns();
        if (state_ == state::refused) return UINT64_MAX;
        if (!keeper_.is_owner() && !become_owner()) return now + takeover_ns;
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
        std::optional<ship_batch> batch = cursor_.next(limits_, now, edges_.is_redacting ? redactor_.get() : nullptr);
        if (!batch.has_value()) return nothing_to_send(now);
        said_trouble_.clear();
        if (batch->records == 0) return pass_over(*batch, now);
        if (!keeper_.save_if_needed()) return not_before_ns_ = now + retry_save_ns;
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
    [[nodiscard]] pid_t holder() const noexcept { return keeper_.holder(); }
    [[nodiscard]] std::string const& last_error() const noexcept { return error_; }
    [[nodiscard]] long last_status() const noexcept { return last_status_; }
    [[nodiscard]] cursor_file const& file() const noexcept { return keeper_.file(); }
    [[nodiscard]] std::uint64_t lag() const noexcept {
        return cursor_.end() > cursor_.state().position ? cursor_.end() - cursor_.state().position : 0;
    }
    // Tries at once, whatever was to be waited for: somebody waits for it.
    void hurry() noexcept {
        if (state_ == state::idle || state_ == state::absent) not_before_ns_ = 0;
    }
    // What is known is on disk, and the cursor is somebody else's to have.
    void finish() { keeper_.let_go(); }

  private:
    static constexpr std::uint64_t takeover_ns = 2'000'000'000, retry_save_ns = 1'000'000'000,
                                   look_for_dead_every_ns = 2'000'000'000;
    static constexpr std::uint64_t lag_limit = 64U << 20;

    [[nodiscard]] static std::uint64_t ns_of(std::chrono::milliseconds time) noexcept {
        return static_cast<std::uint64_t>(time.count()) * 1'000'000;
    }
    void say(level severity, std::string const& text) { edges_.say(severity, log_, text); }
    void say_once(std::string& said, std::string const& text) {
        if (std::exchange(said, text) != text) say(level::warning, text);
    }

    [[nodiscard]] static std::string error_text() { return std::strerror(errno); }

    // False: not yet, or never.
    [[nodiscard]] bool become_owner() {
        switch (keeper_.own()) {
            case cursor_keeper::owning::taken:
                state_ = state::taken;
                return false;
            case cursor_keeper::owning::unreadable:
                error_ = keeper_.trouble();
                say_once(said_trouble_, error_);
                state_ = state::unreadable;
                return false;
            case cursor_keeper::owning::refused:
                error_ = keeper_.trouble();
                state_ = state::refused;
                say(level::error, error_);
                return false;
            case cursor_keeper::owning::mine:
                break;
        }
        highest_ = cursor_.state().sent;
        if (cursor_.is_ours() && !cursor_.writers().is_readable)
            say(level::warning,
                "the journals of the log's writers cannot be read: after a crash of theirs, records "
                "may arrive twice (at least once); run as the same user");
        if (edges_.recover) edges_.recover(log_);
        return true;
    }

    // ── nothing to send ──

    std::uint64_t rest(state next, std::uint64_t now) {
        state_ = next;
        cursor_.rest();
        packer_.rest();
        keeper_.rest(now);
        return not_before_ns_ = now + ns_of(settings_.flush_interval);
    }
    std::uint64_t nothing_to_send(std::uint64_t now) {
        if (!cursor_.trouble().empty()) return say_trouble(now);
        if (cursor_.must_look_again()) {
            state_ = state::unsure;
            return now;
        }
        if (cursor_.waits_for_writer()) return rest(state::unsure, now);
        said_trouble_.clear();
        watch_lag();
        if (!cursor_.is_locked() && lag() == 0 && outage_began_ns_ != 0) end_outage(now);
        if (!cursor_.is_locked()) cursor_.came_to_rest();
        return rest(cursor_.is_locked() ? state::locked : state::idle, now);
    }
    std::uint64_t say_trouble(std::uint64_t now) {
        error_ = cursor_.trouble();
        say_once(said_trouble_, "cannot read " + error_);
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
        http_answer answer = edges_.network.send(request);
        // A server may repeat what it was sent; no key goes into a message, a cursor or a log.
        for (std::string* text : {&answer.body, &answer.location, &answer.reason})
            for (std::string const& secret : {settings_.api_key, address_.credentials, address_.password()})
                hide(*text, secret);
        return answer;
    }
    static void hide(std::string& text, std::string const& secret) {
        if (secret.empty()) return;
        for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 3)
            text.replace(at, secret.size(), "***");
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
        if (v.position <= batch.position && batch.end > batch.position) return later(batch, stands_still(v), now);
        if (!keep_refused(batch, v)) return cannot_keep(now);
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
        limits_.records = std::min(limits_.records * 2, settings_.max_batch_size);
        if (cursor_.state().sent > highest_) {  // further than ever: nobody leads us in circles
            highest_ = cursor_.state().sent;
            turns_ = 0;
            backoff_.succeeded();
        }
        if (v.accepted != 0) set_aside_in_a_row_ = 0;
        if (outage_began_ns_ != 0) end_outage(now);
        is_held_said_ = false;
        error_.clear();
        cursor_.state().error.clear();
        state_ = state::busy;
        keeper_.mark_changed();
        keeper_.save_by_and_by(now);
        return not_before_ns_ = now;
    }
    [[nodiscard]] static verdict stands_still(verdict v) {
        v.reason = "the server says that it has the stream up to byte " + std::to_string(v.position) +
                   " only, and yet takes nothing";
        return v;
    }
    // Lines that the server names as rejected: it has passed them. It counts positions in the body that it got.
    [[nodiscard]] bool keep_refused(ship_batch const& batch, verdict const& v) {
        std::string kept;
        for (rejected_line const& line : v.refused) {
            std::string_view text = batch.body();
            const std::uint64_t offset = line.position - batch.position;
            text = line.position < batch.position || offset >= text.size() ? std::string_view{} : text.substr(offset);
            text = text.substr(0, text.find('\n'));
            kept += line_of({edges_.date(), 200, line.reason, line.position, text}, redactor_.get());
        }
        if (v.refused.empty()) return true;
        if (!keep_rejected(log_, kept)) return false;
        counts_.rejected += v.rejected;
        say_rejected(v.refused.front().reason);
        return true;
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
            const std::uint64_t from = cursor_.leave_gap(v.position, v.hash, "acknowledged");
            say(level::warning, "the server lacks the bytes from " + std::to_string(v.position) + " to " +
                                    std::to_string(had) + "; those up to " + std::to_string(from) +
                                    " are not here any more" + (from < had ? ", the others are sent again" : ""));
        });
    }
    // The stream goes another way. A server that leads in circles is tried again later.
    template <class Turn>
    std::uint64_t turn_aside(std::uint64_t now, Turn&& turn) {
        constexpr unsigned most_turns = 4;
        turn();
        tell_news();
        keeper_.mark_changed();
        if (++turns_ < most_turns) return not_before_ns_ = now;
        return not_before_ns_ = now + backoff_.next(edges_.random());
    }

    std::uint64_t send_less(ship_batch const& batch, std::uint64_t now) {
        limits_.records = std::max<std::uint64_t>(1, batch.records / 2);
        return not_before_ns_ = now;
    }
    // The one record of a batch that nobody takes.
    std::uint64_t set_aside(ship_batch const& batch, long status, std::string const& answer, std::uint64_t now) {
        const std::string line = line_of({edges_.date(), status, answer, batch.begin, batch.body()}, redactor_.get());
        if (!keep_rejected(log_, line)) return cannot_keep(now);
        ++counts_.rejected;
        say_rejected(answer);
        cursor_.set_aside(batch);
        (void)keeper_.save();
        // So many, and none accepted between them: that is not the records' fault. It goes on, slowly.
        constexpr unsigned most_in_a_row = 100;
        if (++set_aside_in_a_row_ < most_in_a_row) return not_before_ns_ = now;
        verdict v;
        v.reason = "it takes none of the last " + std::to_string(set_aside_in_a_row_) + " records: " + answer;
        return hold(v, now);
    }
    std::uint64_t cannot_keep(std::uint64_t now) {
        const std::string why = "\"" + log_ + ".rejected\" cannot be written: " + error_text();
        say_once(said_unkept_, why + "; the log waits, so that no record is lost");
        fail(why, now);
        state_ = state::waiting;
        return not_before_ns_ = now + backoff_.next(edges_.random());
    }
    void say_rejected(std::string const& why) {
        if (!std::exchange(is_rejection_said_, true))
            say(level::warning, "a record was refused and is in \"" + log_ + ".rejected\", as will be others: " + why);
    }
    std::uint64_t pass_over(ship_batch const& batch, std::uint64_t now) {
        if (!batch.reason.empty()) {
            rejected_record const rejected{edges_.date(), 0, batch.reason, batch.begin, batch.lines.mended};
            if (!keep_rejected(log_, line_of(rejected, redactor_.get()))) return cannot_keep(now);
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
        keeper_.mark_changed();
        return not_before_ns_ = now;
    }

    // ── trouble ──

    void fail(std::string const& why, std::uint64_t now) {
        ++counts_.failures;
        if (why != error_) {
            error_ = why;
            cursor_.state().error = edges_.date() + ' ' + why;
            keeper_.mark_changed();
        }
        keeper_.save_by_and_by(now);
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
    log_cursor cursor_;
    cursor_keeper keeper_;
    std::unique_ptr<redactor> redactor_;
    packer packer_;
    backoff backoff_;
    batch_limits limits_;
    shipper_counters counts_{};
    state state_ = state::unsure;
    std::uint64_t not_before_ns_ = 0, looked_for_dead_ns_ = 0, outage_began_ns_ = 0;
    std::string error_{}, said_trouble_{}, said_unkept_{};
    long last_status_ = 0;
    unsigned turns_ = 0, set_aside_in_a_row_ = 0;
    std::uint64_t highest_ = 0;  // that the server ever had
    bool was_packed_ = false, is_once_plain_ = false, is_held_said_ = false, is_rejection_said_ = false,
         is_lag_said_ = false;
};

}  // namespace logkit::detail
