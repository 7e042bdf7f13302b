// SPDX-License-Identifier: MIT
#pragma once

// What records end up in. Stage: sink.

#include <functional>
#include <string_view>
#include <utility>

#include <logkit/process/record.hpp>

namespace logkit {

// A destination of records. Both functions run on the backend's thread (in sync mode on the thread that
// logs), one at a time. What they throw is reported once per sink and harms no other; a record logged from
// inside is refused, since it would have to wait for itself.
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
};

// Calls a function with each record.
class callback_sink final : public sink {
  public:
    explicit callback_sink(std::function<void(record const&)> callback) : callback_(std::move(callback)) {}
    void write(record const& record, std::string_view) override { callback_(record); }

  private:
    std::function<void(record const&)> callback_;
};

}  // namespace logkit
