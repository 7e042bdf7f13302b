// SPDX-License-Identifier: MIT
#pragma once

// What a program adds to the delivery of records, and may take away again. Stage: control.

#include <functional>
#include <memory>
#include <vector>

#include <logkit/process/record.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit::detail {

// Changes a record, or drops it (false).
using processor = std::function<bool(record&)>;

struct additions {
    std::vector<std::shared_ptr<sink>> sinks{};
    std::vector<std::shared_ptr<processor const>> processors{};
};

}  // namespace logkit::detail
