// SPDX-License-Identifier: MIT
#pragma once

// Records kept in memory, for tests and for looking back. Stage: sink.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/call/operand.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit {

// A record's own copy: it outlives the record.
class kept_record {
  public:
    kept_record(record const& from, std::string_view line)
        : json(line.substr(0, line.size() - (line.ends_with('\n') ? 1 : 0))),
          severity(from.level()),
          event(from.event()),
          trace_id(from.trace_id()),
          span_id(from.span_id()),
          parent_span_id(from.parent_span_id()),
          logger(from.logger()),
          source(from.source()) {
        for (record::field const& f : from)
            fields_.push_back({std::string(f.key), f.value.raw(), std::string(f.value.raw().text)});
    }

    // The value of a field; a null value when there is none. Valid as long as this object.
    [[nodiscard]] value operator[](std::string_view key) const noexcept {
        for (kept_field const& f : fields_) {
            if (f.key != key) continue;
            detail::decoded copy = f.decoded;
            copy.text = f.text;
            return value(copy);
        }
        return {};
    }
    [[nodiscard]] bool has(std::string_view key) const noexcept {
        for (kept_field const& f : fields_)
            if (f.key == key) return true;
        return false;
    }

    std::string json;  // the line, without its end
    level severity;
    std::string event, trace_id, span_id, parent_span_id, logger, source;

  private:
    struct kept_field {
        std::string key;
        detail::decoded decoded;
        std::string text;
    };
    std::vector<kept_field> fields_;
};

// Keeps every record. The members may be called from any thread; flush() first to see the latest.
class memory_sink final : public sink {
  public:
    void write(record const& from, std::string_view line) override {
        const std::lock_guard lock(mutex_);
        records_.emplace_back(from, line);
    }
    [[nodiscard]] std::vector<kept_record> records() const {
        const std::lock_guard lock(mutex_);
        return records_;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        records_.clear();
    }

  private:
    mutable std::mutex mutex_;
    std::vector<kept_record> records_;
};

}  // namespace logkit
