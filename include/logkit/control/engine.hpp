// SPDX-License-Identifier: MIT
#pragma once

// The one engine of a process: owns the rings, the sites, the backend and the pipeline, and wires them as the
// settings say. Stage: control. Made on first use, never destroyed: static destructors may still log.

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <logkit/base/door.hpp>
#include <logkit/call/binding.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/context/flow.hpp>
#include <logkit/context/sampling_decision.hpp>
#include <logkit/control/environment.hpp>
#include <logkit/control/levels.hpp>
#include <logkit/control/pipeline.hpp>
#include <logkit/control/recovery.hpp>
#include <logkit/control/stats.hpp>
#include <logkit/pipe/backend.hpp>
#include <logkit/pipe/journal.hpp>
#include <logkit/pipe/thread_slot.hpp>
#include <logkit/process/redaction.hpp>
#include <logkit/sink/console.hpp>

namespace logkit::detail {

// Installs handlers for what ends a process (control/fatal.hpp).
LOGKIT_DOOR void watch_fatal_events();

// Settings with every question answered: those that are needed only while they are applied.
struct resolved_settings {
    profile chosen_profile = profile::dev;
    std::string file = "run.log";
    std::uint64_t rotate_mb = 10, backups = 5;
    std::string journal = "auto";
    logkit::console console_target = console::to_stderr;
};

// Those that callers look at on their slow paths, while others may be configuring.
struct live_settings {
    std::atomic<std::uint64_t> ring_kb{256};
    std::atomic<mode> run_mode{mode::async};
    std::atomic<overflow> when_full{overflow::block};
};

class engine {
  public:
    // What a dying process needs to say so: a ring that no thread logs to, and a site (control/fatal.hpp).
    struct last_words {
        ring_writer ring;
        std::uint32_t site;
        backend* run;
    };

    // The rings and all that reads them; replaced as a whole in a forked child.
    struct machinery {
        channel_pool pool;
        backend run;
        std::unique_ptr<journal> log;
        std::optional<last_words> words;
        std::atomic<bool> has_tried_journal{false};
        machinery(site_table const& sites, record_consumer& consumer) : run(pool, sites, consumer) {}
    };

    [[nodiscard]] static engine& instance() {
        // Never destroyed, on purpose; in static memory, so that there is one even when memory is out.
        alignas(engine) static std::byte memory[sizeof(engine)];
        static engine* const the_engine = new (memory) engine;
        return *the_engine;
    }

    [[nodiscard]] bool is_configured() const noexcept { return is_configured_.load(std::memory_order_acquire); }

    void configure_from_environment_once() {
        if (is_configured()) return;
        const std::lock_guard lock(mutex_);
        if (!is_configured()) apply(settings{});
    }

    // Throws std::invalid_argument or std::system_error for what the program itself asked for.
    void configure(settings const& given) {
        const std::lock_guard lock(mutex_);
        apply(given);
    }

    machinery& parts() noexcept { return *machinery_; }
    site_table& sites() noexcept { return sites_; }
    pipeline& line() noexcept { return pipeline_; }
    level_registry& levels() noexcept { return levels_; }
    live_settings const& current() const noexcept { return live_; }
    [[nodiscard]] redaction_policy const& redaction() const noexcept {
        return *policy_.load(std::memory_order_acquire);
    }
    std::atomic<std::uint64_t> refused{0};

    // In async mode, the first record of a process starts the backend: also of a forked child.
    void ensure_backend() {
        if (live_.run_mode != mode::async || has_shut_down_ || machinery_->run.is_running()) return;
        const std::lock_guard lock(mutex_);
        set_mode(mode::async);
    }

    // Where new rings are to be made; null: in memory. The first record of a process makes the journal: also
    // of a forked child.
    [[nodiscard]] journal* ensure_journal() {
        if (!machinery_->has_tried_journal) {
            const std::lock_guard lock(mutex_);
            if (!machinery_->has_tried_journal) make_journal();
        }
        return machinery_->log.get();
    }

    // Null until the first record.
    [[nodiscard]] last_words* words() noexcept { return words_.load(std::memory_order_acquire); }

    // Changes the pipeline between two batches, after everything published before is through it.
    template <class Change>
    void change_pipeline(Change&& change) {
        parts().run.pause([&] { change(pipeline_); });
    }

    void add_sink(std::shared_ptr<sink> added) {
        configure_from_environment_once();
        const std::lock_guard lock(mutex_);
        added_sinks_.push_back(added);
        change_pipeline([&](pipeline& p) { p.sinks.push_back({std::move(added)}); });
    }

    void divert(std::shared_ptr<sink> target) {
        const std::lock_guard lock(mutex_);
        const bool is_on = target != nullptr;
        change_pipeline([&](pipeline& p) { p.diversion = {std::move(target)}; });
        levels_.open_all(is_on);
        sampling.rate.store(is_on ? 1 : sample_, std::memory_order_relaxed);
    }

    // False if not all could be written in time.
    bool shutdown(std::uint64_t timeout_ns) {
        const std::lock_guard lock(mutex_);
        if (machinery_ == nullptr || is_draining) return true;
        has_shut_down_ = true;
        const bool is_stopped = machinery_->run.stop(timeout_ns);
        if (is_stopped) machinery_->run.drain_here();
        // What is logged from here on is written before the call returns, so there will be nothing to
        // recover. Where not all could be written, the journal stays for the next process.
        if (is_stopped && machinery_->log != nullptr && !machinery_->run.has_work()) machinery_->log->remove();
        return is_stopped;
    }

  private:
    engine() noexcept {
        id_generator ids;
        pipeline_.own_trace = {ids.next(), ids.next()};
    }

    static void refuse(const char* setting, std::string const& value, const char* remedy) {
        throw std::invalid_argument(std::string("logkit: the setting ") + setting + " is \"" + value + "\": " + remedy);
    }

    static void check(settings const& s) {
        if (s.sample && !(*s.sample >= 0 && *s.sample <= 1))
            refuse("sample", std::to_string(*s.sample), "use a number from 0 to 1");
        if (s.ring_kb && !is_ring_size(*s.ring_kb))
            refuse("ring_kb", std::to_string(*s.ring_kb), "use a power of two from 8 to 1048576");
        if (s.backups && *s.backups > 1000)
            refuse("backups", std::to_string(*s.backups), "use a number from 0 to 1000");
        if (s.rotate_mb && *s.rotate_mb > 1'048'576)
            refuse("rotate_mb", std::to_string(*s.rotate_mb), "use a number of MiB, or 0 for no rotation");
        if (!s.level) return;
        const parsed_levels levels = parse_levels(s.level->text());
        if (!levels.misunderstood.empty())
            refuse("level", levels.misunderstood.front(),
                   "use trace, debug, info, warning, error, critical or off, or name=level");
    }

    // Everything that can fail comes before anything that changes.
    void apply(settings const& given) {
        check(given);
        const settings env = settings::from_environment();
        const auto pick = [](auto const& mine, auto const& theirs, auto fallback) {
            return mine ? *mine : theirs ? *theirs : fallback;
        };
        resolved_settings next;
        next.chosen_profile = pick(given.profile, env.profile, profile::dev);
        next.file = pick(given.file, env.file, std::string("run.log"));
        next.rotate_mb = pick(given.rotate_mb, env.rotate_mb, next.rotate_mb);
        next.backups = pick(given.backups, env.backups, next.backups);
        next.console_target = pick(given.console, env.console, next.console_target);

        next.journal = pick(given.journal, env.journal, std::string("auto"));
        std::unique_ptr<rotating_file> file = open_file(next, given.file.has_value());
        if (file != nullptr) recover(next, *file);
        auto sinks = console_sinks(next);
        const bool is_redaction_off = pick(given.redact_off, env.redact_off, false);
        const auto more_keys = pick(given.redact, env.redact, std::vector<std::string>{});
        policies_.push_back(
            std::make_unique<redaction_policy>(is_redaction_off ? redaction_policy{} : redaction_policy(more_keys)));

        wants_fatal_ = pick(given.fatal, env.fatal, true);
        if (machinery_ == nullptr) begin();
        if (wants_fatal_ && !std::exchange(watches_fatal_, true)) watch_fatal_events();
        live_.ring_kb = pick(given.ring_kb, env.ring_kb, std::uint64_t{256});
        live_.run_mode = pick(given.mode, env.mode, mode::async);
        live_.when_full = pick(given.overflow, env.overflow, overflow::block);
        redaction_policy const* policy = policies_.back().get();
        policy_.store(policy, std::memory_order_release);
        gate.redacted_keys.store(policy->bloom(), std::memory_order_relaxed);
        gate.salt.fetch_add(0x9e3779b97f4a7c15, std::memory_order_release);
        sample_ = pick(given.sample, env.sample, 1.0);
        sampling.rate.store(sample_, std::memory_order_relaxed);
        sampling.is_tail.store(pick(given.tail, env.tail, false), std::memory_order_relaxed);
        const level by_profile = next.chosen_profile == profile::prod ? level::info : level::debug;
        levels_.apply(pick(given.level, env.level, level_rules(by_profile)).text(), by_profile);
        change_pipeline([&](pipeline& p) {
            p.set_file(std::move(file));
            if (machinery_->log != nullptr && p.file != nullptr) machinery_->log->retarget(p.file->path());
            p.sinks = std::move(sinks);
            for (auto const& sink : added_sinks_) p.sinks.push_back({sink});
            p.service = pick(given.service, env.service, std::string{});
            p.refresh_globals();
            p.first_record_notes.clear();
            if (wants_journal_ && machinery_->log != nullptr && machinery_->log->is_removed())
                p.first_record_notes.emplace_back("durability", "none");  // after shutdown()
            if (is_redaction_off) p.first_record_notes.emplace_back("redaction", "off");
        });
        has_shut_down_ = false;
        set_mode(live_.run_mode);
        is_configured_.store(true, std::memory_order_release);
        std::vector<setting_problem> problems = env.problems;
        const std::string otlp = pick(given.otlp, env.otlp, std::string{});
        if (!otlp.empty()) problems.push_back({"LOG_OTLP", otlp, "no export", "this version has no OTLP export"});
        report(problems);
    }

    void begin() {
        machinery_ = new machinery(sites_, pipeline_);
        gate.attention.fetch_or(attention_sync);  // until the backend runs
        std::atexit([] { (void)instance().shutdown(exit_patience_ns); });
        pthread_atfork(&engine::before_fork, &engine::after_fork_in_parent, &engine::after_fork_in_child);
    }

    [[nodiscard]] static std::unique_ptr<rotating_file> open_file(resolved_settings const& s, bool is_asked_for) {
        if (s.file.empty()) return nullptr;
        auto file = std::make_unique<rotating_file>(s.file, s.rotate_mb << 20, static_cast<unsigned>(s.backups));
        if (!file->open() && is_asked_for)
            throw std::system_error(errno, std::generic_category(),
                                    "logkit: the setting file is \"" + s.file +
                                        "\", which cannot be opened for appending; name a file in a folder that can be "
                                        "written to, or \"\" for no file");
        return file;  // one that is not open is tried again with every batch
    }

    [[nodiscard]] static std::vector<std::string> journal_folders_of(resolved_settings const& s,
                                                                     std::string const& log_path) {
        const bool is_chosen = s.journal != "auto" && s.journal != "off";
        return journal_folders(is_chosen ? s.journal : std::string{}, log_path);
    }

    // What earlier processes left behind for this file is written to it first; and where others die while
    // they write to it, this process mends it.
    void recover(resolved_settings const& s, rotating_file& file) {
        const std::vector<std::string> folders = journal_folders_of(s, file.path());
        const std::string path = file.path();
        if (path != recovered_path_ && file.is_regular()) {
            recovered_path_ = path;
            (void)recover_journals({path, s.rotate_mb << 20, static_cast<unsigned>(s.backups), folders});
        }
        file.on_foreign_end([folders, path](int fd, file_place const& end) { mend_end(fd, end, folders, path); });
        wants_journal_ = s.journal != "off" && file.is_regular();
        journal_folders_ = folders;
    }

    // With mutex_ held. Tried once, whatever comes of it: threads have rings by then.
    void make_journal() noexcept {
        machinery& parts = *machinery_;
        std::string why;
        try {
            if (wants_journal_ && pipeline_.file != nullptr && !begin_journal(parts, why)) say_volatile(why);
            if (wants_fatal_) prepare_words(parts);
        } catch (std::exception const& error) {  // no memory: records do not survive the process
            std::fprintf(stderr, "logkit: no journal: %s\n", error.what());
        }
        parts.has_tried_journal = true;
    }
    [[nodiscard]] bool begin_journal(machinery& parts, std::string& why) {
        std::unique_ptr<journal> made = journal::make(journal_folders_, pipeline_.file->path(), why);
        if (made == nullptr) return false;
        try {
            sites_.tell(made.get());
        } catch (...) {
            sites_.tell(nullptr);
            made->remove();
            throw;
        }
        change_pipeline([&](pipeline& p) {
            p.set_journal(made.get());
            parts.run.note_in(made.get());
            parts.log = std::move(made);
        });
        return true;
    }
    void say_volatile(std::string const& why) {
        change_pipeline([&](pipeline& p) {
            p.first_record_notes.emplace_back("durability", "none");
            p.first_record_notes.emplace_back("journal", why);
        });
    }
    void prepare_words(machinery& parts) {
        const argument_description arguments[] = {{"signal", role::field, kind::text},
                                                  {nullptr, role::exception, kind::exception}};
        const std::uint32_t site = sites_.number_of(
            hash_text("fatal signal"), {"fatal signal", source_location::current(), level::critical, arguments, 2}, 0);
        channel& c = parts.pool.acquire(64 * 1024, parts.log.get(), true);
        parts.words.emplace(last_words{{c.bytes, c.mask, 0, c.mask + 1, &c.shared()}, site, &parts.run});
        words_.store(&*parts.words, std::memory_order_release);
    }
    void begin_journal(machinery& parts) {
        std::string why;
        parts.log = journal::make(journal_folders_, pipeline_.file->path(), why);
        sites_.tell(parts.log.get());
        change_pipeline([&](pipeline& p) {
            parts.run.note_in(parts.log.get());
            p.set_journal(parts.log.get());
            if (parts.log != nullptr) return;
            p.first_record_notes.emplace_back("durability", "none");
            p.first_record_notes.emplace_back("journal", why);
        });
    }

    [[nodiscard]] static std::vector<pipeline::destination> console_sinks(resolved_settings const& s) {
        if (s.console_target == console::off) return {};
        const int fd = s.console_target == console::to_stdout ? 1 : 2;
        const auto style = s.chosen_profile == profile::prod ? console_sink::style::json : console_sink::style::pretty;
        std::vector<pipeline::destination> sinks;
        sinks.push_back({std::make_shared<console_sink>(fd, style, wants_colour(fd))});
        return sinks;
    }

    // One line on stderr here; the `warning` record is written by the pipeline.
    void report(std::vector<setting_problem> const& problems) {
        for (setting_problem const& problem : problems) {
            std::fprintf(stderr, "logkit: %s=\"%s\" cannot be used; using %s (%s)\n", problem.name.c_str(),
                         problem.value.c_str(), problem.used.c_str(), problem.remedy.c_str());
            change_pipeline([&](pipeline& p) {
                p.deliver_own(level::warning, "setting cannot be used", [&](record& r) {
                    r.set("setting", problem.name);
                    r.set("value", problem.value);
                    r.set("used", problem.used);
                    r.set("remedy", problem.remedy);
                });
            });
        }
    }

    void set_mode(logkit::mode wanted) {
        backend& run = machinery_->run;
        if (wanted == mode::sync && run.is_running()) (void)run.stop(UINT64_MAX);
        if (wanted == mode::async && !run.is_running() && !run.start())
            std::fprintf(stderr, "logkit: no thread for the backend; records are written by the threads that log\n");
    }

    // fork: the child starts with nothing of its parent's unsent records, and with rings and a backend of its
    // own; these only when it first logs, for most children exec at once. A sink that forks holds the drain
    // itself.
    static void before_fork() {
        engine& e = instance();
        e.mutex_.lock();
        if (!is_draining) e.machinery_->run.lock();  // first: what sinks log takes the others inside of it
        e.levels_.lock();
        e.sites_.lock();
        e.machinery_->pool.lock();
    }
    static void after_fork_in_parent() {
        engine& e = instance();
        e.machinery_->pool.unlock();
        e.sites_.unlock();
        e.levels_.unlock();
        if (!is_draining) e.machinery_->run.unlock();
        e.mutex_.unlock();
    }
    static void after_fork_in_child() {
        engine& e = instance();
        e.sites_.unlock();
        e.levels_.unlock();
        e.mutex_.unlock();
        this_slot = thread_slot{};
        this_flow.ids.forget();
        is_draining = false;
        e.sites_.tell(nullptr);
        e.words_ = nullptr;
        if (e.machinery_->log != nullptr) e.machinery_->log->forget();
        e.pipeline_.after_fork();
        // The old rings are not mapped here (MADV_DONTFORK), and its locks stay locked: left alone for good.
        e.abandoned_.emplace_back(e.machinery_);
        e.machinery_ = new machinery(e.sites_, e.pipeline_);
        gate.attention.store(attention_sync);
    }

    static constexpr std::uint64_t exit_patience_ns = 5'000'000'000;

    std::mutex mutex_;  // configuration and its like; never held by a log call
    std::atomic<bool> is_configured_{false};
    site_table sites_;
    level_registry levels_;
    pipeline pipeline_;
    machinery* machinery_ = nullptr;
    std::vector<machinery*> abandoned_;  // of the processes this one was forked from
    std::atomic<bool> has_shut_down_{false};
    live_settings live_;
    double sample_ = 1;
    std::atomic<redaction_policy const*> policy_{nullptr};
    std::vector<std::unique_ptr<redaction_policy>> policies_;  // old ones too: someone may be reading them
    std::string recovered_path_;                               // the log whose dead processes have been seen to
    std::vector<std::string> journal_folders_;
    bool wants_journal_ = false, wants_fatal_ = false, watches_fatal_ = false;
    std::atomic<last_words*> words_{nullptr};
    std::vector<std::shared_ptr<sink>> added_sinks_;  // by the program; they survive a new configuration
};

}  // namespace logkit::detail
