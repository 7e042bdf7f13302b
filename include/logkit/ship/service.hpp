// SPDX-License-Identifier: MIT
#pragma once

// The shipper of a process: one thread that steps a shipper over the process's own log. Stage: ship.
//
// The thread logs what it has to say as anybody does, so it must never hold what a log call waits for. It is started
// with the backend, and in a forked child when that first logs; while the parent has the cursor, the child's waits for
// it.

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <logkit/base/clock.hpp>
#include <logkit/base/own_thread.hpp>
#include <logkit/base/platform.hpp>
#include <logkit/base/random.hpp>
#include <logkit/ship.hpp>
#include <logkit/ship/curl_transport.hpp>
#include <logkit/ship/shipper.hpp>

namespace logkit::detail {

// Has whoever owns the cursor shipped all that stood before there?
[[nodiscard]] inline bool others_have_passed(cursor_file const& file, std::string const& log,
                                             log_cursor::milestone const& end) {
    cursor theirs;
    if (file.load(theirs) != cursor_state::good) return false;
    log_cursor there(log, "", false);
    const std::string machine = theirs.machine;
    there.resume(std::move(theirs), machine);
    return there.has_passed(end);
}

class ship_service {
  public:
    struct edges_of_process {
        std::function<void(level, std::string const&, std::string const&)> say;
        std::function<void(std::string const&)> recover;
        std::function<std::string()> date;
        redaction_policy const* hidden = nullptr;
        std::string machine;
    };

    ship_service(std::string log, ship::settings const& s, edges_of_process edges)
        : settings_(s),
          address_(parse_ship_address("url", s.url)),
          network_(s.http_timeout, address_.credentials),
          shipper_(
              log, "", s, address_,
              {network_, [] { return clock_ns(CLOCK_BOOTTIME); }, [this] { return ids_.next(); }, std::move(edges.date),
               std::move(edges.say), std::move(edges.recover), edges.hidden, true, std::move(edges.machine)},
              true) {}
    ship_service(ship_service const&) = delete;
    ship_service& operator=(ship_service const&) = delete;

    // False: the system has no thread to give.
    [[nodiscard]] bool start() noexcept {
        return start_own_thread(thread_, "logkit-ship", &ship_service::run_thread, this);
    }

    [[nodiscard]] std::string const& log() const noexcept { return shipper_.path(); }
    [[nodiscard]] ship::settings const& settings() const noexcept { return settings_; }

    // What was in the log at the call is shipped. The caller has flushed it.
    [[nodiscard]] bool wait_until_shipped(std::uint64_t timeout_ns) noexcept {
        const std::uint64_t deadline = clock_ns(CLOCK_BOOTTIME) + timeout_ns;
        const std::uint64_t mine = wanted_.fetch_add(1) + 1;
        wake();
        for (;;) {
            const std::uint32_t seen = progress_.load();
            if (reached_.load() >= mine) return true;
            const std::uint64_t now = clock_ns(CLOCK_BOOTTIME);
            if (now >= deadline || has_ended_.load() || is_refused_.load()) return false;
            futex_wait(progress_, seen, std::min<std::uint64_t>(deadline - now, 100'000'000));
        }
    }
    // The thread is to end. Never waits.
    void ask_to_stop() noexcept {
        is_stopped_.store(true);
        network_.stop();
        wake();
    }
    // Ends the thread, within a second. False: it hangs, and this object must stay.
    [[nodiscard]] bool stop() noexcept {
        ask_to_stop();
        const std::uint64_t deadline = clock_ns(CLOCK_BOOTTIME) + 1'000'000'000;
        while (!has_ended_.load()) {
            const std::uint32_t seen = progress_.load();
            if (has_ended_.load()) break;
            if (clock_ns(CLOCK_BOOTTIME) >= deadline) {
                ::pthread_detach(thread_);
                return false;
            }
            futex_wait(progress_, seen, 100'000'000);
        }
        ::pthread_join(thread_, nullptr);
        return true;
    }
    // In a forked child, where the thread is not.
    void abandon() noexcept { network_.abandon(); }

    [[nodiscard]] ship::statistics stats() const {
        const std::lock_guard lock(mutex_);
        return stats_;
    }

  private:
    static void* run_thread(void* self) {
        static_cast<ship_service*>(self)->run();
        return nullptr;
    }

    void run() noexcept {
        while (!is_stopped_.load()) {
            const std::uint32_t seen = wake_word_.load();
            std::uint64_t next = 0;
            try {
                next = shipper_.step();
                publish();  // before anybody is told that it is shipped, and looks
                serve_waiters();
            } catch (std::exception const&) {  // no memory: by and by
                next = clock_ns(CLOCK_BOOTTIME) + 1'000'000'000;
            }
            const std::uint64_t now = clock_ns(CLOCK_BOOTTIME);
            if (next > now) futex_wait(wake_word_, seen, std::min<std::uint64_t>(next - now, 5'000'000'000));
            if (wanted_.load() != reached_.load()) shipper_.hurry();
        }
        try {
            shipper_.finish();
            publish();
        } catch (std::exception const&) {  // the server knows the position
        }
        has_ended_.store(true);
        tell();
    }
    // Whoever waits does so for what is in the log now.
    void serve_waiters() {
        const std::uint64_t wanted = wanted_.load();
        if (wanted == reached_.load()) return;
        if (wanted != waited_for_) {
            const auto looked = shipper_.log().look(clock_ns(CLOCK_BOOTTIME));
            if (looked != log_cursor::look_result::good && looked != log_cursor::look_result::unchanged) return;
            awaited_ = shipper_.log().newest_end();
            waited_for_ = wanted;
        }
        const bool is_mine = shipper_.now() != shipper::state::taken;
        if (is_mine ? shipper_.log().has_passed(awaited_) : others_have_passed(shipper_.file(), log(), awaited_)) {
            reached_.store(waited_for_);
            tell();
        }
    }
    void publish() {
        ship::statistics now;
        now.is_running = !is_stopped_.load();
        now.state = to_string(shipper_.now());
        now.stream = shipper_.place().stream;
        now.position = shipper_.place().position;
        now.lag_bytes = shipper_.lag();
        now.requests = shipper_.counts().requests;
        now.records = shipper_.counts().records;
        now.bytes = shipper_.counts().bytes;
        now.rejected = shipper_.counts().rejected;
        now.failures = shipper_.counts().failures;
        now.last_status = shipper_.last_status();
        now.last_error = shipper_.last_error();
        is_refused_.store(shipper_.now() == shipper_state::refused);  // nobody need wait
        const std::lock_guard lock(mutex_);
        stats_ = std::move(now);
    }
    void wake() noexcept {
        wake_word_.fetch_add(1);
        futex_wake_all(wake_word_);
    }
    void tell() noexcept {
        progress_.fetch_add(1);
        futex_wake_all(progress_);
    }

    ship::settings settings_;
    ship_address address_;
    id_generator ids_{};
    curl_transport network_;
    shipper shipper_;
    pthread_t thread_{};
    mutable std::mutex mutex_{};
    ship::statistics stats_{};
    std::atomic<bool> is_stopped_{false}, has_ended_{false}, is_refused_{false};
    std::atomic<std::uint32_t> wake_word_{0}, progress_{0};
    std::atomic<std::uint64_t> wanted_{0}, reached_{0};
    std::uint64_t waited_for_ = 0;
    log_cursor::milestone awaited_{};
};

}  // namespace logkit::detail
