// SPDX-License-Identifier: MIT
#pragma once

// The one engine of a process: owns the rings, the sites, the backend and the pipeline, and wires them as the
// settings say. Stage: control. Made on first use, never destroyed: static destructors may still log.

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/bounded_mutex.hpp>
#include <logkit/base/door.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/base/pinned_code.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/call/binding.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/context/flow.hpp>
#include <logkit/context/sampling_decision.hpp>
#include <logkit/control/extension.hpp>
#include <logkit/control/hold_settings.hpp>
#include <logkit/control/levels.hpp>
#include <logkit/control/log_setup.hpp>
#include <logkit/control/machinery.hpp>
#include <logkit/control/own_records.hpp>
#include <logkit/control/recovery.hpp>
#include <logkit/control/redaction.hpp>
#include <logkit/control/resolved_settings.hpp>
#include <logkit/control/stats.hpp>
#include <logkit/pipe/backend.hpp>
#include <logkit/pipe/journal.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

// Installs handlers for what ends a process (control/fatal.hpp).
LOGKIT_DOOR void watch_fatal_events();

class engine {
  public:
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    [[nodiscard]] static engine& instance() {
        // Never destroyed, on purpose; in static memory, so that there is one even when memory is out.
        alignas(engine) static std::byte memory[sizeof(engine)];
        static engine* const the_engine = new (memory) engine;
        return *the_engine;
    }

    [[nodiscard]] bool is_configured() const noexcept { return is_configured_.load(std::memory_order_acquire); }

    void configure_from_environment_once() {
        if (is_configured()) return;
        const hold_settings lock(mutex_);
        if (!is_configured()) apply(settings{});
    }

    // Throws std::invalid_argument or std::system_error for what the program itself asked for, and
    // std::system_error (timed_out) where a write to the log hangs.
    void configure(settings const& given) {
        const hold_settings lock(mutex_);
        apply(given);
    }
    // The same once more: what the environment and the extension say may have changed.
    void configure_again() {
        const hold_settings lock(mutex_);
        const settings again = given_;
        apply(again);
    }

    [[nodiscard]] bool has_started() const noexcept { return machinery_ != nullptr; }
    machinery& parts() noexcept { return *machinery_; }
    site_table& sites() noexcept { return sites_; }
    level_registry& levels() noexcept { return levels_; }
    live_settings const& current() const noexcept { return live_; }
    // Null before the first configuration.
    [[nodiscard]] redaction_policy const* redacted_by() const noexcept {
        return redaction_.load(std::memory_order_acquire);
    }
    redaction_policies& redactions() noexcept { return redactions_; }
    // In a child of a fork that came while a write hung: its parent's locks are nobody's to open.
    [[nodiscard]] bool is_lost() const noexcept { return is_lost_.load(std::memory_order_relaxed); }

    // In async mode, a process's first record starts the backend: also a forked child's.
    void ensure_backend() {
        if (live_.run_mode != mode::async || has_shut_down_ || machinery_->drainer.is_running()) return;
        const hold_settings lock(mutex_);
        set_mode(mode::async);
        tell_extension();
    }
    // What processes that are gone had not yet written to this process's log, as at its start. From any thread; nothing
    // where that is not possible now.
    void recover_dead_writers(std::string const& log) {
        const inside_scope inside;
        try {
            recovery_target target;
            {
                const hold_settings lock(mutex_);
                if (now_.file.path.empty() || recovered_path_ != log) return;
                target = {now_.file, now_.journal_folders(log), redaction_.load()};
                target.file.path = log;
            }
            (void)recover_journals(target);
        } catch (std::exception const&) {  // a write to the log hangs, or there is no memory: the next time
        }
    }

    // Where rings are made; null: in memory. The first record of a process makes the journal: also of a forked child.
    [[nodiscard]] journal* ensure_journal() {
        if (!machinery_->has_tried_journal) {
            const hold_settings lock(mutex_);
            if (!machinery_->has_tried_journal) make_journal();
        }
        return machinery_->journal_in_use.load(std::memory_order_acquire);
    }

    // Null until the first record.
    [[nodiscard]] last_words* words() noexcept { return words_.load(std::memory_order_acquire); }

    // These throw std::system_error (timed_out) where a write to the log hangs; then nothing has changed.
    // What the program has added, as `change` leaves it; false: it says that nothing has changed.
    template <class Change>
    bool change_additions(Change&& change) {
        configure_from_environment_once();
        additions next;
        const hold_settings lock(mutex_);
        next = additions_;
        if (!change(next)) return false;
        change_delivery([&](pipeline& p) {
            std::swap(additions_, next);  // what goes is destroyed when the delivery goes on
            p.set_sinks(console_, additions_.sinks);
            p.set_processors(additions_.processors);
        });
        return true;
    }
    void divert(std::shared_ptr<sink> target) {
        const hold_settings lock(mutex_);
        const bool is_on = target != nullptr;
        change_delivery([&](pipeline& p) { p.divert(std::move(target)); });
        levels_.open_all(is_on);
        sampling.rate.store(is_on ? 1 : now_.sample, std::memory_order_relaxed);
    }
    // `merge` makes the new block of fields out of the old.
    template <class Merge>
    void change_globals(Merge&& merge) {
        const hold_settings lock(mutex_);
        std::string next = merge(global_block_);
        change_delivery([&](pipeline& p) {
            global_block_ = std::move(next);
            p.set_globals(now_.service, global_block_);
        });
    }

    // All that was logged before is in the file and in the sinks. (The console is not waited for if nobody reads it.)
    [[nodiscard]] bool flush(std::uint64_t timeout_ns) {
        const std::uint64_t deadline = deadline_after(timeout_ns);
        machinery& m = parts();
        bool is_done = m.drainer.flush(timeout_ns);
        bool is_anything_new = false;
        for (auto const& o : m.delivery.outlets_now()) {
            is_done = (o->wait_until_done(deadline) || o->is_spare()) && is_done;
            is_anything_new = is_anything_new || o->has_news();
        }
        if (is_anything_new) is_done = m.drainer.pause([] {}) && is_done;
        return is_done;
    }

    // False if not all could be written in time.
    bool shutdown(std::uint64_t timeout_ns) {
        const std::uint64_t deadline = deadline_after(timeout_ns);
        if (is_draining || !mutex_.try_lock_until(deadline)) return is_draining;
        const std::lock_guard lock(mutex_, std::adopt_lock);
        if (machinery_ == nullptr) return true;
        machinery& m = parts();
        has_shut_down_ = true;
        const bool is_stopped = m.drainer.stop(timeout_ns);
        m.delivery.tell_at_once();
        if (is_stopped) m.drainer.drain_here();
        bool is_done = is_stopped;
        for (auto const& o : m.delivery.outlets_now())
            is_done = (o->wait_until_done(deadline) || o->is_spare()) && is_done;
        if (!is_stopped) return false;
        // What is logged from here on is written before the call returns, so there will be nothing to
        // recover. Where not all could be written, the journal stays for the next process.
        if (!m.drainer.pause([&] { m.delivery.give_sinks_threads(false); })) return false;
        if (m.own_journal != nullptr && !m.drainer.has_work()) m.own_journal->remove();
        return is_done;
    }

  private:
    engine() noexcept {
        id_generator ids;
        own_trace_ = {ids.next(), ids.next()};
    }

    // Changes the pipeline between two batches, after everything published before is through it.
    template <class Change>
    void change_delivery(Change&& change) {
        if (!parts().drainer.pause([&] { change(parts().delivery); })) throw_log_hangs();
    }

    // Everything that can fail comes before anything that changes.
    void apply(settings const& given) {
        const inside_scope inside;
        resolved_settings next = resolve(given, settings::from_environment());
        if (next.file.path.empty()) next.file.path = file_instead_of_none();
        redaction_policy const* const hidden = redactions_.intern(next.redaction);
        std::unique_ptr<rotating_file> file = open_log(next);
        if (file != nullptr) recover(next, *file, *hidden);
        if (machinery_ == nullptr) begin(*hidden);
        machinery& m = parts();
        if (redaction_ == nullptr) redaction_ = hidden;  // the fields that are set below ask for it
        const bool needs_journal = has_shut_down_ && m.own_journal != nullptr && m.own_journal->is_removed();
        change_delivery([&](pipeline& p) {
            p.set_file(std::move(file));
            if (needs_journal)
                retire_journal();
            else if (m.own_journal != nullptr && p.file() != nullptr)
                m.own_journal->retarget(p.file()->path());
            console_ = make_console(next, p.file() != nullptr);
            now_ = std::move(next);
            p.set_redaction(*hidden);
            p.set_sinks(console_, additions_.sinks);
            p.set_globals(now_.service, global_block_);
            p.clear_first_record_notes();
            if (now_.redaction.is_keys_off) p.note_on_first_record("redaction", "off");
            if (now_.redaction.is_values_off) p.note_on_first_record("value_redaction", "off");
        });
        publish_settings(hidden, needs_journal);
        if (needs_journal) m.drainer.catch_up();  // who publishes to a stale ring after this sees that it is one
        has_shut_down_ = false;
        given_ = given;
        if (now_.watches_fatal && !std::exchange(watches_fatal_, true)) watch_fatal_events();
        set_mode(now_.mode);
        is_configured_.store(true, std::memory_order_release);
        report(now_.problems);
        tell_extension();
    }
    void tell_extension() {
        rotating_file const* const file = parts().delivery.file();
        tell_started(file != nullptr && file->is_regular() ? file->path() : std::string{});
    }

    // To those who look at them at each call. A new salt has every site asked for anew, and with it each thread's ring.
    void publish_settings(redaction_policy const* hidden, bool has_new_rings) {
        live_.ring_kb = now_.ring_kb;
        live_.run_mode = now_.mode;
        live_.when_full = now_.overflow;
        redaction_ = hidden;
        if (std::exchange(salted_for_, hidden) != hidden || has_new_rings)
            gate.salt.fetch_add(0x9e3779b97f4a7c15, std::memory_order_release);
        sampling.rate.store(now_.sample, std::memory_order_relaxed);
        sampling.is_tail.store(now_.is_tail, std::memory_order_relaxed);
        levels_.apply(now_.levels.text(), now_.default_level());
    }

    void begin(redaction_policy const& hidden) {
        machinery_ = new machinery(sites_);
        machinery_->delivery.set_redaction(hidden);
        machinery_->delivery.set_own_trace(own_trace_);
        pinned_code::pin(this);
        gate.attention.fetch_or(attention_sync);  // until the backend runs
        std::atexit([] { (void)instance().shutdown(exit_patience_ns); });
        pthread_atfork(&engine::before_fork, &engine::after_fork_in_parent, &engine::after_fork_in_child);
    }

    // What earlier processes left behind for this file is written to it first; and where others die while
    // they write to it, this process mends it.
    void recover(resolved_settings const& s, rotating_file& file, redaction_policy const& hidden) {
        if (file.path() != recovered_path_ && file.is_open() && file.is_regular()) {
            (void)recover_journals({file.settings(), s.journal_folders(file.path()), &hidden});
            recovered_path_ = file.path();
        }
        mend_foreign_ends(file, s);
    }
    // With mutex_ held. Tried once, whatever comes of it: threads have rings by then.
    void make_journal() noexcept {
        const inside_scope inside;
        machinery& m = parts();
        std::string why;
        rotating_file const* const file = m.delivery.file();
        try {
            if (now_.journal != "off" && file != nullptr && file->is_regular() && !begin_journal(m, *file, why))
                change_delivery([&](pipeline& p) {
                    p.note_on_first_record("durability", "none");
                    p.note_on_first_record("journal", why);
                });
            if (now_.watches_fatal) prepare_words(m);
        } catch (std::exception const& error) {  // no memory: records do not survive the process
            say_on_standard_error("no journal: %s", error.what());
        }
        m.has_tried_journal = true;
    }
    [[nodiscard]] bool begin_journal(machinery& m, rotating_file const& file, std::string& why) {
        std::unique_ptr<journal> made = journal::make(now_.journal_folders(file.path()), file.path(), why);
        if (made == nullptr) return false;
        try {
            sites_.tell(made.get());
            change_delivery([&](pipeline& p) {
                p.set_journal(made.get());
                m.drainer.note_in(made.get());
            });
        } catch (...) {
            sites_.tell(nullptr);
            made->remove();
            throw;
        }
        leave_journal_link(file.path(), made->path().substr(0, made->path().rfind('/')));
        m.own_journal = std::move(made);
        m.journal_in_use.store(m.own_journal.get(), std::memory_order_release);
        return true;
    }
    // After shutdown(): the journal is gone, and a new one is made when the next record comes. With the drain held.
    void retire_journal() {
        machinery& m = parts();
        words_ = nullptr;
        m.journal_in_use.store(nullptr, std::memory_order_release);
        m.delivery.set_journal(nullptr);
        m.drainer.note_in(nullptr);
        sites_.tell(nullptr);
        m.has_tried_journal = false;  // first: who finds none in use, and believes it, then finds its ring stale
        m.rings.retire_all();
        m.own_journal->release_memory();
        m.retired_journals.push_back(std::move(m.own_journal));
    }
    void prepare_words(machinery& m) {
        const argument_description arguments[] = {{"signal", role::field, kind::text},
                                                  {nullptr, role::exception, kind::exception}};
        const std::uint32_t site = sites_.number_of(
            hash_text("fatal signal"), {"fatal signal", source_location::current(), level::critical, arguments, 2}, 0);
        channel& c = m.rings.set_aside(16 * 1024, m.own_journal.get());
        m.words.emplace(last_words{{c.bytes, c.mask, 0, c.mask + 1, &c.shared()}, site, &m.drainer});
        words_.store(&*m.words, std::memory_order_release);
    }

    void report(std::vector<setting_problem> const& problems) {
        for (setting_problem const& problem : problems)
            change_delivery([&](pipeline& p) {
                p.deliver_own(level::warning, "setting cannot be used",
                              [&](record& r) { say_setting_problem(r, problem); });
            });
    }

    void set_mode(logkit::mode wanted) {
        machinery& m = parts();
        if (wanted == mode::sync) {
            if (m.drainer.is_running()) (void)m.drainer.stop(backend::patience_ns);
            (void)m.drainer.pause([&] { m.delivery.give_sinks_threads(false); });
            return;
        }
        if (m.drainer.is_running()) return;
        m.delivery.give_sinks_threads(true);
        if (!m.drainer.start())
            say_on_standard_error("no thread for the backend; records are written by the threads that log");
    }

    // ── fork ──
    // The child starts with nothing of its parent's unsent records, and with rings, a pipeline and a backend of its
    // own; the backend only when it first logs, for most children exec at once. Nobody waits for long: what cannot be
    // had is done without.
    static constexpr std::uint64_t fork_patience_ns = 1'000'000'000;

    static void before_fork() {
        engine& e = instance();
        const std::uint64_t deadline = deadline_after(fork_patience_ns);
        held_for_fork held;
        held.has_settings = e.mutex_.try_lock_until(deadline);
        machinery& m = e.parts();
        // A sink or processor that forks holds the drain itself.
        held.has_drain = !is_draining && m.drainer.try_lock_until(deadline);
        const inside_scope inside;
        if (held.has_settings) {
            const std::uint64_t soon = std::min(deadline, deadline_after(fork_patience_ns / 5));
            for (auto const& o : m.delivery.outlets_now())
                if (o->try_lock_until(soon)) held.outlets.push_back(o);
        }
        held.has_levels = e.levels_.try_lock_until(deadline);
        held.has_sites = e.sites_.try_lock_until(deadline);
        held.has_rings = m.rings.try_lock_until(deadline);
        e.held_ = std::move(held);
    }
    static void after_fork_in_parent() {
        engine& e = instance();
        const held_for_fork held = std::move(e.held_);
        machinery& m = e.parts();
        if (held.has_rings) m.rings.unlock();
        if (held.has_sites) e.sites_.unlock();
        if (held.has_levels) e.levels_.unlock();
        for (auto const& o : held.outlets) o->unlock();
        if (held.has_drain) m.drainer.unlock();
        if (held.has_settings) e.mutex_.unlock();
    }
    static void after_fork_in_child() {
        engine& e = instance();
        const inside_scope inside;
        tell_forked();
        const held_for_fork held = std::move(e.held_);
        this_slot = thread_slot{};
        this_inside.tell(0);
        this_flow.ids.forget();
        is_draining = false;
        e.words_ = nullptr;
        if (held.has_sites) e.sites_.unlock();
        if (held.has_levels) e.levels_.unlock();
        if (held.has_settings) e.mutex_.unlock();
        if (!held.has_settings || !held.has_levels || !held.has_sites) {
            e.is_lost_.store(true);
            e.let_go_of_parents_files();
            say_on_standard_error("forked while a write to the log hung: this process does not log");
            return;
        }
        e.sites_.tell(nullptr);
        e.start_anew(held);
    }
    // Their locks must not outlive the parent.
    void let_go_of_parents_files() noexcept {
        machinery& m = parts();
        if (m.own_journal != nullptr) m.own_journal->forget();
        m.delivery.close_file();
    }
    void start_anew(held_for_fork const& held) {
        machinery& old = parts();
        // The old rings are not mapped here (MADV_DONTFORK), its locks stay locked, and its threads are not here: left
        // alone for good.
        let_go_of_parents_files();
        abandoned_.push_back(&old);
        machinery_ = held.has_drain ? new machinery(sites_, old.delivery.clock()) : new machinery(sites_);
        std::erase_if(additions_.sinks, [&](std::shared_ptr<sink> const& added) {
            const bool is_free = std::any_of(held.outlets.begin(), held.outlets.end(),
                                             [&](auto const& o) { return o->target() == added; });
            if (!is_free)
                say_on_standard_error("forked while a sink was at work: this process goes on without that sink");
            return !is_free;
        });
        pipeline& p = machinery_->delivery;
        p.set_own_trace(own_trace_);
        if (!now_.file.path.empty()) {
            auto file = std::make_unique<rotating_file>(now_.file);  // opened with its first batch
            mend_foreign_ends(*file, now_);
            p.set_file(std::move(file));
        }
        console_ = make_console(now_, p.file() != nullptr);  // what waits in the old one is the parent's to show
        p.set_sinks(console_, additions_.sinks);
        p.set_processors(additions_.processors);
        p.set_redaction(*redaction_.load());
        p.set_globals(now_.service, global_block_);
        gate.attention.store(attention_sync);
    }

    static constexpr std::uint64_t exit_patience_ns = 5'000'000'000;

    bounded_mutex mutex_{};  // configuration and its like; never held by a log call
    std::atomic<bool> is_configured_{false};
    std::atomic<bool> is_lost_{false};
    site_table sites_{};
    level_registry levels_{};
    machinery* machinery_ = nullptr;
    std::vector<machinery*> abandoned_{};  // of the processes this one was forked from
    held_for_fork held_{};
    std::atomic<bool> has_shut_down_{false};
    live_settings live_{};
    std::atomic<redaction_policy const*> redaction_{nullptr};
    std::atomic<last_words*> words_{nullptr};

    // Under mutex_: what the pipeline was made of, and a forked child's is made of again.
    settings given_{};  // by the program
    resolved_settings now_{};
    trace_identity own_trace_{};  // of the library's own records
    std::string global_block_{};  // what global_context() was given
    std::shared_ptr<sink> console_{};
    additions additions_{};  // by the program; they survive a new configuration
    redaction_policies redactions_{};
    redaction_policy const* salted_for_ = nullptr;
    std::string recovered_path_{};  // the log whose dead processes have been seen to
    bool watches_fatal_ = false;
};

}  // namespace logkit::detail
