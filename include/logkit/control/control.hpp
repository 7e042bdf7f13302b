// SPDX-License-Identifier: MIT
#pragma once

// Control at run time. Stage: control. Every function may be called at any time from any thread, except from
// inside a processor or sink.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <logkit/base/door.hpp>
#include <logkit/base/duration.hpp>
#include <logkit/base/level.hpp>
#include <logkit/control/additions.hpp>
#include <logkit/control/settings.hpp>
#include <logkit/control/stats.hpp>
#include <logkit/redact/secret_finder.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit {
namespace detail {
LOGKIT_DOOR void install_sink(std::shared_ptr<sink> added);
// Everything goes to this sink alone, whatever its level, until it is taken away (null); for tests.
LOGKIT_DOOR void divert_records(std::shared_ptr<sink> target);
LOGKIT_DOOR bool flush_within(std::uint64_t timeout_ns);
LOGKIT_DOOR bool shutdown_within(std::uint64_t timeout_ns);

inline constexpr std::uint64_t default_patience_ns = 5'000'000'000;

template <duration_like D>
[[nodiscard]] constexpr std::uint64_t timeout_of(D timeout) noexcept {
    const std::int64_t ns = to_nanoseconds(timeout);
    return ns < 0 ? 0 : static_cast<std::uint64_t>(ns);
}
}  // namespace detail

// Sets up the library, or sets it up anew: what these settings leave open comes from the environment, then
// from the defaults. Not needed: the first use configures from the environment. Throws std::invalid_argument
// or std::system_error, naming the setting, its value and the remedy; then nothing has changed. Sinks and
// processors that were added stay.
LOGKIT_DOOR void configure(settings const& chosen);

// The floor of all loggers whose name has no floor of its own; of one name and the names below it ("db"
// covers "db.pool").
LOGKIT_DOOR void set_level(level floor);
LOGKIT_DOOR void set_level(std::string_view logger, level floor);
// The same by the level's name ("debug", "WARN", "off"). Throws std::invalid_argument if there is no such level.
LOGKIT_DOOR void set_level(std::string_view floor);
LOGKIT_DOOR void set_level(std::string_view logger, std::string_view floor);

// What adding returns, and removing takes. Keeps nothing alive.
class sink_handle {
  public:
    sink_handle() = default;
    explicit sink_handle(std::shared_ptr<sink> const& added) noexcept : added_(added) {}
    [[nodiscard]] std::shared_ptr<sink> get() const noexcept { return added_.lock(); }

  private:
    std::weak_ptr<sink> added_{};
};
class processor_handle {
  public:
    processor_handle() = default;
    explicit processor_handle(std::shared_ptr<detail::processor> const& added) noexcept : added_(added) {}
    [[nodiscard]] std::shared_ptr<detail::processor> get() const noexcept { return added_.lock(); }

  private:
    std::weak_ptr<detail::processor> added_{};
};

// Adds a step to the chain that every record passes before it is rendered, in the order of adding. It may
// change the record; false drops it. Runs on the backend's thread. One that throws is reported once, and the
// record goes on without it.
LOGKIT_DOOR processor_handle add_processor(std::function<bool(record&)> step);

// Takes a processor away again: when the call returns, it sees no more records, and is destroyed. False: it is not
// there. Throws as add_processor does.
LOGKIT_DOOR bool remove_processor(processor_handle const& added);

// Adds a rule of redaction: `find` says where secrets are in a text (redact/rule_book.hpp); `name` is the rule's, in
// stats() and in the settings. Throws std::invalid_argument if the name is taken. It stays for the life of the process.
LOGKIT_DOOR void add_redactor(std::string name, secret_finder find);

// Adds a destination: a sink, or a callable that takes a record; all records, or those that the options let through.
template <class Sink>
requires std::is_base_of_v<sink, Sink> sink_handle add_sink(std::shared_ptr<Sink> added, sink_options only = {}) {
    std::shared_ptr<sink> all = std::move(added);
    if (only.floor != level::trace || only.filter != nullptr)
        all = std::make_shared<selective_sink>(std::move(all), std::move(only));
    const sink_handle handle(all);
    detail::install_sink(std::move(all));
    return handle;
}
template <class Sink>
requires std::is_base_of_v<sink, Sink> sink_handle add_sink(std::unique_ptr<Sink> added, sink_options only = {}) {
    return add_sink(std::shared_ptr<sink>(std::move(added)), std::move(only));
}
template <class Callback>
requires std::is_invocable_v<Callback&, record const&> sink_handle add_sink(Callback callback, sink_options only = {}) {
    return add_sink(std::make_shared<callback_sink>(std::move(callback)), std::move(only));
}

// Takes a sink away again: it gets what was logged before, if it takes it within 0.3 s, and when the call returns
// nothing more. False: it is not there. Throws as add_sink does.
LOGKIT_DOOR bool remove_sink(sink_handle const& added);

// Waits until everything logged before is in the file and the other sinks. False if that took longer.
inline bool flush() {
    return detail::flush_within(detail::default_patience_ns);
}
template <detail::duration_like D>
bool flush(D timeout) {
    return detail::flush_within(detail::timeout_of(timeout));
}

// Writes everything, then ends the backend's thread; records logged later are written by the thread that logs
// them. Runs by itself when the program exits. False if not all could be written in time.
inline bool shutdown() {
    return detail::shutdown_within(detail::default_patience_ns);
}
template <detail::duration_like D>
bool shutdown(D timeout) {
    return detail::shutdown_within(detail::timeout_of(timeout));
}

[[nodiscard]] LOGKIT_DOOR statistics stats();

}  // namespace logkit
