// SPDX-License-Identifier: MIT
#pragma once

// What records end up in. Stage: sink.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <logkit/process/record.hpp>

namespace logkit {

// How a sink stands after a flush().
enum class sink_state : std::uint8_t {
    done,     // all that was written is where it belongs
    behind,   // some of it waits; flush() is called again soon
    stalled,  // some of it waits, and nobody should wait for that
};

// A destination of records. It gets them when the log file has them, one call at a time, on a thread of its own (in
// sync mode, and after shutdown(), on a thread that logs): a slow sink holds up neither the file nor other sinks nor
// callers. A sink that is behind by 4 MiB of records is waited for as long as it gets on; one that has taken nothing
// for 0.3 s (5 s where there is no file) misses records until it has caught up, which is counted and said. What its
// functions throw is reported once per sink; a record logged from inside is refused.
class sink {
  public:
    sink() = default;
    sink(sink const&) = delete;
    sink& operator=(sink const&) = delete;
    virtual ~sink() = default;

    // One record, and the JSON line of it, with its '\n', as the file gets it. Both are gone after the call.
    virtual void write(record const& record, std::string_view line) = 0;
    // The end of a batch: what was written should now be visible.
    virtual void flush() {}
    // So many records, which came before the next that is written, were not given to this sink.
    virtual void missed(std::uint64_t /*records*/) {}
    [[nodiscard]] virtual sink_state state() const noexcept { return sink_state::done; }
};

// Calls a function with each record.
class callback_sink final : public sink {
  public:
    explicit callback_sink(std::function<void(record const&)> callback) : callback_(std::move(callback)) {}
    void write(record const& record, std::string_view) override { callback_(record); }

  private:
    std::function<void(record const&)> callback_;
};

// Which records a sink gets: those of this level and above for which the filter says so, if there is one. The filter
// runs where the sink does, and what it throws counts as the sink's.
struct sink_options {
    level floor = level::trace;
    std::function<bool(record const&)> filter{};
};
class selective_sink final : public sink {
  public:
    selective_sink(std::shared_ptr<sink> target, sink_options only)
        : target_(std::move(target)), only_(std::move(only)) {}
    void write(record const& record, std::string_view line) override {
        if (record.level() >= only_.floor && (only_.filter == nullptr || only_.filter(record)))
            target_->write(record, line);
    }
    void flush() override { target_->flush(); }
    void missed(std::uint64_t records) override { target_->missed(records); }
    [[nodiscard]] sink_state state() const noexcept override { return target_->state(); }

  private:
    std::shared_ptr<sink> target_;
    sink_options only_;
};

}  // namespace logkit
