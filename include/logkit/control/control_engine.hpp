// SPDX-License-Identifier: MIT
#pragma once

// The engine's side of control/control.hpp. Stage: control.

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <logkit/control/control.hpp>
#include <logkit/control/door.hpp>
#include <logkit/control/engine.hpp>

namespace logkit {

LOGKIT_DOOR void configure(settings const& chosen) {
    detail::engine::instance().configure(chosen);
}

LOGKIT_DOOR void set_level(level floor) {
    detail::ensure_started();
    detail::engine::instance().levels().set_root(floor);
}
LOGKIT_DOOR void set_level(std::string_view logger, level floor) {
    detail::ensure_started();
    detail::engine::instance().levels().set(logger, floor);
}

LOGKIT_DOOR void add_processor(std::function<bool(record&)> step) {
    detail::ensure_started();
    detail::engine::instance().change_pipeline([&](detail::pipeline& p) { p.processors.push_back({std::move(step)}); });
}

LOGKIT_DOOR statistics stats() {
    detail::ensure_started();
    detail::engine& e = detail::engine::instance();
    detail::pipeline::counters const& counts = e.line().counts();
    const auto value = [](std::atomic<std::uint64_t> const& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    statistics s;
    s.records = value(counts.records);
    s.dropped = value(counts.dropped);
    s.filtered = value(counts.filtered);
    s.refused = value(e.refused);
    s.bytes = value(counts.bytes);
    s.rings = e.parts().pool.count();
    if (e.parts().log != nullptr && !e.parts().log->is_removed())
        s.durability = e.parts().pool.volatile_count() == 0 && !e.parts().log->is_incomplete() ? "process" : "partial";
    s.file_failures = value(counts.file_failures);
    s.sink_failures = value(counts.sink_failures);
    return s;
}

namespace detail {

LOGKIT_DOOR void install_sink(std::shared_ptr<sink> added) {
    engine::instance().add_sink(std::move(added));
}
LOGKIT_DOOR void divert_records(std::shared_ptr<sink> target) {
    ensure_started();
    engine::instance().divert(std::move(target));
}
LOGKIT_DOOR bool flush_within(std::uint64_t timeout_ns) {
    ensure_started();
    return engine::instance().parts().run.flush(timeout_ns);
}
LOGKIT_DOOR bool shutdown_within(std::uint64_t timeout_ns) {
    ensure_started();
    return engine::instance().shutdown(timeout_ns);
}

}  // namespace detail
}  // namespace logkit
