// SPDX-License-Identifier: MIT
#pragma once

// logkit::ship of this process: the functions of <logkit/ship.hpp>, and the part that enters itself with the engine.
// Stage: ship; included by one translation unit, cmake/ship.cpp.

#include <errno.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <logkit.hpp>
#include <logkit/control/extension.hpp>
#include <logkit/engine.hpp>
#include <logkit/ship.hpp>
#include <logkit/ship/machine.hpp>
#include <logkit/ship/service.hpp>

namespace logkit::detail {

class process_ship final : public engine_extension {
  public:
    [[nodiscard]] static process_ship& instance() {
        static process_ship* const the_one = new process_ship;  // never destroyed: static destructors may still log
        return *the_one;
    }

    // ── the engine's side: its settings are held, so nothing here logs or waits ──

    std::string file_instead_of_none() override {
        const std::lock_guard lock(mutex_);
        know_environment();
        return chosen_.has_value() ? cached_log(*chosen_) : std::string{};
    }
    void started(std::string const& log_path) override {
        const std::lock_guard lock(mutex_);
        know_environment();
        log_ = log_path;
        if (!chosen_.has_value() || log_.empty()) return;
        if (service_ != nullptr && service_->log() == log_) return;
        retire();
        begin();
    }
    void forked() noexcept override {
        // The parent's lock may be held by a thread that is not here: everything is new but what was chosen.
        new (&mutex_) std::mutex;
        if (service_ != nullptr) service_->abandon();
        // Left alone for good: their threads are not here, and their memory may be in the middle of something.
        if (service_ != nullptr) abandoned_.push_back(std::move(service_));
        for (std::shared_ptr<ship_service>& old : retired_) abandoned_.push_back(std::move(old));
        retired_.clear();
    }

    // ── the program's side ──

    void start(ship::settings const& s) {
        check_ship_settings(s);
        stop_old();
        std::string log;
        {
            const std::lock_guard lock(mutex_);
            chosen_ = s;
            is_environment_known_ = true;
            retire();
            log = log_;
        }
        stop_old();
        engine& e = engine::instance();
        if (log.empty() && e.is_configured())
            e.configure_again();  // a log file for a program that had none
        else
            e.configure_from_environment_once();
        const std::lock_guard lock(mutex_);
        if (service_ == nullptr && !log_.empty()) begin();
    }
    bool flush(std::uint64_t timeout_ns) {
        const std::uint64_t start = clock_ns(CLOCK_BOOTTIME);
        const bool is_flushed = flush_within(timeout_ns);
        const std::shared_ptr<ship_service> now = running();
        if (now == nullptr) return false;
        const std::uint64_t spent = clock_ns(CLOCK_BOOTTIME) - start;
        return now->wait_until_shipped(timeout_ns > spent ? timeout_ns - spent : 0) && is_flushed;
    }
    bool stop(std::uint64_t timeout_ns) {
        const bool is_shipped = running() == nullptr || flush(timeout_ns);
        {
            const std::lock_guard lock(mutex_);
            chosen_.reset();
            is_environment_known_ = true;
            retire();
        }
        stop_old();
        return is_shipped;
    }
    void stop_at_exit() {
        std::uint64_t patience = 0;
        {
            const std::lock_guard lock(mutex_);
            if (service_ == nullptr) return;
            patience = static_cast<std::uint64_t>(service_->settings().exit_patience.count()) * 1'000'000;
        }
        (void)stop(patience);
    }
    [[nodiscard]] ship::statistics stats() {
        const std::shared_ptr<ship_service> now = running();
        return now == nullptr ? ship::statistics{} : now->stats();
    }

  private:
    process_ship() { the_extension.store(this); }

    [[nodiscard]] std::shared_ptr<ship_service> running() {
        const std::lock_guard lock(mutex_);
        return service_;
    }
    void know_environment() {
        if (std::exchange(is_environment_known_, true)) return;
        try {
            ship::settings s = ship::settings::from_environment();
            if (s.url.empty()) return;
            check_ship_settings(s);
            chosen_ = std::move(s);
        } catch (std::exception const& error) {
            say_on_standard_error("nothing is shipped: %s",
                                  error.what() + (std::string_view(error.what()).starts_with("logkit: ") ? 8 : 0));
        }
    }
    void begin() {
        ship_service::edges_of_process edges;
        edges.say = [](level severity, std::string const& log, std::string const& text) {
            if (severity >= level::error)
                (void)logkit::log.error("ship: {}", text, kv("file", log));
            else
                (void)logkit::log.warning("ship: {}", text, kv("file", log));
        };
        edges.recover = [](std::string const& log) { engine::instance().recover_dead_writers(log); };
        edges.date = [] { return timestamp_text(static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME))); };
        edges.hidden = engine::instance().redacted_by();
        edges.machine = machine_name();
        service_ = std::make_shared<ship_service>(log_, *chosen_, std::move(edges));
        if (!service_->start()) {
            service_ = nullptr;
            say_on_standard_error("no thread to ship the log; it waits for the next start");
            return;
        }
        if (!std::exchange(has_exit_handler_, true)) std::atexit([] { instance().stop_at_exit(); });
    }
    // Its thread ends by and by, and is fetched by the next call that may wait.
    void retire() {
        if (service_ == nullptr) return;
        service_->ask_to_stop();
        retired_.push_back(std::move(service_));
        service_ = nullptr;
    }
    // Those that were replaced. Not under the lock: they may be logging.
    void stop_old() {
        std::vector<std::shared_ptr<ship_service>> old;
        {
            const std::lock_guard lock(mutex_);
            old.swap(retired_);
        }
        for (std::shared_ptr<ship_service>& service : old)
            if (!service->stop()) {  // it hangs, and its thread needs it
                const std::lock_guard lock(mutex_);
                abandoned_.push_back(std::move(service));
            }
    }

    // $XDG_STATE_HOME or ~/.local/state, then logkit/PROGRAM.
    [[nodiscard]] static std::string cached_log(ship::settings const& s) {
        if (!s.cache_dir.empty()) return s.cache_dir + "/run.log";
        const char* state = environment_text("XDG_STATE_HOME");
        const char* home = environment_text("HOME");
        std::string folder = state != nullptr && *state == '/' ? state
                             : home != nullptr && *home == '/' ? std::string(home) + "/.local/state"
                                                               : std::string("/var/tmp");
        return folder + "/logkit/" + program_invocation_short_name + "/run.log";
    }

    std::mutex mutex_{};
    std::optional<ship::settings> chosen_{};
    bool is_environment_known_ = false, has_exit_handler_ = false;
    std::string log_{};
    std::shared_ptr<ship_service> service_{};
    std::vector<std::shared_ptr<ship_service>> retired_{}, abandoned_{};
};

}  // namespace logkit::detail

namespace logkit::ship {

void start(settings const& chosen) {
    detail::process_ship::instance().start(chosen);
}
bool flush(std::chrono::milliseconds timeout) {
    return detail::process_ship::instance().flush(detail::timeout_of(timeout));
}
statistics stats() {
    return detail::process_ship::instance().stats();
}
bool stop(std::chrono::milliseconds timeout) {
    return detail::process_ship::instance().stop(detail::timeout_of(timeout));
}

}  // namespace logkit::ship

// Enters itself before main(); the linker is told to take this object for it (cmake/ship.cmake).
extern "C" {
bool logkit_ship_is_linked = (static_cast<void>(logkit::detail::process_ship::instance()), true);
}
