// SPDX-License-Identifier: MIT
#pragma once

// The engine's side of control/control.hpp. Stage: control.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/control/control.hpp>
#include <logkit/control/door.hpp>
#include <logkit/control/engine.hpp>

namespace logkit {

namespace detail {
// These wait for the drain, or change what a record is in the midst of.
inline void refuse_inside(const char* what) {
    if (this_inside.is_inside)
        throw std::logic_error(
            std::string("logkit: ") + what +
            " was called from inside of logkit (a sink, a processor, an allocator, a log_value); call "
            "it from the program");
}
}  // namespace detail

LOGKIT_DOOR void configure(settings const& chosen) {
    detail::refuse_inside("configure()");
    const detail::inside_scope inside;
    detail::engine::instance().configure(chosen);
}

LOGKIT_DOOR void set_level(level floor) {
    detail::ensure_started();
    if (detail::engine::instance().is_lost()) return;
    const detail::inside_scope inside;
    detail::engine::instance().levels().set_root(floor);
}
LOGKIT_DOOR void set_level(std::string_view logger, level floor) {
    detail::ensure_started();
    if (detail::engine::instance().is_lost()) return;
    const detail::inside_scope inside;
    detail::engine::instance().levels().set(logger, floor);
}

namespace detail {
inline level level_called(std::string_view name) {
    const std::optional<level> found = level_from_name(name);
    if (!found.has_value())
        throw std::invalid_argument(
            "logkit: set_level(\"" + std::string(name) +
            "\"): there is no such level; use trace, debug, info, warning, error, critical or off");
    return *found;
}
}  // namespace detail
LOGKIT_DOOR void set_level(std::string_view floor) {
    set_level(detail::level_called(floor));
}
LOGKIT_DOOR void set_level(std::string_view logger, std::string_view floor) {
    set_level(logger, detail::level_called(floor));
}

LOGKIT_DOOR processor_handle add_processor(std::function<bool(record&)> step) {
    detail::refuse_inside("add_processor()");
    const detail::inside_scope inside;
    auto added = std::make_shared<detail::processor>(detail::processor{std::move(step)});
    const processor_handle handle(added);
    (void)detail::engine::instance().change_additions([&](detail::additions& now) {
        now.processors.push_back(std::move(added));
        return true;
    });
    return handle;
}
LOGKIT_DOOR bool remove_processor(processor_handle const& added) {
    detail::refuse_inside("remove_processor()");
    const std::shared_ptr<detail::processor> known = added.get();  // destroyed, if it is, outside
    const detail::inside_scope inside;
    return known != nullptr && detail::engine::instance().change_additions(
                                   [&](detail::additions& now) { return std::erase(now.processors, known) != 0; });
}
LOGKIT_DOOR bool remove_sink(sink_handle const& added) {
    detail::refuse_inside("remove_sink()");
    const std::shared_ptr<sink> known = added.get();  // destroyed, if it is, outside
    const detail::inside_scope inside;
    return known != nullptr && detail::engine::instance().change_additions(
                                   [&](detail::additions& now) { return std::erase(now.sinks, known) != 0; });
}

LOGKIT_DOOR void add_redactor(std::string name, secret_finder find) {
    detail::refuse_inside("add_redactor()");
    const detail::inside_scope inside;
    detail::engine& e = detail::engine::instance();
    e.configure_from_environment_once();
    e.redactions().add_finder(std::move(name), std::move(find));
    e.configure_again();
}

LOGKIT_DOOR statistics stats() {
    detail::ensure_started();
    const detail::inside_scope inside;
    detail::engine& e = detail::engine::instance();
    if (!e.has_started()) return {};
    detail::machinery& m = e.parts();
    const auto value = [](std::atomic<std::uint64_t> const& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    statistics s;
    s.records = value(m.delivery.counts().records);
    s.dropped = value(m.delivery.counts().dropped) + m.rings.untold_losses();
    s.filtered = value(m.delivery.counts().filtered);
    s.refused = value(detail::refused_records);
    s.bytes = value(m.delivery.file_counts().bytes);
    s.rings = m.rings.most_owned();
    if (detail::journal const* const own = m.journal_in_use.load(); own != nullptr && !own->is_removed())
        s.durability = m.rings.volatile_count() == 0 && !own->is_incomplete() ? "process" : "partial";
    s.file_failures = value(m.delivery.file_counts().failures);
    s.rotation_failures = value(m.delivery.file_counts().rotation_failures);
    s.sink_failures = value(m.delivery.sink_counts().failures) + value(m.delivery.counts().processor_failures);
    s.sink_missed = value(m.delivery.sink_counts().missed) + value(detail::console_lines_missed);
    e.redactions().for_each_rule([&](detail::counted_rule const& rule) {
        s.redactor_failures += value(rule.failures);
        const std::uint64_t masked = value(rule.masked);
        if (masked == 0) return;
        const auto known =
            std::find_if(s.masked.begin(), s.masked.end(), [&](auto const& of) { return of.first == rule.name; });
        if (known == s.masked.end())
            s.masked.emplace_back(rule.name, masked);
        else
            known->second += masked;
    });
    return s;
}

namespace detail {

LOGKIT_DOOR void install_sink(std::shared_ptr<sink> added) {
    refuse_inside("add_sink()");
    const inside_scope inside;
    (void)engine::instance().change_additions([&](additions& now) {
        now.sinks.push_back(std::move(added));
        return true;
    });
}
LOGKIT_DOOR void divert_records(std::shared_ptr<sink> target) {
    ensure_started();
    const inside_scope inside;
    engine::instance().divert(std::move(target));
}
LOGKIT_DOOR bool flush_within(std::uint64_t timeout_ns) {
    if (this_inside.is_inside) return false;
    ensure_started();
    const inside_scope inside;
    return engine::instance().flush(timeout_ns);
}
LOGKIT_DOOR bool shutdown_within(std::uint64_t timeout_ns) {
    if (this_inside.is_inside) return false;
    ensure_started();
    const inside_scope inside;
    return engine::instance().shutdown(timeout_ns);
}

}  // namespace detail
}  // namespace logkit
