// SPDX-License-Identifier: MIT
#pragma once

// What a program adds to the delivery of records, and may take away again. Stage: control.

#include <functional>
#include <memory>
#include <vector>

#include <logkit/process/record.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit::detail {

struct processor {
    std::function<bool(record&)> run;  // changes a record, or drops it (false)
    bool has_failed = false;           // and that has been told; the drain's
};

struct additions {
    std::vector<std::shared_ptr<sink>> sinks{};
    std::vector<std::shared_ptr<processor>> processors{};
};

}  // namespace logkit::detail
